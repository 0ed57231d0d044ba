"""Indexes of recordings that nobody recorded."""

import contextlib
import types

import numpy as np

from tftag.search.index import contents, recordings, writer

TAGS = ("rock", "piano", "vocals")
MODEL, NAME, DIM = "model a", "musicnn_words", 12


def vectors(count, seed=0, dim=DIM):
    """Returns float32 `[count, dim]` of unit length, in a cone."""
    drawn = np.random.default_rng(seed).normal(size=(count, dim))
    drawn = drawn + 0.5
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn.astype(np.float32)


def recording(at, root=0):
    """What is known of recording `at`: all of it follows from the number."""
    return recordings.Recording(
        f"folder {at % 3}/{at:04d}.mp3",
        root,
        1000 + at,
        at,
        seconds=60.0 + at % 200,
        title=f"Title {at}",
        artist=f"Artist {at % 7}" if at % 5 else "",
        album=f"Album {at % 11}",
        year=1980 + at % 40 if at % 4 else 0,
        tags=tuple(tag for bit, tag in enumerate(TAGS) if at >> bit & 1),
    )


def begun(**changes):
    """What an index begins with."""
    fields = {
        "model": MODEL,
        "model_name": NAME,
        "dim": DIM,
        "tag_names": TAGS,
        "roots": ("/music",),
    }
    return contents.Contents(**{**fields, **changes})


def write(folder, numbers, rows, begin=None, at_once=1_000_000):
    """Adds recordings to an index, some at a time."""
    numbers = list(numbers)
    with writer.opened(folder, begin or begun()) as index:
        for start in range(0, len(numbers), at_once):
            some = numbers[start : start + at_once]
            index.change([(recording(at), rows[at]) for at in some])
        index.settle()
    return folder


@contextlib.contextmanager
def _using():
    yield types.SimpleNamespace(tagger=types.SimpleNamespace(space=MODEL))


def models():
    """What a service has of the model of such an index; it runs nothing."""
    one = types.SimpleNamespace(using=_using)
    return types.SimpleNamespace(by_name={"m": one}, close=lambda: None)
