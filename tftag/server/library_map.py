"""The library in two dimensions: what lies near sounds alike, more or less."""

import functools

import numpy as np

from tftag.audio import audio_files
from tftag.files import plain_json
from tftag.search import library_index
from tftag.server import served_index

MOST_POINTS = 50_000
_DIGITS = 4


@functools.lru_cache(maxsize=1)
def as_json(index: library_index.LibraryIndex) -> bytes:
    """Writes the map.

    Args:
        index: The library.

    Returns:
        JSON in columns: `id`, `x` and `y` from 0 to 1, `path`, `title`,
        `artist`, `tag`; and `recordings`, of which every n-th is shown where
        there are more than `MOST_POINTS`.
    """
    step = -(-len(index) // MOST_POINTS) or 1
    names = ("id", "path", "title", "artist", "tag")
    columns: dict[str, list[object]] = {name: [] for name in names}
    for place, one in enumerate(index.each_recording()):
        if place % step == 0:
            columns["id"].append(served_index.name_of(one.key))
            columns["path"].append(audio_files.shown(one.name))
            columns["title"].append(one.title or None)
            columns["artist"].append(one.artist or None)
            columns["tag"].append(one.tags[0] if one.tags else None)
    places = _plane(index, step).round(_DIGITS)
    return plain_json.text(
        {
            "recordings": len(index),
            "x": places[:, 0],
            "y": places[:, 1],
            **columns,
        },
        indent=None,
    ).encode("utf-8", "replace")


def _plane(index: library_index.LibraryIndex, step: int) -> np.ndarray:
    """Places `[points, 2]` from 0 to 1: ranks along the main axes."""
    blocks = []
    first = 0
    for block in index.vectors():
        blocks.append(np.array(block[-first % step :: step], np.float32))
        first += len(block)
    if not blocks:
        return np.zeros((0, 2))
    vectors = np.concatenate(blocks)
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T.astype(np.float64) @ centred)
    plane = centred @ axes[:, -1:-3:-1]
    # Ranks fill the plane evenly, where a few far away would empty it.
    ranks = plane.argsort(axis=0, kind="stable").argsort(axis=0)
    return ranks / max(len(plane) - 1, 1)
