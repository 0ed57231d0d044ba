"""The heat map of tags that go together, as a picture inside of SVG."""

import base64
import json
import struct
import zlib

import numpy as np

from pipelines.inspect import tag_figures
from pipelines.inspect.pages import page

# More tags than these would be too small to read on any screen.
MAX_TAGS = 200
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
    const a = both[row][row], b = both[column][column];
    const chance = a * b / facts.recordings;
    said.textContent = row === column
      ? `${names[row]}: ${a} recordings`
      : `${names[row]} (${a}) and ${names[column]} (${b}): `
        + `${both[row][column]} with both, ${chance.toFixed(1)} by chance`;
  });
  area.addEventListener('mouseleave', () => { said.textContent = first; });
})();
"""


def draw(names: list[str], together: np.ndarray, recordings: int) -> str:
    """Draws how much more, or less, often than by chance two tags meet.

    Args:
        names: Tags in the order of rows and columns `[tags]`.
        together: Recordings with both, int `[tags, tags]`; on the diagonal
            those with the one.
        recordings: Number of all recordings.

    Returns:
        HTML; under the mouse it says the numbers of a cell.
    """
    count = len(names)
    cell = next(size for most, size in _CELL_PIXELS if count <= most)
    side = cell * count
    font = min(12, cell)
    shown = [name if len(name) < 21 else name[:19] + "…" for name in names]
    # A letter is about 0.6 of the font's size wide.
    margin = round(0.62 * font * max(map(len, shown)) + 10)
    place = f'x="{margin}" y="{margin}" width="{side}" height="{side}"'
    linked = tag_figures.correlation(together, recordings)
    np.fill_diagonal(linked, 0)  # it would say nothing, loudly
    # Small ones are seen too, but stay small.
    strength = np.abs(linked / max(0.1, np.abs(linked).max())) ** 0.8
    layers = ""
    for name, sign in (("more", 1), ("less", -1)):
        picture = _mask(np.where(np.sign(linked) == sign, strength, 0))
        layers += (
            f'<mask id="{name}"><image {place} preserveAspectRatio="none" '
            'style="image-rendering:pixelated" '
            f'href="data:image/png;base64,{picture}"/></mask>'
            f'<rect class="{name}" {place} mask="url(#{name})"/>'
        )
    facts = {
        "names": names,
        "together": together.tolist(),
        "recordings": recordings,
    }
    size = margin + side + 2
    return (
        '<div><p class="said note">Move over a cell to read its numbers.</p>'
        f'<div class="wide"><svg viewBox="0 0 {size} {size}" width="{size}" '
        f'style="max-width:none" font-size="{font}">{layers}'
        f'<rect class="cells" {place} fill="none" pointer-events="all" '
        'stroke="var(--line)"/>'
        f"{_labels(shown, margin, cell, font)}</svg></div>"
        f'<script type="application/json" class="facts">{_json(facts)}'
        f"</script><script>{_SCRIPT}</script></div>"
    )


def _labels(names, margin, cell, font):
    parts = []
    for place, name in enumerate(names):
        below = margin + (place + 0.5) * cell + 0.35 * font
        text = page.escape(name)
        parts.append(
            f'<text x="{margin - 5}" y="{below:.1f}" text-anchor="end">{text}'
            f'</text><text transform="translate({below:.1f},{margin - 5}) '
            f'rotate(-90)">{text}</text>'
        )
    return "".join(parts)


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
