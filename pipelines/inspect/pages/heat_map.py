"""The heat map of tags that go together, as a picture inside of SVG."""

import base64
import struct
import zlib

import markupsafe
import numpy as np

from pipelines.inspect import tag_figures
from pipelines.inspect.pages import page

# More tags than these would be too small to read on any screen.
MAX_TAGS = 200
# Pixels of a cell by the number of tags: few tags make no huge squares.
_CELL_PIXELS = ((24, 26), (45, 18), (80, 12), (120, 10), (MAX_TAGS, 9))


def draw(
    names: list[str], together: np.ndarray, recordings: int
) -> markupsafe.Markup:
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
    linked = tag_figures.correlation(together, recordings)
    np.fill_diagonal(linked, 0)  # it would say nothing, loudly
    # Small ones are seen too, but stay small.
    strength = np.abs(linked / max(0.1, np.abs(linked).max())) ** 0.8
    return page.draw(
        "heat_map.html",
        names=shown,
        cell=cell,
        side=side,
        margin=margin,
        font=font,
        masks={
            name: _mask(np.where(np.sign(linked) == sign, strength, 0))
            for name, sign in (("more", 1), ("less", -1))
        },
        facts={
            "names": names,
            "together": together.tolist(),
            "recordings": recordings,
        },
    )


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
