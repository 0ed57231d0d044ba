"""FMA: 106,574 tracks of the Free Music Archive with a tree of genres.

The subsets hold each other: small in medium in large; `full` has the tracks
of `large` at full length. A track's tags are its genres and all above them.
The published split keeps an artist on one side.
"""

import csv
import json
import logging
import os
import pathlib

from pipelines.sources import data_set, listings
from pipelines.sources.published import copies, index_files

PUBLICATION = data_set.Publication(
    name="FMA",
    homepage="https://github.com/mdeff/fma",
    licence="audio: by track, as its artist chose; metadata: CC BY 4.0",
    citation="Defferrard, Benzi, Vandergheynst and Bresson: FMA: a dataset "
    "for music analysis. ISMIR 2017.",
)
VERSIONS = {
    "small": data_set.Version(
        "small", (6_400, 800, 800), note="8 top genres, balanced, 30 s"
    ),
    "medium": data_set.Version(
        "medium", (19_922, 2_505, 2_573), note="16 top genres, 30 s"
    ),
    "large": data_set.Version("large", (84_353, 11_263, 10_958), 161, "30 s"),
    "full": data_set.Version(
        "full", (84_353, 11_263, 10_958), 161, "whole tracks"
    ),
}
_log = logging.getLogger(__name__)

_SIZES = ("small", "medium", "large")
# The excerpts were cut beyond the end of these tracks; those of medium.
NO_AUDIO = (
    *(1486, 5574, 65753, 80391, 98558, 98559, 98560, 98571, 99134),
    *(105247, 108925, 126981, 127336, 133297, 143992),
)
# Excerpts of 0.5 to 27.4 seconds; they are used.
SHORT = (98565, 98566, 98567, 98568, 98569, 108924)
_COLUMNS = (
    ("artist", "id"),
    ("artist", "name"),
    ("set", "split"),
    ("set", "subset"),
    ("track", "genres_all"),
)


def unpacked_folder(
    folder: str | os.PathLike[str], subset: str
) -> pathlib.Path:
    """Where a subset's archive puts its audio, if it is there."""
    unpacked = pathlib.Path(folder, f"fma_{subset}")
    return unpacked if unpacked.is_dir() else pathlib.Path(folder)


def read_fma(
    folder: str | os.PathLike[str], subset: str, *, top_genres: bool = False
) -> index_files.Index:
    """Reads `tracks.csv` and `genres.csv`.

    Args:
        folder: Where `fma_metadata`, or the two files, are.
        subset: One of `VERSIONS`.
        top_genres: Whether to learn only the roots of the tree of genres.

    Returns:
        The tracks; an artist is its name and number, as names repeat.

    Raises:
        FileNotFoundError: An index file is missing.
        ValueError: An index file is damaged.
    """
    tracks, genres = (
        index_files.find(PUBLICATION, folder, f"fma_metadata/{name}", name)
        for name in ("tracks.csv", "genres.csv")
    )
    titles, roots = _read_genres(genres)
    rows = _read_tracks(tracks, titles, subset)
    faults = {}
    if subset != "full":
        faults = {_path(number): "no audio" for number in NO_AUDIO}
        _log_short(rows)
    names = {row.names[0] for row in rows}
    vocabulary = {name for row in rows for name in row.tags}
    if top_genres:
        vocabulary &= roots
    return index_files.Index(
        PUBLICATION,
        VERSIONS[subset],
        rows,
        files=(tracks, genres),
        faults={name: why for name, why in faults.items() if name in names},
        vocabulary=tuple(sorted(vocabulary)),
    )


def _log_short(rows: list[index_files.IndexRow]):
    short = {_path(number) for number in SHORT}
    found = [row.names[0] for row in rows if row.names[0] in short]
    if found:
        _log.info(
            "%d excerpts are shorter than the others and used as they are: %s",
            len(found),
            ", ".join(found),
        )


def _path(track_id: int) -> str:
    name = f"{track_id:06d}"
    return f"{name[:3]}/{name}.mp3"


def _read_genres(path: pathlib.Path) -> tuple[dict[int, str], set[str]]:
    """Title of each genre by number, and the titles without a parent."""
    titles, roots = {}, set()
    columns = ("genre_id", "parent", "title")
    for where, cells in index_files.read_table(path, columns):
        try:
            (title,) = listings.clean_tags([cells["title"]])
            titles[int(cells["genre_id"])] = title
            if int(cells["parent"]) == 0:
                roots.add(title)
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"{where}: a genre must have two numbers and a title. "
                f"Received: {list(cells.values())}"
            ) from error
    return titles, roots


def _read_tracks(
    path: pathlib.Path, titles: dict[int, str], subset: str
) -> list[index_files.IndexRow]:
    wanted = _SIZES if subset == "full" else _SIZES[: _SIZES.index(subset) + 1]
    rows = []
    with index_files.open_text(path) as file:
        reader = csv.reader(file)
        # Two lines name a column together, the third names the index.
        groups, names, index = (next(reader, []) for _ in range(3))
        columns = list(zip(groups, names, strict=False))
        absent = [c for c in _COLUMNS if c not in columns]
        if absent or index[:1] != ["track_id"]:
            raise ValueError(
                f"{path} must start with three lines of column names; it "
                f"lacks {absent or 'track_id'}. Received: {groups[:3]}"
            )
        places = [columns.index(column) for column in _COLUMNS]
        for cells in filter(any, reader):
            where = f"{path}, line {reader.line_num}"
            if len(cells) != len(columns):
                raise ValueError(
                    f"{where}: a track must have {len(columns)} cells. "
                    f"Received: {len(cells)}"
                )
            number, name, split, size, genres = (cells[i] for i in places)
            if (
                not cells[0].isdecimal()
                or size not in _SIZES
                or split not in listings.SPLIT_NAMES
            ):
                raise ValueError(
                    f"{where}: a track must have a number, a subset and a "
                    f"split. Received: {cells[0]!r}, {size!r} and {split!r}"
                )
            if size in wanted:
                rows.append(
                    index_files.IndexRow(
                        names=(_path(int(cells[0])),),
                        tags=_tags(genres, titles, where),
                        artist=listings.clean_artist(f"{name} ({number})"),
                        split=listings.SPLIT_NAMES[split],
                    )
                )
    return rows


def _tags(cell: str, titles: dict[int, str], where: str) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(titles[n] for n in json.loads(cell)))
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(
            f"{where}: genres must be numbers of genres.csv in brackets. "
            f"Received: {cell!r:.80}"
        ) from error


DATA_SET = data_set.DataSet(
    name=PUBLICATION.name,
    flag=data_set.Flag(
        "--fma", "folder of fma_metadata and fma_<subset>", "DIR"
    ),
    read=copies.reader(
        lambda asked: read_fma(
            asked.fma, asked.subset, top_genres=asked.top_genres
        )
    ),
    publication=PUBLICATION,
    versions=tuple(VERSIONS.values()),
    options=(
        data_set.Flag(
            "--top-genres", "learn the top genres, not those below them"
        ),
    ),
    audio_folder=lambda asked: unpacked_folder(asked.fma, asked.subset),
)
