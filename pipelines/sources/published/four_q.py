"""4Q: 900 excerpts from AllMusic, 225 in each quadrant of Russell's circle.

The tags are all moods and genres that AllMusic has of a recording, 217 and 21,
not the quadrants that were made of the moods. The authors publish no split: an
artist stays on one side of the one that is made here.
"""

import os
import pathlib
import re

from pipelines.sources import data_set
from pipelines.sources.published import copies, index_files

PUBLICATION = data_set.Publication(
    name="4Q",
    homepage="http://mir.dei.uc.pt/downloads.html",
    licence="none stated; excerpts of copyrighted recordings",
    citation="Panda, Malheiro and Paiva: Novel audio features for music "
    "emotion recognition. IEEE Transactions on Affective Computing 11(4), "
    "2020, doi 10.1109/TAFFC.2018.2820691.",
)
VERSION = data_set.Version("all", (900,), 238, "moods and genres of AllMusic")
METADATA = "panda_dataset_taffc_metadata.csv"
_COLUMNS = ("Song", "Artist", "Quadrant", "MoodsStrSplit", "GenresStr")


def read_four_q(folder: str | os.PathLike[str]) -> index_files.Index:
    """Reads the table of metadata.

    Args:
        folder: Where `panda_dataset_taffc_metadata.csv` is.

    Returns:
        The excerpts, each with its moods and genres in small letters.

    Raises:
        FileNotFoundError: The table is missing.
        ValueError: The table is damaged.
    """
    path = index_files.find(PUBLICATION, folder, METADATA)
    rows = _read_rows(path)
    return index_files.Index(
        PUBLICATION,
        VERSION,
        rows,
        files=(path,),
        vocabulary=tuple(sorted({tag for row in rows for tag in row.tags})),
    )


def _read_rows(path: pathlib.Path) -> list[index_files.IndexRow]:
    rows = []
    # Some names are not in UTF-8 in the copies that people hold.
    table = index_files.read_table(path, _COLUMNS, errors="replace")
    for where, row in table:
        if None in row or None in row.values():
            raise ValueError(
                f"{where}: an excerpt must have {len({*row} - {None})} cells. "
                f"Received: {list(row.values())!r:.120}"
            )
        names = _names(row["MoodsStrSplit"]) + _names(row["GenresStr"])
        place = f"{row['Quadrant']}/{row['Song']}.mp3"
        rows.append(index_files.IndexRow((place,), tuple(names), row["Artist"]))
    return rows


def _names(cell: str) -> list[str]:
    found = (part.strip().lower() for part in re.split("[,;]", cell))
    return sorted({name for name in found if name})


DATA_SET = data_set.DataSet(
    name=PUBLICATION.name,
    flag=data_set.Flag("--4q", "folder of the table of metadata", "DIR"),
    read=copies.reader(lambda asked: read_four_q(getattr(asked, "4q"))),
    publication=PUBLICATION,
    versions=(VERSION,),
)
