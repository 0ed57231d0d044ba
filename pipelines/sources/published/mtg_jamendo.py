"""MTG-Jamendo: 55,525 full-length tracks, 183 tags of three kinds.

Each of the five splits keeps an artist on one side. The subsets are cut out
of the same splits: the 50 most frequent tags, or the tags of one kind.
"""

import csv
import os
import pathlib

from pipelines.manifest import checks
from pipelines.sources import data_set, listings
from pipelines.sources.published import copies, index_files
from tftag import tags

PUBLICATION = data_set.Publication(
    name="MTG-Jamendo",
    homepage="https://github.com/MTG/mtg-jamendo-dataset",
    licence="audio: Creative Commons, by track (audio_licenses.txt); "
    "metadata: CC BY-NC-SA 4.0",
    citation="Bogdanov, Won, Tovstogan, Porter and Serra: The MTG-Jamendo "
    "dataset for automatic music tagging. ML4MD at ICML 2019.",
)
# Train, validation and test of the splits 0 to 4.
COUNTS = {
    "top50": (
        (32_136, 10_888, 11_356),
        (32_395, 10_619, 11_366),
        (32_010, 11_961, 10_409),
        (33_173, 10_468, 10_739),
        (30_868, 11_593, 11_919),
    ),
    "genre": (
        (32_572, 11_043, 11_479),
        (32_746, 10_833, 11_515),
        (32_360, 12_185, 10_549),
        (33_515, 10_656, 10_923),
        (31_305, 11_804, 11_985),
    ),
    "instrument": (
        (14_395, 5_466, 5_115),
        (14_943, 4_960, 5_073),
        (14_702, 5_066, 5_208),
        (14_875, 5_068, 5_033),
        (14_829, 5_159, 4_988),
    ),
    "moodtheme": (
        (9_949, 3_802, 4_231),
        (10_190, 3_594, 4_198),
        (10_484, 4_085, 3_413),
        (10_920, 3_500, 3_562),
        (10_241, 3_706, 4_035),
    ),
    "all": (
        (32_859, 11_101, 11_565),
        (33_007, 10_937, 11_581),
        (32_616, 12_246, 10_663),
        (33_747, 10_757, 11_021),
        (31_509, 11_893, 12_123),
    ),
}
TAGS = {
    "top50": 50,
    "genre": 87,
    "instrument": 40,
    "moodtheme": 56,
    "all": 183,
}
HEADER = ("TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION", "TAGS")


def version(subset: str, split_number: int) -> data_set.Version:
    """What is published of a subset in one of the five splits."""
    counts = COUNTS[subset][split_number]
    note = f"split {split_number} of 0 to 4"
    return data_set.Version(subset, counts, TAGS[subset], note)


def read_mtg_jamendo(
    folder: str | os.PathLike[str],
    subset: str,
    split_number: int,
    *,
    partial: bool = False,
) -> index_files.Index:
    """Reads the three lists of a split.

    Args:
        folder: A copy of the data set's repository, or its folder `data`.
        subset: One of `COUNTS`.
        split_number: 0 to 4.
        partial: Whether the lists may be a part.

    Returns:
        The tracks; artists and albums have numbers, not names.

    Raises:
        FileNotFoundError: A list is missing.
        ValueError: A list is damaged, the lists have another number of tags
            than is published, or the split number is not 0 to 4.
    """
    if split_number not in range(5):
        raise ValueError(
            f"MTG-Jamendo has the splits 0 to 4. Received: {split_number}"
        )
    rows, files = [], []
    kind = {"top50": "_top50tags", "all": ""}.get(subset, f"_{subset}")
    for split in checks.SPLITS:
        name = f"split-{split_number}/autotagging{kind}-{split}.tsv"
        path = index_files.find(
            PUBLICATION, folder, f"data/splits/{name}", f"splits/{name}"
        )
        rows += _read_list(path, split)
        files.append(path)
    names = {name for row in rows for name in row.tags}
    if not partial and len(names) != TAGS[subset]:
        raise ValueError(
            f"MTG-Jamendo {subset} has {TAGS[subset]} tags, as published. "
            f"Received: {len(names)} in {files[0]} and the lists beside "
            f"it. {PUBLICATION.homepage} publishes whole ones; --partial takes "
            "a part."
        )
    return index_files.Index(
        PUBLICATION,
        version(subset, split_number),
        rows,
        files=files,
        vocabulary=tuple(sorted(names)),
    )


def _read_list(path: pathlib.Path, split: str) -> list[index_files.IndexRow]:
    rows = []
    with index_files.open_text(path) as file:
        reader = csv.reader(file, delimiter="\t")
        header = next(reader, [])
        if tuple(filter(None, header)) != HEADER:
            raise ValueError(
                f"{path} must start with {', '.join(HEADER)}, separated by "
                f"tabs. Received: {header!r:.120}"
            )
        for cells in filter(any, reader):
            where = f"{path}, line {reader.line_num}"
            if len(cells) < len(HEADER) or not cells[3].endswith(".mp3"):
                raise ValueError(
                    f"{where}: a track must have an artist, an album, a path "
                    f"to an MP3, a duration and tags. Received: {cells!r:.120}"
                )
            # A tag a cell: rows are longer than the header.
            joined = [c for c in cells[5:] if c.count(tags.CATEGORY_MARK) > 1]
            if joined:
                raise ValueError(
                    f"{where}: a cell must have one tag. "
                    f"Received: {joined[0]!r:.120}"
                )
            stem = cells[3].removesuffix(".mp3")
            rows.append(
                index_files.IndexRow(
                    # The second in the smaller archives.
                    names=(cells[3], f"{stem}.low.mp3"),
                    tags=listings.clean_tags(cells[5:]),
                    artist=cells[1],
                    split=split,
                )
            )
    return rows


DATA_SET = data_set.DataSet(
    name=PUBLICATION.name,
    flag=data_set.Flag(
        "--mtg-jamendo",
        "copy of the data set's repository, which has the splits",
        "DIR",
    ),
    read=copies.reader(
        lambda asked: read_mtg_jamendo(
            asked.mtg_jamendo,
            asked.subset,
            asked.split_number or 0,
            partial=asked.partial,
        )
    ),
    publication=PUBLICATION,
    versions=tuple(version(subset, 0) for subset in COUNTS),
    options=(data_set.SPLIT_NUMBER,),
)
