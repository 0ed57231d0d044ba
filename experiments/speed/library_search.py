"""Measures the index of a large library: size, memory, time, recall.

```
python -m tftag index music/ --out my.index
python -m experiments.speed.library_search --like my.index --out big/
```

Recordings and queries are drawn from real ones (`drawn_library`). Recall is
against NumPy's product with every vector. Drawing, and what a query costs,
are in processes of their own: only the first loads TensorFlow.
"""

import contextlib
import json
import os
import pathlib
import shutil
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np

from experiments.speed import drawn_library
from experiments.speed.processes import memory, own_process
from tftag.cli import command_line
from tftag.search import library_index, query
from tftag.search.index import contents, recordings, writer

_AT_ONCE = 20_000
_TOP = 10
_CHANGED = 1_000
_LOOK_SECONDS = 0.2


def main(argv: list[str] | None = None) -> int:
    """Draws, builds, asks and changes; prints a JSON object for each."""
    parser = command_line.Parser(
        prog="python -m experiments.speed.library_search", description=__doc__
    )
    parser.add_argument("--like", metavar="INDEX", help="of real recordings")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--recordings", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--queries", type=int, default=200)
    arguments = parser.parse_args(argv)
    out = arguments.out
    place = out / "library.index"
    if arguments.like is not None:
        out.mkdir(exist_ok=True)
        shutil.rmtree(place, ignore_errors=True)  # of others that were drawn
        counts = arguments.recordings, arguments.dim, arguments.queries
        own_process.call(drawn_library.write, arguments.like, out, *counts)
    drawn = drawn_library.read(out)
    if not place.exists():
        _print("build", build(place, drawn))
    _print("ask", own_process.call(ask, place, out))
    _print("change", change(place, drawn))
    return 0


def build(place: pathlib.Path, drawn: drawn_library.Drawn) -> dict[str, float]:
    """Makes the index, as `tftag index` does without the recordings.

    It gets its name when it is whole.
    """
    part = place.with_name("unfinished.index")
    shutil.rmtree(part, ignore_errors=True)
    began, cpu = time.monotonic(), time.process_time()
    dim = drawn.vectors.shape[1]
    new = contents.Contents("drawn", "drawn", dim, ("a",), roots=("/music",))
    with _own_peak_mb() as own, writer.opened(part, new) as index:
        for start in range(0, len(drawn.vectors), _AT_ONCE):
            rows = range(start, min(start + _AT_ONCE, len(drawn.vectors)))
            index.change([(_recording(at), drawn.vectors[at]) for at in rows])
        flat, flat_cpu = time.monotonic() - began, time.process_time() - cpu
        index.settle()
    found = {
        "recordings": len(drawn.vectors),
        "seconds": time.monotonic() - began,
        "seconds_before_lists": flat,
        "cpu_seconds": time.process_time() - cpu,
        "cpu_seconds_before_lists": flat_cpu,
        "peak_mb": memory.status_mb()["VmHWM"],
        "own_peak_mb": own[0],
        "index_mb": sum(p.stat().st_size for p in part.iterdir()) / 1e6,
    }
    part.rename(place)
    return found


def ask(place: pathlib.Path, folder: pathlib.Path) -> dict[str, object]:
    """Asks with texts and with recordings, and compares with all products."""
    drawn = drawn_library.read(folder)
    began, before = time.monotonic(), _resident_mb()
    index = library_index.LibraryIndex.open(place)
    index.similar(drawn.audio[0])
    found: dict[str, object] = {"open_seconds": time.monotonic() - began}
    answers = {}
    for kind, queries in (("text", drawn.texts), ("audio", drawn.audio)):
        names, wall, cpu = [], [], []
        for vectors in queries:
            terms = [query.Term(str(at)) for at in range(len(vectors))]
            start, used = time.perf_counter(), time.process_time()
            hits = index.search(terms, vectors, _TOP, collapse_copies=False)
            wall.append(1e3 * (time.perf_counter() - start))
            cpu.append(1e3 * (time.process_time() - used))
            names.append([int(pathlib.PurePath(hit.name).stem) for hit in hits])
        answers[kind] = names
        found[f"{kind}_ms"] = float(np.median(wall))
        found[f"{kind}_ms_p95"] = float(np.percentile(wall, 95))
        found[f"{kind}_cpu_ms"] = float(np.mean(cpu))
    after = _resident_mb()
    found["memory_mb"] = {name: after[name] - before[name] for name in after}
    for kind, queries in (("text", drawn.texts), ("audio", drawn.audio)):
        exact = drawn_library.nearest(drawn.vectors, queries, _TOP)
        shares = [
            len(set(one) & set(other)) / _TOP
            for one, other in zip(answers[kind], exact.tolist(), strict=True)
        ]
        found[f"{kind}_recall_at_{_TOP}"] = float(np.mean(shares))
    return found


def change(place: pathlib.Path, drawn: drawn_library.Drawn) -> dict[str, float]:
    """Adds some recordings, and removes as many."""
    copy = place.with_name("changed.index")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(place, copy, copy_function=_second_name_or_copy)
    new = contents.Contents("drawn", "drawn", drawn.vectors.shape[1], ("a",))
    count = len(drawn.vectors)
    found = {}
    began = time.monotonic()
    with writer.opened(copy, new) as index:
        found["open_seconds"] = time.monotonic() - began
        start = time.monotonic()
        index.change(
            [
                (_recording(count + at), drawn.vectors[count // 2 - at])
                for at in range(_CHANGED)
            ]
        )
        found["add_seconds"] = time.monotonic() - start
        start = time.monotonic()
        index.change([], {_recording(at * 7).key for at in range(_CHANGED)})
        found["remove_seconds"] = time.monotonic() - start
        index.settle()
    found["settled_seconds"] = time.monotonic() - began
    shutil.rmtree(copy)
    return found


def _second_name_or_copy(source: str, target: str) -> None:
    # Segments are never written again: a second name is a copy.
    of_segments = source.endswith(".segment")
    (os.link if of_segments else shutil.copy)(source, target)


def _recording(at: int) -> recordings.Recording:
    folder = f"{at // 10_000:03d}/{at // 10:06d}"
    return recordings.Recording(
        f"{folder}/{at:07d}.mp3",
        0,
        at,
        at,
        180.0 + at % 120,
        f"Title {at}",
        f"Artist {at // 10}",
        f"Album {at // 10}",
        1960 + at % 60,
    )


def _resident_mb() -> dict[str, float]:
    """Resident memory: the process's own, and of files it has mapped."""
    found = memory.status_mb()
    return {name: found[name] for name in ("VmRSS", "RssAnon", "RssFile")}


@contextlib.contextmanager
def _own_peak_mb() -> Iterator[list[float]]:
    """The most memory within the block, without the files that are mapped."""
    peak, is_over = [0.0], threading.Event()

    def look() -> None:
        while True:
            peak[0] = max(peak[0], _resident_mb()["RssAnon"])
            if is_over.wait(_LOOK_SECONDS):
                return

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield peak
    finally:
        is_over.set()
        looking.join()


def _print(title: str, found: dict) -> None:
    print(json.dumps({title: found}), flush=True)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
