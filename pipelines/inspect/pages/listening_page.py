"""A web page with players: a few recordings of each tag, and shared audio."""

import os
import pathlib
import urllib.parse

import numpy as np

from pipelines.inspect import inspection
from pipelines.inspect.pages import inspection_page, page
from pipelines.reading.slices import arrays
from tftag.storage.remote import address as addresses

_PAIRS = 100
# Draws the examples, the same ones each time.
_SEED = 0


def write(
    seen: inspection.Inspection,
    path: pathlib.Path,
    overview: str,
    examples: int = 2,
) -> None:
    """Writes the page; its players reach the audio by relative paths.

    Args:
        seen: What was found.
        path: HTML file.
        overview: Name of the page of figures beside it.
        examples: Players per tag and split.
    """
    name = inspection_page.data_name(seen)
    near = seen.near or ()
    page.write(
        path,
        "listening.html",
        title=f"{name}: listening",
        name=name,
        overview=overview,
        pairs=[_pair(seen, pair, path.parent) for pair in near[:_PAIRS]],
        pairs_left_out=len(near) - _PAIRS,
        tags=_tags(seen, path.parent, examples),
        splits=list(seen.prepared.split_counts),
    )


def address(
    seen: inspection.Inspection,
    row: int,
    folder: pathlib.Path,
    start_seconds: float = 0.0,
) -> str | None:
    """Where a player finds a recording.

    Args:
        seen: What was found.
        row: Position of the recording.
        folder: Where the page will be.
        start_seconds: Where it starts to play.

    Returns:
        An address relative to the page; None where no browser can play it.
    """
    path = seen.prepared.wav_path(seen.tracks[row])
    text = path.text if isinstance(path, addresses.Address) else str(path)
    if arrays.is_array(text):
        return None
    part = f"#t={start_seconds:.1f}" if start_seconds > 0 else ""
    if text.startswith(("https://", "http://")):
        return urllib.parse.quote(text, safe=":/?&=%") + part
    if "://" in text:
        return None
    relative = os.path.relpath(os.path.abspath(text), os.path.abspath(folder))
    # Bytes, so that names that are not UTF-8 are reached too.
    name = os.fsencode(relative.replace(os.sep, "/"))
    return urllib.parse.quote(name) + part


def _pair(seen, pair, folder):
    """Near-duplicates side by side, from the first moment that both have."""
    # The later one of the two begins at its own start.
    first = max(0.0, -pair.offset_seconds)
    places = ((pair.first, first), (pair.second, first + pair.offset_seconds))
    return {
        "crosses": seen.crosses(pair),
        "said": f"{pair.shared_seconds:.1f} s shared, {pair.error_rate:.0%} of "
        "the bits differ",
        "sides": [
            (seen.tracks[row], start, address(seen, row, folder, start))
            for row, start in places
        ],
    }


def _tags(seen, folder, examples):
    generator = np.random.default_rng(_SEED)
    splits = np.array(seen.tracks.texts("split"))
    labels = seen.prepared.labels() > 0
    # Files that cannot be read would be players that do not play.
    playable = np.array([t.path not in seen.unreadable for t in seen.tracks])
    places = {name: i for i, name in enumerate(seen.prepared.vocabulary.names)}
    found = []
    for tag in sorted(seen.tags, key=lambda tag: tag.name):
        carried = labels[:, places[tag.name]] & playable
        rows: list[int] = []
        for split in seen.prepared.split_counts:
            of_split = np.flatnonzero(carried & (splits == split))
            rows += sorted(generator.permutation(of_split)[:examples].tolist())
        found.append(
            {
                "name": tag.name,
                "place": places[tag.name],
                "recordings": tag.recordings,
                "examples": [
                    (seen.tracks[row], address(seen, row, folder))
                    for row in rows
                ],
            }
        )
    return found
