"""The heat map of tags that go together, as a picture inside of SVG."""

import base64
import json
import struct
import zlib

import numpy as np

from pipelines import page

# More tags than these would be too small to read on any screen.
MAX_TAGS = 200
_LABEL_PIXELS = 128
# Pixels of a cell by the number of tags: few tags make no huge squares.
_CELL_PIXELS = ((24, 26), (45, 18), (80, 12), (120, 10), (MAX_TAGS, 9))
_SCRIPT = """
(() => {
  const box = document.currentScript.parentElement;
  const area = box.querySelector('.cells'), said = box.querySelector('.said');
  const first = said.textContent;
  const facts = JSON.parse(box.querySelector('.facts').textContent);
  const names = facts.names, both = facts.together, n = names.length;
  area.addEventListener('mousemove', event => {
    const at = area.getBoundingClientRect();
    const row = Math.min(n - 1, Math.max(0,
      Math.floor((event.clientY - at.top) / at.height * n)));
    const column = Math.min(n - 1, Math.max(0,
      Math.floor((event.clientX - at.left) / at.width * n)));
    const all = both[row][row], share = all ? both[row][column] / all : 0;
    said.textContent = row === column
      ? `${names[row]}: ${all} recordings`
      : `${names[row]} and ${names[column]}: ${both[row][column]} recordings, `
        + `${Math.round(100 * share)} % of those with ${names[row]}`;
  });
  area.addEventListener('mouseleave', () => { said.textContent = first; });
})();
"""


def draw(names: list[str], together: np.ndarray) -> str:
    """Draws which share of a row's recordings carries the column's tag too.

    Args:
        names: Tags in the order of rows and columns `[tags]`.
        together: Recordings with both, int `[tags, tags]`; on the diagonal
            those with the one.

    Returns:
        HTML; under the mouse it says the numbers of a cell.
    """
    count = len(names)
    cell = next(size for most, size in _CELL_PIXELS if count <= most)
    side = cell * count
    font = min(12, cell)
    own = np.maximum(1, np.diag(together))[:, np.newaxis]
    share = together / own
    np.fill_diagonal(share, 0)  # it would say nothing, loudly
    picture = _mask(share**0.8)
    labels = []
    for place, name in enumerate(names):
        middle = _LABEL_PIXELS + (place + 0.5) * cell
        shown = page.escape(name if len(name) < 21 else name[:19] + "…")
        below = middle + 0.35 * font
        labels.append(
            f'<text x="{_LABEL_PIXELS - 5}" y="{below:.1f}" '
            f'text-anchor="end">{shown}</text>'
            f'<text transform="translate({below:.1f},{_LABEL_PIXELS - 5}) '
            f'rotate(-90)">{shown}</text>'
        )
    size = _LABEL_PIXELS + side + 2
    place = (
        f'x="{_LABEL_PIXELS}" y="{_LABEL_PIXELS}" width="{side}" '
        f'height="{side}"'
    )
    facts = {"names": names, "together": together.tolist()}
    return (
        '<div><p class="said note">Move over a cell to read its numbers.</p>'
        f'<div class="scroll"><svg viewBox="0 0 {size} {size}" '
        f'width="{size}" style="max-width:none" font-size="{font}">'
        f'<mask id="shares"><image {place} preserveAspectRatio="none" '
        'style="image-rendering:pixelated" '
        f'href="data:image/png;base64,{picture}"/></mask>'
        f'<rect {place} fill="none" stroke="var(--line)"/>'
        f'<rect class="train cells" {place} mask="url(#shares)" '
        'pointer-events="all"/>'
        f"{''.join(labels)}</svg></div>"
        f'<script type="application/json" class="facts">{_json(facts)}'
        f"</script><script>{_SCRIPT}</script></div>"
    )


def _json(facts):
    """JSON that cannot end the script element that it stands in."""
    text = json.dumps(facts, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("&", "\\u0026")


def _mask(values):
    """A grey PNG, base64, of values from 0 to 1 `[height, width]`.

    As a mask it takes the page's colour, in light and dark.
    """
    grey = np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8)
    rows = np.pad(grey, ((0, 0), (1, 0)))  # 0: the row is not filtered
    height, width = grey.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data)
        for kind, data in (
            (b"IHDR", header),
            (b"IDAT", zlib.compress(rows.tobytes(), 9)),
            (b"IEND", b""),
        )
    )
    return base64.b64encode(png).decode("ascii")


def _chunk(kind, data):
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum
