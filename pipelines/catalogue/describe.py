"""The work of a catalogue: runs in the workers of the engine."""

import contextlib
import dataclasses
import errno
import os
import pathlib
import tempfile
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam import metrics, pvalue
from apache_beam.utils import shared

from pipelines.catalogue import listing, shards
from tftag.audio import audio_files, decoding_pool
from tftag.inference import loading, saved_dual_encoder, saved_tagger
from tftag.search import file_facts
from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing, retries, transfers

DESCRIBED, REJECTED = "described", "rejected"
# Shards that are not finished, and are worked on again by the next call.
UNFINISHED = "unfinished"
# The fault of a machine or of its disks, not of the file.
_PASSING = frozenset(
    getattr(errno, name)
    for name in (
        *("EIO", "ESTALE", "ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "ENOMEM"),
        *("EAGAIN", "EBUSY", "EINTR", "ETIMEDOUT"),
    )
    if hasattr(errno, name)
)
_COUNTS = "catalogue"


class DescribeShard(beam.DoFn):
    """Describes the files of a shard and writes its part of the output.

    A bad file is an element of the output `rejected` and costs no other: it is
    decoded in a process of its own, whose crash or hanging is its fault alone.
    Where a server does not give a file that is there, a disk is full or fails,
    or the part cannot be written, the shard is not finished, and is worked on
    again by the next call.

    Args:
        model: Folder of a SavedModel that every worker reaches, or the name
            of a preset.
        output: Of the run.
        top: Of each recording, so many of the likeliest tags.
        model_handle: One for all workers of a process: the SavedModel is
            opened once.
    """

    def __init__(
        self,
        model: str,
        output: str,
        top: int,
        model_handle: shared.Shared,
    ):
        """Keeps what is sent to the workers; opens nothing."""
        super().__init__()
        self._model = model
        self._output = output
        self._top = top
        self._handle = model_handle
        self._tagger: saved_tagger.SavedTagger
        self._described = metrics.Metrics.counter(_COUNTS, DESCRIBED)
        self._rejected = metrics.Metrics.counter(_COUNTS, REJECTED)
        self._unfinished = metrics.Metrics.counter(_COUNTS, UNFINISHED)

    def setup(self) -> None:
        """Opens the model, or takes the one that this process has."""
        self._tagger = self._handle.acquire(lambda: loading.load(self._model))

    def process(self, shard: listing.Shard) -> Iterator[Any]:
        """Yields the number of files that were described.

        Args:
            shard: The files.

        Yields:
            The key of the shard and the number, where it is finished;
            `{"name", "reason"}` of each other file in the output `rejected`.
        """
        described, vectors = [], []
        self._is_unreached = False
        rejected: list[dict[str, str]] = []
        for found, vector in self._each(shard, rejected):
            described.append(found)
            if vector is not None:
                vectors.append(vector)
        if not self._is_unreached:
            try:
                shards.write(
                    addresses.place(self._output),
                    shard.key,
                    described,
                    vectors,
                    rejected,
                )
            except OSError as error:
                self._is_unreached = True
                reason = audio_files.reason(error)
                rejected.append({"name": shard.key, "reason": reason})
        if self._is_unreached:
            self._unfinished.inc()
        else:
            self._described.inc(len(described))
            self._rejected.inc(len(rejected))
            yield shard.key, len(described)
        for one in rejected:
            yield pvalue.TaggedOutput(REJECTED, one)

    def _each(
        self, shard: listing.Shard, rejected: list[dict]
    ) -> Iterator[tuple[dict, np.ndarray | None]]:
        """Yields description and vector of what can be used."""
        facts: dict[pathlib.Path, dict[str, Any]] = {}
        versions = _versions(shard)
        with tempfile.TemporaryDirectory(prefix="tftag-") as copies:

            def reject(name: str, error: Exception, where: str = ""):
                reason = audio_files.reason(error).removeprefix(f"{where}: ")
                rejected.append({"name": name, "reason": reason})

            def fail(path: pathlib.Path, error: Exception):
                self._is_unreached |= _may_be_there(error)
                reject(facts.pop(path)["name"], error, os.fspath(path))
                _remove_copy(path, copies)

            def paths():
                for name in shard.names:
                    try:
                        path = _on_this_machine(shard.root, name, copies)
                        # Before it is read: it may be gone afterwards.
                        found = _facts(path, versions.get(name))
                    except OSError as error:
                        self._is_unreached |= _may_be_there(error)
                        reject(name, error)
                        continue
                    facts[path] = {"name": name, **found}
                    yield path

            def recordings():
                for path, samples in decoding_pool.decoded(
                    paths(), self._tagger.sample_rate_hz, fail, 1
                ):
                    seconds = len(samples) / self._tagger.sample_rate_hz
                    facts[path]["seconds"] = round(seconds, 3)
                    _remove_copy(path, copies)
                    yield path, samples

            for path, found, vector in self._answers(recordings()):
                yield facts.pop(path) | found, vector

    def _answers(self, recordings):
        """Yields path, tags and vector of each recording."""
        tagger = self._tagger
        if isinstance(tagger, saved_dual_encoder.SavedDualEncoder):
            for path, (vector, given) in audio_files.each(
                tagger.describe_each, recordings
            ):
                yield path, {"tags": list(given)}, vector
            return
        for path, tagged in audio_files.each(tagger.tag_each, recordings):
            best = np.argsort(-tagged.calibrated, kind="stable")[: self._top]
            yield (
                path,
                {
                    "probabilities": {
                        tagger.tag_names[place]: round(
                            float(tagged.calibrated[place]), 4
                        )
                        for place in best
                    }
                },
                None,
            )


def _on_this_machine(root: str, name: str, copies: str) -> pathlib.Path:
    """The file itself, or a copy of it that is removed when it was read."""
    place = addresses.place(root) / name
    if not isinstance(place, addresses.Address):
        return place
    # The ending stays: some decoders go by it.
    descriptor, path = tempfile.mkstemp(
        suffix=pathlib.PurePath(name).suffix, dir=copies
    )
    os.close(descriptor)
    transfers.fetch_to_file(place, path)
    return pathlib.Path(path)


def _versions(shard: listing.Shard) -> dict[str, int]:
    """What is another where a file of a bucket has changed, by its name.

    As an index takes it. What has no answer is named when it is fetched.
    """
    root = addresses.place(shard.root)
    if not isinstance(root, addresses.Address):
        return {}
    found = remote_listing.look_up([root / name for name in shard.names])
    facts = {name: found[root / name] for name in shard.names}
    return {
        name: one.version_number
        for name, one in facts.items()
        if isinstance(one, remote_listing.RemoteFile)
    }


def _facts(path: pathlib.Path, version: int | None) -> dict[str, Any]:
    """Size of a file, what changes with it, its own tags."""
    state = path.stat()
    said = {}
    if file_facts.is_installed():
        said = dataclasses.asdict(file_facts.read(path))
    return {
        "size_bytes": state.st_size,
        "modified_ns": state.st_mtime_ns if version is None else version,
        **said,
    }


def _may_be_there(error: Exception) -> bool:
    """Whether another try may find the file as it should be."""
    if isinstance(error, retries.RemoteError):
        return not error.is_missing
    return isinstance(error, OSError) and error.errno in _PASSING


def _remove_copy(path: pathlib.Path, copies: str) -> None:
    if path.is_relative_to(copies):
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
