"""What `python -m pipelines.catalogue` wrote, read to be taken into an index.

Its files::

    OUTPUT/
      models/MODEL.json            what was asked: its space, its tags
      described/MODEL-FILES.jsonl  a line a file: name, size, time, length, tags
      vectors/MODEL-FILES.npy      float16 [files, dim], in the same order
      rejected/MODEL-FILES.jsonl   name and reason of what could not be used

A part is finished when its last file, `rejected`, is there. MODEL is the
fingerprint of a SavedModel, so that one output holds parts of several.
"""

import dataclasses
import json
import math
import os
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.search.index import recordings
from tftag.storage import plain_json, stored_arrays
from tftag.words import unit_vectors

MODELS, DESCRIBED = "models", "described"
VECTORS, REJECTED = "vectors", "rejected"
_WAY_OUT = "remove it, and its part is made again by the same command"
_MOST_YEAR = 9_999

Fail = Callable[[pathlib.Path, Exception], None]


@dataclasses.dataclass(frozen=True, eq=False)
class Described:
    """A recording that was described elsewhere.

    Attributes:
        recording: What is known of it, in root 0.
        has_file_tags: Whether the file's own tags were read.
        vector: float32 `[dim]` of unit length.
    """

    recording: recordings.Recording
    has_file_tags: bool
    vector: npt.NDArray[Any]


def finished(output: pathlib.Path) -> list[str]:
    """Keys of the parts that are whole, those written last first."""
    folder = output / REJECTED
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        found = [
            (-entry.stat().st_mtime_ns, entry.name.removesuffix(".jsonl"))
            for entry in entries
            if entry.name.endswith(".jsonl")
        ]
    return [key for _, key in sorted(found)]


def read(output: pathlib.Path, key: str) -> Iterator[Described]:
    """Yields the recordings of a part.

    Args:
        output: Of the run.
        key: Of the part.

    Raises:
        OSError: It is not there.
        ValueError: It is damaged, or of a tagger, which embeds nothing.
    """
    rows = lines(output, key)
    path = output / VECTORS / f"{key}.npy"
    if not rows:
        return
    try:
        vectors = np.load(path, allow_pickle=False)
        if vectors.ndim != 2 or len(vectors) != len(rows):
            raise ValueError(f"{list(vectors.shape)} for {len(rows)} files")
        # Of vectors with NaN, infinity or no direction this raises.
        vectors = unit_vectors.unit(vectors, path.name).astype(np.float32)
        found = [_recording(row) for row in rows]
    except OSError:
        raise
    except stored_arrays.DAMAGE as error:
        raise _damaged(path, error) from error
    for row, one, vector in zip(rows, found, vectors, strict=True):
        yield Described(one, "artist" in row, vector)


def lines(output: pathlib.Path, key: str) -> list[dict[str, Any]]:
    """What a part says of each file, as it was written.

    Raises:
        OSError: It is not there.
        ValueError: It is damaged.
    """
    path = output / DESCRIBED / f"{key}.jsonl"
    try:
        text = path.read_text("utf-8")
        # Not splitlines: a name may hold what Unicode calls a line's end.
        return [json.loads(line) for line in text.split("\n") if line]
    except plain_json.DAMAGE as error:
        raise _damaged(path, error) from error


def of_model(
    output: pathlib.Path,
    space: str,
    dim: int,
    tag_names: Sequence[str],
    fail: Fail,
) -> Iterator[Described]:
    """Yields the recordings of all parts that a model made.

    Args:
        output: Of the run.
        space: Fingerprint of the model's space.
        dim: Length of a vector.
        tag_names: Tags of the model.
        fail: Gets path and error of a part that cannot be used.

    Returns:
        Them, read as they are asked for; the parts that were written last
        come first.

    Raises:
        ValueError: There are no parts of this model.
    """
    own: set[str] = set()
    others: set[str] = set()
    for path in sorted((output / MODELS).glob("*.json")):
        model = plain_json.read(path, "run the same command again")
        held = model.get("space"), model.get("dim"), model.get("tags")
        if held == (space, dim, list(tag_names)):
            own.add(path.stem)
        else:
            others.add(str(model.get("name")))
    if not own:
        known = ", ".join(sorted(others)) or "no model"
        raise ValueError(
            "--catalogue must be the --output of `python -m "
            "pipelines.catalogue` with the model of the index, of the space "
            f"{space!r}. Received: {output}, with parts of {known}."
        )
    return _of_models(output, own, dim, tag_names, fail)


def _of_models(
    output: pathlib.Path,
    models: set[str],
    dim: int,
    tag_names: Sequence[str],
    fail: Fail,
) -> Iterator[Described]:
    for key in finished(output):
        if key.partition("-")[0] not in models:
            continue
        path = output / DESCRIBED / f"{key}.jsonl"
        try:
            for one in read(output, key):
                _check(one, dim, tag_names)
                yield one
        except (OSError, ValueError) as error:
            fail(path, error)


def _check(one: Described, dim: int, tag_names: Sequence[str]) -> None:
    if len(one.vector) != dim or not set(one.recording.tags) <= set(tag_names):
        raise ValueError(
            f"A part is damaged: {_WAY_OUT}. Received: "
            f"{one.recording.name!r:.200} with {len(one.vector)} dimensions "
            f"and the tags {', '.join(one.recording.tags):.200}."
        )


def _recording(row: dict[str, Any]) -> recordings.Recording:
    seconds = row.get("seconds")
    found = recordings.Recording(
        str(row["name"]),
        0,
        int(row["size_bytes"]),
        int(row["modified_ns"] or 0),
        math.nan if seconds is None else float(seconds),
        str(row.get("title", "")),
        str(row.get("artist", "")),
        str(row.get("album", "")),
        int(row.get("year", 0)),
        tuple(map(str, row["tags"])),
    )
    os.fsencode(found.name)  # of half a character this raises
    # An index holds no other, and would be cut short by it.
    if not 0 <= found.year <= _MOST_YEAR:
        raise ValueError(f"the year {found.year}")
    return found


def _damaged(path: pathlib.Path, error: Exception) -> ValueError:
    return ValueError(
        f"A part is damaged: {_WAY_OUT}. Received: {path} "
        f"({type(error).__name__}: {str(error):.200})."
    )
