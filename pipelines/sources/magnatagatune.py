"""MagnaTagATune: 25,863 annotated clips of 29 seconds, with 188 tags.

The published split goes by the sixteen folders of the audio: 0 to b train,
c validates, d to f test. It shares artists: of 75 that are tested, 45 are
trained on. The version `artist` has all clips and no split, so that one is
made by artist.
"""

import collections
import csv
import dataclasses
import os
import pathlib
from collections.abc import Iterable

from pipelines.sources import listed, magnatagatune_tags, published

FACTS = published.Facts(
    name="MagnaTagATune",
    homepage="https://mirg.city.ac.uk/codeapps/the-magnatagatune-dataset",
    licence="audio: Magnatune, CC BY-NC-SA; annotations: none stated",
    citation="Law, West, Mandel, Bay and Downie: Evaluation of algorithms "
    "using games: the case of music tagging. ISMIR 2009.",
)
VERSIONS = {
    "clean": published.Version(
        "clean", (15_244, 1_529, 4_332), 50, "with one of the top 50 tags"
    ),
    "full": published.Version("full", (18_706, 1_825, 5_329), 50),
    "artist": published.Version(
        "artist", (25_860,), 50, "split by artist, made here"
    ),
}
# Sizes of the published split, for one that is made by artist.
ARTIST_WEIGHTS = VERSIONS["full"].counts
ANNOTATIONS = "annotations_final.csv"
CLIP_INFO = "clip_info_final.csv"
TAG_COUNT = 188
# Empty files in the published archive. They carry tags, so that figures of
# 15,247 and 18,709 training clips count them.
FAULTS = {
    "6/norine_braun-now_and_zen-08-gently-117-146.mp3": "empty file",
    "8/jacob_heringman-josquin_des_prez_lute_settings-19-gintzler__"
    "pater_noster-204-233.mp3": "empty file",
    "9/american_baroque-dances_and_suites_of_rameau_and_couperin-25-"
    "le_petit_rien_xiveme_ordre_couperin-88-117.mp3": "empty file",
}


def read_magnatagatune(
    folder: str | os.PathLike,
    audio_folder: str | os.PathLike | None = None,
    subset: str = "clean",
    *,
    all_tags: bool = False,
    merge_synonyms: bool = False,
    partial: bool = False,
    skip: Iterable[str | os.PathLike] = (),
) -> listed.Listing:
    """Reads `annotations_final.csv` and `clip_info_final.csv`.

    Args:
        folder: Where they are.
        audio_folder: Where the sixteen folders of audio are; None is the
            same folder.
        subset: One of `VERSIONS`.
        all_tags: Whether to learn all tags rather than the top 50.
        merge_synonyms: Whether tags that mean the same become one. The top
            50 are then counted again; who is in `clean` stays the same.
        partial: Whether the copy may be a part.
        skip: Folders in the audio folder not to look into.

    Returns:
        The clips of that version.

    Raises:
        FileNotFoundError: An index file or audio is missing.
        ValueError: An index file is damaged or lists another number of
            clips than is published.
    """
    annotations = published.index_file(FACTS, folder, ANNOTATIONS)
    clip_info = published.index_file(FACTS, folder, CLIP_INFO)
    artists = _read_artists(clip_info)
    clips = _read_annotations(annotations)
    rows = []
    counts = collections.Counter()
    for clip_id, path, tags in clips:
        merged = magnatagatune_tags.merge(tags) if merge_synonyms else tags
        counts.update(merged)
        known = not set(tags).isdisjoint(magnatagatune_tags.TOP_50)
        if path in FAULTS or (subset == "clean" and not known):
            continue
        rows.append(
            published.Row(
                names=(path,),
                tags=merged,
                artist=artists.get(clip_id, ""),
                split="" if subset == "artist" else _split(path, annotations),
            )
        )
    version = VERSIONS[subset]
    if merge_synonyms:
        note = f"{version.note}; synonyms merged".removeprefix("; ")
        version = dataclasses.replace(version, note=note)
    vocabulary = magnatagatune_tags.TOP_50
    if all_tags:
        vocabulary = tuple(sorted(counts))
    elif merge_synonyms:
        by_count = sorted(counts, key=lambda name: (-counts[name], name))
        vocabulary = tuple(by_count[:50])
    return published.list_copy(
        FACTS,
        version,
        rows,
        folder if audio_folder is None else audio_folder,
        index_files=(annotations, clip_info),
        faults=FAULTS,
        vocabulary=vocabulary,
        partial=partial,
        skip=skip,
    )


def _split(path: str, where: pathlib.Path) -> str:
    name = path.split("/", 1)[0].lower()
    if len(name) != 1 or name not in "0123456789abcdef":
        raise ValueError(
            f"{where}: a clip must lie in one of the folders 0 to f. "
            f"Received: {path!r}"
        )
    if name in "def":
        return "test"
    return "validation" if name == "c" else "train"


def _read_annotations(
    path: pathlib.Path,
) -> list[tuple[str, str, tuple[str, ...]]]:
    """Id, path and tags of each clip."""
    with published.open_index(path) as file:
        reader = csv.reader(file, delimiter="\t")
        header = next(reader, [])
        names = header[1:-1]
        if (header[:1], header[-1:]) != (["clip_id"], ["mp3_path"]) or len(
            names
        ) != TAG_COUNT:
            raise ValueError(
                f"{path} must start with clip_id, {TAG_COUNT} tags and "
                f"mp3_path, separated by tabs. Received {len(header)} "
                f"columns: {header[:1]!s:.60} to {header[-1:]!s:.60}"
            )
        clips = []
        for cells in reader:
            if len(cells) != len(header) or not set(cells[1:-1]) <= {"0", "1"}:
                raise ValueError(
                    f"{path}, line {reader.line_num}: a clip must have "
                    f"{len(header)} cells, zeros and ones between its id and "
                    f"its path. Received: {len(cells)} cells"
                )
            held = zip(names, cells[1:-1], strict=True)
            tags = listed.clean_tags(name for name, on in held if on == "1")
            clips.append((cells[0], cells[-1], tags))
    return clips


def _read_artists(path: pathlib.Path) -> dict[str, str]:
    """Artist of each clip id."""
    with published.open_index(path, errors="surrogateescape") as file:
        reader = csv.DictReader(file, delimiter="\t")
        absent = {"clip_id", "artist"} - set(reader.fieldnames or ())
        if absent:
            raise ValueError(
                f"{path} must have the columns clip_id and artist, separated "
                f"by tabs. Received: {reader.fieldnames!r:.120}"
            )
        return {
            cells["clip_id"]: listed.clean_artist(cells["artist"] or "")
            for cells in reader
        }
