"""The table of all data sets that can be prepared by name."""

from pipelines.sources import fma, gtzan, magnatagatune, mtg_jamendo, published

HEADER = (
    "data set",
    "flag",
    "--subset",
    "train/validation/test",
    "tags",
    "notes",
    "licence",
    "published at",
)
_OWN = (
    "Anything else: --table FILE reads your own list, --pickles DIR the lists "
    "of the reference experiment."
)


def table() -> str:
    """All data sets, a line for each version.

    Returns:
        A table in Markdown and a line on what is not in it.
    """
    jamendo = [mtg_jamendo.version(name, 0) for name in mtg_jamendo.COUNTS]
    rows = [
        HEADER,
        *_rows(
            magnatagatune.FACTS,
            "--magnatagatune DIR",
            magnatagatune.VERSIONS.values(),
        ),
        *_rows(mtg_jamendo.FACTS, "--mtg-jamendo DIR", jamendo),
        *_rows(gtzan.FACTS, "--gtzan DIR", [gtzan.VERSION]),
        *_rows(fma.FACTS, "--fma DIR", fma.VERSIONS.values()),
        (
            "mirdata's loaders",
            "--mirdata NAME --audio DIR",
            "name of an attribute",
            "the loader's, or made by artist",
            "",
            "any loader that has tags",
            "the loader's",
            "https://mirdata.readthedocs.io",
        ),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, tuple("-" * width for width in widths))
    lines = [_line(row, widths) for row in rows]
    return "\n".join([*lines, "", _OWN]) + "\n"


def _rows(facts: published.Facts, flag: str, versions) -> list[tuple]:
    """The facts of a data set stand in its first line only."""
    rows = []
    for version in versions:
        first = not rows
        rows.append(
            (
                facts.name if first else "",
                flag if first else "",
                version.name,
                "/".join(f"{count:,}" for count in version.counts),
                "" if version.tags is None else str(version.tags),
                version.note,
                facts.licence if first else "",
                facts.homepage if first else "",
            )
        )
    return rows


def _line(cells: tuple, widths: list[int]) -> str:
    padded = (c.ljust(w) for c, w in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"
