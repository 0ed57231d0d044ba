"""What was measured, as JSON and as Markdown.

    python -m experiments.speed.comparison.report docs/performance.json \
        docs/performance.md

writes the tables of a page anew: what stands between its lines `<!-- rows -->`
and `<!-- end -->`.
"""

import dataclasses
import json
import pathlib
import re
import statistics

from experiments.speed.comparison import row as row_lib
from tftag.cli import command_line
from tftag.storage import atomic_write

# What else the machine did, as its load says, and from when on that is said.
LOAD = "load before"
_IDLE = 0.5
_PLACE = re.compile(r"(?<=<!-- rows -->\n).*?(?=<!-- end -->)", re.S)


def main(argv: list[str] | None = None) -> int:
    """Writes the tables of a page anew."""
    parser = command_line.Parser(description=__doc__)
    parser.add_argument("figures", type=pathlib.Path)
    parser.add_argument("page", type=pathlib.Path)
    asked = parser.parse_args(argv)
    text = asked.figures.read_text("utf-8")
    write_page(asked.page, to_markdown(*from_json(text)))
    return 0


def to_json(about: dict, rows: list[row_lib.Measured]) -> str:
    """All figures, each rounded to five digits."""
    found = {"about": about, "rows": [dataclasses.asdict(row) for row in rows]}
    rounded = json.loads(json.dumps(found), parse_float=_rounded)
    return json.dumps(rounded, indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> tuple[dict, list[row_lib.Measured]]:
    """What `to_json` was given."""
    found = json.loads(text)
    return found["about"], [row_lib.Measured(**row) for row in found["rows"]]


def to_markdown(about: dict, rows: list[row_lib.Measured]) -> str:
    """A line per row, then a line per way."""
    lines = [", ".join(f"{key}: {value}" for key, value in about.items()), ""]
    if about.get(LOAD, 0) > _IDLE:
        lines += [
            "**The machine had other work**: small differences mean nothing, "
            "and threads that wait for one another lose most.",
            "",
        ]
    lines += [
        "| | unit | tftag | the best of the others | tftag is ahead |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        own, other = row.best(own=True), row.best(own=False)
        if own is None or other is None or (ahead := row.ahead()) is None:
            continue
        which = "" if own == row_lib.OWN else f"{own}: "
        cells = [row.name, row.unit, which + _spread(row.figures[own])]
        cells += [f"{other}: {_spread(row.figures[other])}"]
        cells += [_times(*ahead)]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "| | unit | way | median (range) |",
        "| --- | --- | --- | --- |",
    ]
    for row in rows:
        for way in row.figures:
            cells = [row.name, row.unit, way, _spread(row.figures[way])]
            lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "| | what | |", "| --- | --- | --- |"]
    for row in rows:
        for what, value in row.facts.items():
            said = f"{value:.2g}" if isinstance(value, float) else value
            lines.append(f"| {row.name} | {what} | {said} |")
    return "\n".join(lines) + "\n"


def to_lines(row: row_lib.Measured) -> str:
    """A row as a terminal shows it."""
    lines = [f"{row.name}, {row.unit}"]
    lines += [f"  {way}: {_spread(row.figures[way])}" for way in row.figures]
    lines += [f"  {what}: {value}" for what, value in row.facts.items()]
    if ahead := row.ahead():
        lines.append(f"  tftag is ahead: {_times(*ahead)}")
    return "\n".join(lines)


def write_page(page: pathlib.Path, tables: str) -> None:
    """Puts tables into the page's place for them.

    Raises:
        ValueError: The page has no such place.
    """
    text = page.read_text("utf-8")
    if not _PLACE.search(text):
        raise ValueError(
            "A page must have a line <!-- rows --> and, below, <!-- end -->. "
            f"Received: {page}"
        )
    atomic_write.write(page, _PLACE.sub(lambda _: tables, text))


def _spread(figures: list[float]) -> str:
    middle = statistics.median(figures)
    return f"{middle:.3g} ({min(figures):.3g} to {max(figures):.3g})"


def _times(middle: float, low: float, high: float) -> str:
    return f"{middle:.2f} times ({low:.2f} to {high:.2f})"


def _rounded(digits: str) -> float:
    return float(f"{float(digits):.5g}")


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
