"""Recordings that were found as a table, CSV or JSON lines."""

import dataclasses
from collections.abc import Sequence
from typing import TextIO

from tftag.files import escaping, plain_json

_LEGEND = """
z: standard deviations above the mean of these {count} recordings for this
query; recordings are ranked by it. By chance, the best of 1,000 has about 3.
Then the cosine with each tag: it compares recordings, not tags with each
other. Neither is a probability.
"""


@dataclasses.dataclass(frozen=True)
class Found:
    """A recording that was found.

    Attributes:
        path: The recording.
        z_score: How far it stands out; what recordings are ranked by.
        cosines: With each term of the query.
    """

    path: str
    z_score: float
    cosines: Sequence[float]


def write(
    file: TextIO,
    form: str,
    labels: Sequence[str],
    found: Sequence[Found],
    count: int,
) -> None:
    """Writes the recordings, the best first.

    Args:
        file: Where to.
        form: One of `listing.FORMATS`.
        labels: Of the terms of the query.
        found: The recordings in their order.
        count: How many recordings were searched.
    """
    match form:
        case "table":
            _write_table(file, labels, found)
            file.write(_LEGEND.format(count=count))
        case "csv":
            write_row = escaping.csv_row_writer(file)
            heads = [f"cosine {label}" for label in labels]
            write_row(["rank", "path", "z_score", *heads])
            for rank, one in enumerate(found, 1):
                write_row([rank, one.path, one.z_score, *one.cosines])
        case "jsonl":
            for rank, one in enumerate(found, 1):
                fields = {
                    "rank": rank,
                    "path": one.path,
                    "z_score": one.z_score,
                    "cosines": dict(zip(labels, one.cosines, strict=True)),
                }
                file.write(plain_json.line(fields, file.encoding))


def _write_table(
    file: TextIO, labels: Sequence[str], found: Sequence[Found]
) -> None:
    rank_width = len(str(len(found)))
    labels = [escaping.one_line(label) for label in labels]
    widths = [max(len(label), len("-0.123")) for label in labels]
    heads = [f"{label:>{n}}" for label, n in zip(labels, widths, strict=True)]
    file.write("  ".join([" " * rank_width, f"{'z':>6}", *heads, "path"]))
    file.write("\n")
    for rank, one in enumerate(found, 1):
        cosines = [
            f"{cosine:{width}.3f}"
            for cosine, width in zip(one.cosines, widths, strict=True)
        ]
        line = [f"{rank:{rank_width}}", f"{one.z_score:+6.2f}", *cosines]
        file.write("  ".join([*line, escaping.one_line(one.path)]) + "\n")
