"""What a catalogue's run writes: one part for each shard, whole or not at all.

`tftag.search.index.catalogue_parts` says what a part consists of, and reads
it. The shard of a finished one is not worked on again; another worker that
writes the same part writes the same.
"""

import io
import tempfile
from collections.abc import Iterable, Sequence

import numpy as np

from tftag.search.index import catalogue_parts
from tftag.storage import atomic_write, plain_json
from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing, transfers


def finished(output: addresses.Place) -> frozenset[str]:
    """Keys of the parts that need no more work."""
    if not isinstance(output, addresses.Address):
        return frozenset(catalogue_parts.finished(output))
    folder = output / catalogue_parts.REJECTED
    names = [file.name for file in remote_listing.walk(folder)]
    return frozenset(
        name.removesuffix(".jsonl") for name in names if name.endswith(".jsonl")
    )


def write_model(output: addresses.Place, model: str, said: dict) -> None:
    """Writes what the parts of a model were asked of.

    Args:
        output: Of the run.
        model: What their keys begin with.
        said: Name, space and tags of the model.
    """
    content = plain_json.text(said).encode("utf-8", "backslashreplace")
    _put(output / catalogue_parts.MODELS / f"{model}.json", content)


def write(
    output: addresses.Place,
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
    _put(output / catalogue_parts.DESCRIBED / f"{key}.jsonl", _lines(described))
    if len(vectors):
        content = io.BytesIO()
        np.save(content, np.stack(vectors).astype(np.float16))
        place = output / catalogue_parts.VECTORS / f"{key}.npy"
        _put(place, content.getvalue())
    _put(output / catalogue_parts.REJECTED / f"{key}.jsonl", _lines(rejected))


def _lines(objects: Iterable[dict]) -> bytes:
    text = "".join(f"{plain_json.text(one, indent=None)}\n" for one in objects)
    return text.encode("utf-8", "backslashreplace")


def _put(place: addresses.Place, content: bytes) -> None:
    if not isinstance(place, addresses.Address):
        atomic_write.write(place, content)
        return
    with tempfile.NamedTemporaryFile(prefix="tftag-") as file:
        file.write(content)
        file.flush()
        transfers.put_file(file.name, place)
