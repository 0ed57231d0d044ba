"""What a catalogue's run writes: one part for each shard, whole or not at all.

```
OUTPUT/
  described/KEY.jsonl    a file per line: name, size, time, length, tags
  vectors/KEY.npy        float16 [files, dim], in the order of the lines
  rejected/KEY.jsonl     name and reason of what could not be used
```

A part is finished when its last file, `rejected`, is there; the same shard is
not worked on again. Another worker that writes the same part writes the same.
"""

import io
import json
import os
import pathlib
import tempfile
from collections.abc import Iterable, Sequence

import numpy as np

from pipelines.storage import address as addresses
from pipelines.storage import remote, remote_listing
from tftag.files import atomic_write, plain_json

DESCRIBED, VECTORS, REJECTED = "described", "vectors", "rejected"

Place = pathlib.Path | addresses.Address


def finished(output: Place) -> frozenset[str]:
    """Keys of the parts that need no more work."""
    folder = output / REJECTED
    if isinstance(folder, addresses.Address):
        names = [file.name for file in remote_listing.walk(folder)]
    else:
        names = os.listdir(folder) if folder.is_dir() else []
    return frozenset(
        name.removesuffix(".jsonl") for name in names if name.endswith(".jsonl")
    )


def write(
    output: Place,
    key: str,
    described: Iterable[dict],
    vectors: Sequence[np.ndarray],
    rejected: Iterable[dict],
) -> None:
    """Writes a part; what says that it is finished comes last.

    Args:
        output: Of the run.
        key: Of the shard.
        described: A JSON object for each file that was described.
        vectors: Of the same files, `[dim]` each, of unit length; empty where
            the model embeds nothing.
        rejected: A JSON object for each other file.
    """
    _put(output / DESCRIBED / f"{key}.jsonl", _lines(described))
    if len(vectors):
        content = io.BytesIO()
        np.save(content, np.stack(vectors).astype(np.float16))
        _put(output / VECTORS / f"{key}.npy", content.getvalue())
    _put(output / REJECTED / f"{key}.jsonl", _lines(rejected))


def _lines(objects: Iterable[dict]) -> bytes:
    text = "".join(f"{plain_json.text(one, indent=None)}\n" for one in objects)
    return text.encode("utf-8", "backslashreplace")


def read(folder: pathlib.Path) -> Iterable[tuple[dict, np.ndarray | None]]:
    """Yields what is known of each file, and its vector, part by part.

    Args:
        folder: What a run wrote, on this machine.

    Raises:
        ValueError: A part is damaged.
    """
    for key in sorted(finished(folder)):
        lines = (folder / DESCRIBED / f"{key}.jsonl").read_text("utf-8")
        # Not splitlines: a name may hold what Unicode calls a line's end.
        rows = [json.loads(line) for line in lines.split("\n") if line]
        path = folder / VECTORS / f"{key}.npy"
        vectors = np.load(path) if path.exists() else [None] * len(rows)
        if len(vectors) != len(rows):
            raise ValueError(
                "A part must have a vector for each of its files. Received: "
                f"{len(vectors)} for {len(rows)} in {path}"
            )
        yield from zip(rows, vectors, strict=True)


def _put(place: Place, content: bytes) -> None:
    if not isinstance(place, addresses.Address):
        atomic_write.write(place, content)
        return
    with tempfile.NamedTemporaryFile(prefix="tftag-") as file:
        file.write(content)
        file.flush()
        remote.put_file(file.name, place)
