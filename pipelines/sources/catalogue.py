"""The table of all data sets that can be prepared by name."""

from collections.abc import Iterable

from pipelines.sources import fma, gtzan, magnatagatune, mtg_jamendo, published

HEADER = ("data set", "--subset", "train/validation/test", "tags", "notes")
OWNERS_HEADER = ("data set", "flag", "licence", "published at")
_OWN = (
    "Anything else: --table FILE reads your own list, --pickles DIR the lists "
    "of the reference experiment."
)


def table() -> str:
    """All data sets, a line for each version.

    Returns:
        Two tables in Markdown, of the versions and of the owners, and a line
        on what is not in them.
    """
    jamendo = [mtg_jamendo.version(name, 0) for name in mtg_jamendo.COUNTS]
    versions = [
        HEADER,
        *_versions(magnatagatune.FACTS, magnatagatune.VERSIONS.values()),
        *_versions(mtg_jamendo.FACTS, jamendo),
        *_versions(gtzan.FACTS, [gtzan.VERSION]),
        *_versions(fma.FACTS, fma.VERSIONS.values()),
        ("mirdata's loaders", "an attribute", "", "", "any that has tags"),
    ]
    owners = [
        OWNERS_HEADER,
        _owner(magnatagatune.FACTS, "--magnatagatune DIR"),
        _owner(mtg_jamendo.FACTS, "--mtg-jamendo DIR"),
        _owner(gtzan.FACTS, "--gtzan DIR"),
        _owner(fma.FACTS, "--fma DIR"),
        (
            "mirdata's loaders",
            "--mirdata NAME",
            "as mirdata states it",
            "https://mirdata.readthedocs.io",
        ),
    ]
    return f"{_markdown(versions)}\n{_markdown(owners)}\n{_OWN}\n"


def _versions(
    facts: published.Facts, versions: Iterable[published.Version]
) -> list[tuple[str, ...]]:
    """The name of a data set stands in its first line only."""
    return [
        (
            "" if place else facts.name,
            version.name,
            "/".join(f"{count:,}" for count in version.counts),
            "" if version.tags is None else str(version.tags),
            version.note,
        )
        for place, version in enumerate(versions)
    ]


def _owner(facts: published.Facts, flag: str) -> tuple[str, ...]:
    return facts.name, flag, facts.licence, facts.homepage


def _markdown(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rule = tuple("-" * width for width in widths)
    lines = []
    for row in (rows[0], rule, *rows[1:]):
        cells = (c.ljust(w) for c, w in zip(row, widths, strict=True))
        lines.append(f"| {' | '.join(cells)} |\n")
    return "".join(lines)
