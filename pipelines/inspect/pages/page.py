"""A web page in one file: its frame, its looks, and tables.

Text goes through `escape` on its way into a page, and only there: all that
comes from data may hold `<script>`.
"""

import html
import os
import pathlib
from collections.abc import Iterable, Sequence

from pipelines.manifest import csv_rows

# Nothing is fetched: a browser that obeys this refuses to, whatever a name in
# the data says.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "script-src 'unsafe-inline'; media-src * file:"
)

STYLE = """
:root { color-scheme: light dark;
  --paper: #fcfcfb; --card: #ffffff; --ink: #1d2125; --muted: #62686f;
  --line: #e3e5e8; --blue: #2f6db3; --orange: #d9702b; --green: #3b8f5a;
  --grey: #9aa0a6; --bad: #b3261e; --doubt: #9a6700; --good: #2e7d4f;
 }
@media (prefers-color-scheme: dark) { :root {
  --paper: #15181b; --card: #1c2024; --ink: #e4e6e8; --muted: #9aa2aa;
  --line: #30363c; --blue: #6aa5e8; --orange: #ee9557; --green: #6cbf8b;
  --grey: #757c84; --bad: #ff8a80; --doubt: #e3b341; --good: #6cbf8b;
 } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.2rem 1.4rem 4rem; max-width: 1120px;
  background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .3rem;
  overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.6rem 0 .7rem; }
h3 { font-size: .95rem; margin: 1.2rem 0 .4rem; }
p { margin: .3rem 0 .8rem; max-width: 46rem; }
.note { color: var(--muted); font-size: .88rem; }
.tiles { display: grid; gap: .7rem; margin: 1.3rem 0;
  grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); }
.tile, .card { background: var(--card); border: 1px solid var(--line);
  border-radius: 9px; padding: .75rem .9rem; min-width: 0; }
.tile b { display: block; font-size: 1.45rem; line-height: 1.2;
  font-weight: 650; white-space: nowrap; }
.tile span { color: var(--muted); font-size: .84rem; }
.grid { display: grid; gap: .8rem;
  grid-template-columns: repeat(auto-fit, minmax(min(320px, 100%), 1fr)); }
.findings { list-style: none; margin: 0; padding: 0; }
.findings li { display: grid; grid-template-columns: 1.4rem 1fr;
  padding: .42rem 0; border-top: 1px solid var(--line);
  overflow-wrap: anywhere; }
.findings li:first-child { border-top: 0; }
.bad { color: var(--bad); } .doubtful { color: var(--doubt); }
.good { color: var(--good); }
.scroll, .wide { overflow-x: auto; }
.wide { position: relative; left: 50%; transform: translateX(-50%);
  width: max-content; max-width: calc(100vw - 2.8rem); }
.more { fill: var(--blue); background: var(--blue); }
.less { fill: var(--orange); background: var(--orange); }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
th { text-align: left; font-weight: 600; color: var(--muted);
  white-space: nowrap; }
th, td { padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
td { overflow-wrap: break-word; max-width: 24rem; }
.whole { white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums;
  white-space: nowrap; overflow-wrap: normal; }
svg { display: block; max-width: 100%; height: auto; }
svg text { fill: var(--muted); font-family: inherit; }
svg .strong { fill: var(--ink); }
.train { background: var(--blue); fill: var(--blue); }
.validation { background: var(--orange); fill: var(--orange); }
.test { background: var(--green); fill: var(--green); }
.none { background: var(--grey); fill: var(--grey); }
.key { display: inline-block; width: .75rem; height: .75rem;
  border-radius: 2px; margin: 0 .3rem 0 .9rem; vertical-align: -1px; }
.key:first-child { margin-left: 0; }
.bars { columns: 310px; column-gap: 2rem; }
.bar { display: grid; grid-template-columns: 9.2rem 1fr 2.8rem; gap: .5rem;
  align-items: center; font-size: .82rem; line-height: 1.55;
  break-inside: avoid; }
.bar .name { text-align: right; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
.bar .track { display: flex; height: .72rem; border-radius: 2px;
  overflow: hidden; }
.pair { break-inside: avoid; }
audio { width: 100%; height: 2.2rem; display: block; margin-top: .35rem; }
a { color: var(--blue); }
@media (max-width: 560px) { body { padding: 1.2rem .8rem 3rem; }
  .tiles { grid-template-columns: repeat(2, 1fr); }
  .bar { grid-template-columns: 7rem 1fr 2.4rem; } }
@media print { :root { color-scheme: light; --paper: #fff; --card: #fff;
    --ink: #000; --muted: #444; --line: #ccc; --blue: #2f6db3;
    --orange: #d9702b; --green: #3b8f5a; --bad: #b3261e; --doubt: #9a6700;
    --good: #2e7d4f; }
  body { padding: 0; max-width: none; font-size: 10.5pt;
    print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h2, h3 { break-after: avoid; } .card, .tile, tr { break-inside: avoid; }
  .scroll, .wide { overflow: visible; max-width: 100%; }
  svg { max-width: 100% !important; } .said, audio { display: none; } }
"""


def escape(text: object) -> str:
    """Text as it may stand in a page, also within quotes."""
    # A lone half of a character, from a name that is not UTF-8, cannot be
    # written.
    plain = str(text).encode("utf-8", "backslashreplace").decode("utf-8")
    return html.escape(plain, quote=True)


def table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: str = ""
) -> str:
    """A table.

    Args:
        columns: Headings, plain text.
        rows: Cells in HTML.
        numbers: A letter per column: `n` aligns it as a number.

    Returns:
        HTML.
    """
    sides = [
        ' class="number"' if side == "n" else ""
        for side in numbers.ljust(len(columns), "-")
    ]
    head = "".join(
        f"<th{side}>{escape(name)}</th>"
        for side, name in zip(sides, columns, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{side}>{cell}</td>"
            for side, cell in zip(sides, row, strict=True)
        )
        + "</tr>\n"
        for row in rows
    )
    return (
        '<div class="scroll"><table><thead><tr>'
        f"{head}</tr></thead><tbody>\n{body}</tbody></table></div>"
    )


def more(number: int) -> str:
    """Says how many rows a table left out; nothing where it has all."""
    return f'<p class="note">and {number:,} more.</p>' if number > 0 else ""


def write_page(path: pathlib.Path, title: str, body: str) -> None:
    """Writes a page whole, or not at all.

    Args:
        path: HTML file.
        title: Plain text.
        body: HTML.

    Raises:
        OSError: It cannot be written.
    """
    text = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )
    os.makedirs(path.parent, exist_ok=True)
    with csv_rows.replacing(path, errors="strict") as file:
        file.write(text)
