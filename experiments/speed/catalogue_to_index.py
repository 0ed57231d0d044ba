"""Measures what it costs to take a catalogue's parts up into an index.

```
python -m experiments.speed.catalogue_to_index --recordings 100000 --out big/
```

The recordings are names of empty files and drawn vectors, as the parts of
`pipelines.catalogue` have them: what is measured is listing and looking at
the files, reading the parts, and writing the index: of all, then where
everything is known, then of one part more.
"""

import json
import os
import pathlib
import sys
import time

import numpy as np

from experiments.speed.processes import memory
from pipelines.catalogue import shards
from tftag.cli import command_line
from tftag.search.index import catalogue_parts, contents, refresh, writer

_MODEL = "drawn"
_INDEX = "taken.index"
_TAGS = ("a", "b")
_PART_ROWS = 200
_AXES = 32
_FOLDER_FILES = 1_000


def main(argv: list[str] | None = None) -> int:
    """Writes files and parts, takes them up; prints a JSON object for each."""
    parser = command_line.Parser(
        prog="python -m experiments.speed.catalogue_to_index",
        description=__doc__,
    )
    parser.add_argument("--recordings", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args(argv)
    count, out = arguments.recordings, arguments.out
    if (out / _INDEX).exists():
        raise ValueError(
            "What is measured first is an index that is new: --out must be a "
            f"folder without one. Received: {out}"
        )
    model = {"name": _MODEL, "space": _MODEL, "dim": arguments.dim}
    shards.write_model(out / "parts", _MODEL, {**model, "tags": list(_TAGS)})
    for start in range(0, count, _PART_ROWS):
        _write_part(out, range(start, min(start + _PART_ROWS, count)), model)
    for title in ("first", "nothing new"):
        _print(title, take_up(out, arguments.dim))
    _write_part(out, range(count, count + _PART_ROWS), model)
    _print("a part more", take_up(out, arguments.dim))
    return 0


def take_up(out: pathlib.Path, dim: int) -> dict[str, float]:
    """Brings the index up to date, as `tftag index --catalogue` does."""
    memory.forget_peak()
    began, cpu = time.monotonic(), time.process_time()
    folder, place = out / "music", out / _INDEX

    def fail(path, error):
        raise error

    new = contents.Contents(_MODEL, _MODEL, dim, _TAGS)
    with writer.opened(place, new) as index:
        index.set_roots([folder])
        found = refresh.find([(0, folder)], fail)
        listed = time.process_time() - cpu
        work = refresh.Refresh(index, found, fail)
        parts = catalogue_parts.of_model(
            out / "parts", _MODEL, dim, _TAGS, fail
        )
        model = refresh.Model(lambda _: iter(()), lambda *_: (), 1, None)
        for _ in work.run(model, parts):
            pass
        index.settle()
    return {
        "taken": work.taken,
        "files": len(found.files),
        "seconds": time.monotonic() - began,
        "cpu_seconds": time.process_time() - cpu,
        "listing_cpu_seconds": listed,
        "peak_mb": memory.status_mb()["VmHWM"],
    }


def _write_part(out: pathlib.Path, numbers: range, model: dict) -> None:
    rows = []
    for at in numbers:
        name = f"{at // _FOLDER_FILES:06d}/{at:08d} - A title.mp3"
        path = out / "music" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        rows.append(
            {
                "name": name,
                "size_bytes": 0,
                "modified_ns": os.stat(path).st_mtime_ns,
                "seconds": 200.0 + at % 60,
                "title": f"Title {at}",
                "artist": f"Artist {at // 10}",
                "album": f"Album {at // 10}",
                "year": 1960 + at % 60,
                "tags": list(_TAGS[: at % 3]),
            }
        )
    # Real ones lie near a plane of few dimensions, in a cone.
    plane = np.random.default_rng(0).normal(size=(_AXES, model["dim"]))
    draw = np.random.default_rng(numbers.start)
    vectors = draw.normal(0.2, 1.0, (len(rows), _AXES)) @ plane
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    key = f"{_MODEL}-{numbers.start:08d}"
    shards.write(out / "parts", key, rows, list(vectors), [])


def _print(title: str, found: dict) -> None:
    print(json.dumps({title: found}), flush=True)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
