"""Toy: six tones in two keys, a data set as small as one can be.

It is the example of CONTRIBUTING.md.
"""

import argparse
import os
from collections.abc import Iterable

from pipelines.sources import data_set, listings
from pipelines.sources.published import copies, index_files

PUBLICATION = data_set.Publication(
    name="Toy",
    homepage="https://example.org/toy",
    licence="audio and annotations: CC0",
    citation="Nobody: Six tones. 2001.",
)
VERSION = data_set.Version("tones", (3, 1, 2), 2, "two keys")
INDEX = "toy.csv"


def read_toy(
    folder: str | os.PathLike, *, keys: Iterable[str] = ()
) -> index_files.Index:
    """Reads `toy.csv`, with the columns file, key and split.

    Args:
        folder: Where it is.
        keys: The tags to learn; none are all.

    Returns:
        The tones.

    Raises:
        FileNotFoundError: The index file is missing.
    """
    index = index_files.find(PUBLICATION, folder, INDEX)
    rows = [
        index_files.IndexRow(
            names=(cells["file"],),
            tags=listings.clean_tags([cells["key"]]),
            split=cells["split"],
        )
        for _, cells in index_files.read_table(index, ("file", "key", "split"))
    ]
    return index_files.Index(
        PUBLICATION,
        VERSION,
        rows,
        files=(index,),
        vocabulary=tuple(keys) or None,
    )


def _check(asked: argparse.Namespace) -> None:
    if asked.key not in (None, "major", "minor"):
        raise ValueError(f"--key must be major or minor. Received: {asked.key}")


DATA_SET = data_set.DataSet(
    name=PUBLICATION.name,
    flag=data_set.Flag("--toy", f"folder of {INDEX} and six tones", "DIR"),
    read=copies.reader(
        lambda asked: read_toy(asked.toy, keys=[asked.key] if asked.key else [])
    ),
    publication=PUBLICATION,
    versions=(VERSION,),
    options=(data_set.Flag("--key", "learn only this one", "KEY"),),
    check=_check,
)
