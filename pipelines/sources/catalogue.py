"""The data sets that can be prepared by name, as `prepare --list` has them."""

import textwrap
from collections.abc import Iterable

from pipelines.sources import fma, gtzan, magnatagatune, mtg_jamendo, published

WIDTH = 80
HEADER = ("--subset", "train/validation/test", "tags", "notes")
_MIRDATA = published.Facts(
    name="mirdata's loaders",
    homepage="https://mirdata.readthedocs.io",
    licence="as mirdata states it",
    citation="",
)
_OWN = (
    "Anything else: --table FILE reads your own list, --pickles DIR the lists "
    "of the reference experiment."
)


def text() -> str:
    """A paragraph for each data set, and one on what is none of them.

    Returns:
        Lines of at most `WIDTH` letters. A paragraph has the data set's name
        and flag, its licence, its owner's page, and a line for each version.
    """
    jamendo = [mtg_jamendo.version(name, 0) for name in mtg_jamendo.COUNTS]
    attribute = published.Version("an attribute", note="any that has tags")
    paragraphs = [
        _paragraph(*data_set)
        for data_set in (
            (
                "--magnatagatune DIR",
                magnatagatune.FACTS,
                magnatagatune.VERSIONS.values(),
            ),
            ("--mtg-jamendo DIR", mtg_jamendo.FACTS, jamendo),
            ("--gtzan DIR", gtzan.FACTS, [gtzan.VERSION]),
            ("--fma DIR", fma.FACTS, fma.VERSIONS.values()),
            ("--mirdata NAME", _MIRDATA, [attribute]),
        )
    ]
    return "\n".join([*paragraphs, f"{textwrap.fill(_OWN, WIDTH)}\n"])


def _paragraph(
    flag: str, facts: published.Facts, versions: Iterable[published.Version]
) -> str:
    lines = [f"{facts.name}: {flag}"]
    for label, fact in (
        ("licence", facts.licence),
        ("published at", facts.homepage),
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
        for version in versions
    ]
    return "".join(f"{line}\n" for line in lines)


def _line(subset: str, counts: str, tags: str, note: str) -> str:
    return f"  {subset:12}  {counts:21}  {tags:>4}  {note}".rstrip()
