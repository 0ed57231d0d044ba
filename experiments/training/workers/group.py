"""Processes that train one model together, by `tf.distribute`.

All hold the same weights and take the same steps, each on its part of every
batch. The first of them, the chief, decides, scores and writes; the others
read their share of the data, and ask the chief for all else.
"""

import contextlib
import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from experiments.training.workers import cluster as clusters
from experiments.training.workers import watch
from pipelines.reading import tf_data

STRATEGIES = ("none", "mirrored", "multi-worker")
# EX_TEMPFAIL: nothing is wrong with the command, so start it again.
TRY_AGAIN = 75
# What TensorFlow says where somebody else is gone.
_APART = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)
# So long others may look for who is gone, and fetch the last answer.
_LINGER_SECONDS = 5.0
_LAST_ANSWER_SECONDS = 2.0


@dataclasses.dataclass(frozen=True)
class Workers:
    """The group, as one of its processes sees it.

    Attributes:
        strategy: a `tf.distribute.Strategy`; None for one process on one
            device.
        cluster: the processes.
        watcher: knows whether the others live.
    """

    strategy: Any = None
    cluster: clusters.Cluster = clusters.ALONE
    watcher: subprocess.Popen | None = None

    @property
    def number(self) -> int:
        """Of this process; 0 is the chief."""
        return self.cluster.number

    @property
    def is_chief(self) -> bool:
        """Whether this process decides, scores and writes."""
        return self.number == 0

    @property
    def count(self) -> int:
        """Processes in all."""
        return len(self.cluster.names)

    @property
    def share(self) -> tf_data.Share:
        """The part of every batch that this process reads."""
        if self.strategy is None:
            return tf_data.WHOLE
        replicas = self.strategy.num_replicas_in_sync
        own = replicas // self.count
        return tf_data.Share(replicas, self.number * own, own)

    def scope(self) -> contextlib.AbstractContextManager[Any]:
        """Variables made inside are on every device, the same on all."""
        if self.strategy is None:
            return contextlib.nullcontext()
        return self.strategy.scope()

    def exchange(self, said: dict) -> list[dict]:
        """What every process says, the chief first; all must call it."""
        if self.count == 1:
            return [said]
        text = np.frombuffer(json.dumps(said).encode(), np.uint8)
        own = tf.constant(text, tf.int64)
        lengths = self._gathered(tf.constant([len(text)], tf.int64))
        texts = self._gathered(own)
        parts = np.split(texts, np.cumsum(lengths)[:-1])
        return [json.loads(part.astype(np.uint8).tobytes()) for part in parts]

    @contextlib.contextmanager
    def chief_first(self) -> Iterator[None]:
        """The others enter the block when the chief has left it."""
        if not self.is_chief:
            self.exchange({})
        yield
        if self.is_chief:
            self.exchange({})

    def agree(self, facts: dict[str, object]) -> None:
        """Refuses to train with a worker that was told something else.

        Raises:
            ValueError: names the worker, and what differs.
        """
        found = self.exchange(facts)
        differ = [
            f"{name}: {theirs.get(name)!r} at {self.cluster.names[place]}, "
            f"{found[0][name]!r} at {self.cluster.names[0]}"
            for place, theirs in enumerate(found)
            for name in facts
            if theirs.get(name) != found[0][name]
        ]
        if differ:
            raise ValueError(
                "All workers must be told the same, and have the same data. "
                f"Received: {'; '.join(differ)}"
            )

    def assign_from_chief(self, variables: Sequence[keras.Variable]) -> None:
        """Gives the variables of all processes the values of the chief's."""
        if self.count == 1 or not variables:
            return
        arrays = [np.array(variable.numpy()) for variable in variables]
        raw = b"".join(array.tobytes() for array in arrays)
        # Bits of 64 as whole numbers, to which adding zeros changes nothing.
        raw += bytes(-len(raw) % 8)
        bits = tf.constant(np.frombuffer(raw, np.int64))
        if not self.is_chief:
            bits = tf.zeros_like(bits)
        summed = self.strategy.reduce(
            "SUM",
            self._values(self.share.first, bits, tf.zeros_like(bits)),
            axis=None,
        )
        raw, place = summed.numpy().tobytes(), 0
        for variable, array in zip(variables, arrays, strict=True):
            part = raw[place : place + array.nbytes]
            variable.assign(
                np.frombuffer(part, array.dtype).reshape(array.shape)
            )
            place += array.nbytes

    def end(self) -> None:
        """Waits until all have come to the end."""
        self.exchange({})
        if self.watcher is not None:
            _stop(self.watcher)
            # Others may still be fetching what this process said last.
            time.sleep(_LAST_ANSWER_SECONDS)

    @contextlib.contextmanager
    def together(self) -> Iterator["Workers"]:
        """Ends the process with a line and `TRY_AGAIN` if another is gone."""
        try:
            yield self
        except tf.errors.OpError as error:
            if self.count == 1:
                raise
            peers = self.cluster.peers
            missing = watch.unreachable(peers)
            if not missing and not isinstance(error, _APART):
                raise
            missing = missing or _named(error, peers)
            missing = missing or [f"a worker ({_first_line(error)})"]
            sys.stdout.flush()
            sys.stderr.write(watch.gone(missing) + "\n")
            sys.stderr.flush()
            time.sleep(_LINGER_SECONDS)
            _stop(self.watcher)
            # Not by `exit`: TensorFlow's threads wait for who is gone.
            os._exit(TRY_AGAIN)
        finally:
            _stop(self.watcher)

    def _gathered(self, own):
        """The numbers `[length]` of every process, one after the other."""
        values = self._values(self.share.first, own, own[:0])
        return self.strategy.gather(values, axis=0).numpy()

    def _values(self, place, own, others):
        """A value per replica: `own` at replica `place`."""
        return self.strategy.experimental_distribute_values_from_function(
            lambda context: (
                own if context.replica_id_in_sync_group == place else others
            )
        )


ALONE = Workers()


def join(strategy: str, wait_seconds: float) -> Workers:
    """Takes part in a training; before anything else of TensorFlow is used.

    Args:
        strategy: one of `STRATEGIES`.
        wait_seconds: how long the others may take to come.

    Raises:
        ValueError: no such strategy, or a `TF_CONFIG` that cannot be.
    """
    if strategy == "none":
        return ALONE
    if strategy == "mirrored":
        return Workers(tf.distribute.MirroredStrategy())
    if strategy != "multi-worker":
        raise ValueError(
            f"`strategy` must be one of {STRATEGIES}. Received: {strategy!r}"
        )
    found = clusters.from_environment()
    watcher = watch.start(found.peers, wait_seconds)
    # Python stands still until all have come: Ctrl-C ends the process itself.
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        made = tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError) as error:
        _stop(watcher)
        missing = watch.unreachable(found.peers)
        raise ValueError(
            f"The workers could not come together: {_first_line(error)}. "
            f"Received: {', '.join(found.addresses)}; "
            f"{' and '.join(missing) or 'nobody'} cannot be reached"
        ) from error
    finally:
        signal.signal(signal.SIGINT, before)
    return Workers(made, found, watcher)


def synchronize_batch_norm(model: keras.Model) -> None:
    """Has batch norm take the statistics of the whole batch, of all replicas.

    Args:
        model: changed in place, before its first step.
    """
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True


def _stop(watcher: subprocess.Popen | None) -> None:
    if watcher is not None:
        watcher.kill()
        watcher.wait()


def _named(error: tf.errors.OpError, peers: Iterable[str]) -> list[str]:
    """The peers that an error speaks of: who is cut off still runs."""
    tasks = re.findall(r"/job:(\w+)/(?:replica:\d+/)?task:(\d+)", str(error))
    names = {f"{job} {number}" for job, number in tasks}
    return [peer for peer in peers if peer.partition(" (")[0] in names]


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0]
