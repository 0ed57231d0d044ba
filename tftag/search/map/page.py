"""The map of a library as one page of HTML, which fetches nothing.

What comes from files is data in the page: escaped by Jinja2, and put on the
screen as text. Audio plays from where it lies, by file:// addresses.
"""

import collections
import dataclasses
import itertools
import os
import pathlib
import urllib.parse
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.console import counts_in_words
from tftag.search import library_index
from tftag.search.index import recordings
from tftag.search.map import positions
from tftag.storage.remote import address as addresses

# More would neither be told apart nor be drawn at once.
MOST_POINTS = 50_000
_COLOURED_TAGS = 8
_TEMPLATES = pathlib.Path(__file__).parent
# Whole numbers are shorter, and finer than any screen.
_GRID = 20_000


@dataclasses.dataclass(frozen=True, eq=False)
class Points:
    """Recordings on a plane.

    Attributes:
        recordings: What is known of each.
        roots: Root of each, by the number of a recording's.
        places: float64 `[recordings, 2]`, 0 to 1.
        library_size: How many the library has.
    """

    recordings: Sequence[recordings.Recording]
    roots: Sequence[addresses.Place | None]
    places: npt.NDArray[Any]
    library_size: int


def points(
    index: library_index.LibraryIndex, most: int = MOST_POINTS
) -> Points:
    """Places the recordings of a library, or some that are spread over it.

    Args:
        index: With at least one recording.
        most: How many at most.
    """
    count = len(index)
    chosen = np.rint(np.linspace(0, count - 1, min(count, most))).astype(int)
    is_chosen = np.isin(np.arange(count), chosen)
    known = list(itertools.compress(index.each_recording(), is_chosen))
    at, vectors = 0, []
    for block in index.vectors():
        vectors.append(block[is_chosen[at : at + len(block)]])
        at += len(block)
    places = positions.of(np.concatenate(vectors))
    return Points(known, index.numbered_roots, places, count)


def html(shown: Points, title: str) -> str:
    """Writes the page.

    Args:
        shown: What is on it.
        title: Of the page.

    Returns:
        HTML that a browser opens from anywhere, and that plays where the
        files are.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count_of"] = counts_in_words.count
    page: str = environment.get_template("map.html").render(
        title=_text(title),
        data=_data(shown),
        count=len(shown.recordings),
        library_size=shown.library_size,
    )
    return page


def _data(shown: Points) -> dict[str, Any]:
    """What the script of the page reads: columns, so that names are short."""
    counts = collections.Counter(
        tag for one in shown.recordings for tag in one.tags
    )
    tags = [tag for tag, _ in counts.most_common(_COLOURED_TAGS)]
    # The rarest of them says most.
    rank = {tag: at for at, tag in enumerate(tags)}
    grid = np.round(shown.places * _GRID).astype(int)
    return {
        "grid": _GRID,
        "tags": [_text(tag) for tag in tags],
        "roots": [
            "" if root is None else _address(root) for root in shown.roots
        ],
        "x": grid[:, 0].tolist(),
        "y": grid[:, 1].tolist(),
        "colour": [
            max((rank[tag] for tag in one.tags if tag in rank), default=-1)
            for one in shown.recordings
        ],
        # All of them that it has, a bit each.
        "held": [
            sum(1 << rank[tag] for tag in one.tags if tag in rank)
            for one in shown.recordings
        ],
        "root": [one.root for one in shown.recordings],
        "address": [_quoted(one.name) for one in shown.recordings],
        "name": [_text(one.name) for one in shown.recordings],
        "title": [_text(one.title) for one in shown.recordings],
        "artist": [_text(one.artist) for one in shown.recordings],
        "said": [_text(", ".join(one.tags)) for one in shown.recordings],
    }


def _address(root: addresses.Place) -> str:
    if isinstance(root, addresses.Address):
        return f"{root}/"  # what a page cannot play
    return f"file://{_quoted(os.path.abspath(root))}/"


def _quoted(name: str) -> str:
    return urllib.parse.quote(os.fsencode(name))


def _text(text: str) -> str:
    """Half a character, from a name that is not UTF-8, cannot be written."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
