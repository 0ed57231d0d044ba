"""The data sets that can be prepared by name, as `prepare --list` has them."""

import textwrap
from collections.abc import Sequence

from pipelines.sources import data_set

WIDTH = 80
HEADER = ("--subset", "train/validation/test", "tags", "notes")


def text(data_sets: Sequence[data_set.DataSet]) -> str:
    """A paragraph for each published data set, and one on all others.

    Args:
        data_sets: As `pipelines.sources.DATA_SETS`.

    Returns:
        Lines of at most `WIDTH` letters. A paragraph has the data set's name
        and flag, its licence, its owner's page, and a line for each version.
    """
    paragraphs = [
        _paragraph(each, each.publication)
        for each in data_sets
        if each.publication
    ]
    others = ", ".join(
        f"{each.flag.usage} reads {each.name}"
        for each in data_sets
        if not each.publication
    )
    others = textwrap.fill(f"Anything else: {others}.", WIDTH)
    return "\n".join([*paragraphs, f"{others}\n"])


def _paragraph(each: data_set.DataSet, published: data_set.Publication) -> str:
    lines = [f"{each.name}: {each.flag.usage}"]
    for label, fact in (
        ("licence", published.licence),
        ("published at", published.homepage),
    ):
        lines += textwrap.wrap(
            fact,
            WIDTH,
            initial_indent=f"  {label:14}",
            subsequent_indent=16 * " ",
        )
    lines += [_line(*HEADER)]
    lines += [
        _line(
            version.name,
            "/".join(f"{count:,}" for count in version.counts),
            "" if version.tags is None else str(version.tags),
            version.note,
        )
        for version in each.versions
    ]
    return "".join(f"{line}\n" for line in lines)


def _line(subset: str, counts: str, tags: str, note: str) -> str:
    return f"  {subset:12}  {counts:21}  {tags:>4}  {note}".rstrip()
