"""The whole state of a training run in one file that is written at once.

A file is an .npz (arrays, and one JSON text for the rest) followed by the
SHA-256 of its bytes. The last two are kept, so that one that was cut short by
a crash of the machine costs the time since the one before it.
"""

import dataclasses
import hashlib
import io
import json
import logging
import os
import pathlib
import re
from collections.abc import Iterable
from typing import Any, cast

import keras
import numpy as np

from tftag.storage import atomic_write, stored_arrays

_log = logging.getLogger(__name__)

_NAME = re.compile(r"state-(\d{10})\.npz")
_DIGEST_BYTES = 32
_JSON = "progress.json"
KEPT = 2


@dataclasses.dataclass
class Progress:
    """Everything but the arrays that a resumed run must know.

    Attributes:
        epoch: epochs that are complete.
        step: steps taken in all; also the position in the data.
        best_score: highest validation MAP so far; None before the first.
        best_epoch: when that was.
        waited: scorings since then, for early stopping.
        stopped: early stopping has ended the training.
        seconds: time spent so far, all starts together.
        epoch_seconds: time spent so far in the epoch that is under way.
        history: one row per complete epoch.
        lost: training recordings that could not be read -> why.
    """

    epoch: int = 0
    step: int = 0
    best_score: float | None = None
    best_epoch: int = 0
    waited: int = 0
    stopped: bool = False
    seconds: float = 0.0
    epoch_seconds: float = 0.0
    history: list[dict] = dataclasses.field(default_factory=list)
    lost: dict[str, str] = dataclasses.field(default_factory=dict)

    def is_over(self, epochs: int) -> bool:
        """Whether these epochs are done, or early stopping has ended them."""
        return self.epoch >= epochs or self.stopped

    def is_best(self, score: float | None, patience: int) -> bool:
        """Takes up the validation MAP of the epoch that is complete.

        Args:
            score: of this epoch; None where it was not scored.
            patience: scorings without a better one that end the training; 0
                is any number.

        Returns:
            Whether none was better so far.
        """
        if score is None:
            return False
        if self.best_score is None or score > self.best_score:
            self.best_score, self.best_epoch = score, self.epoch
            self.waited = 0
            return True
        self.waited += 1
        self.stopped = 0 < patience <= self.waited
        return False


def save(
    folder: str | os.PathLike[str],
    progress: Progress,
    arrays: dict[str, list[tuple[str, np.ndarray]]],
) -> pathlib.Path:
    """Writes a state and deletes all but the newest two.

    Args:
        folder: of the states of one run.
        progress: where the run stands.
        arrays: group (`model`, `optimizer`, ...) -> its named arrays in order.

    Returns:
        The path of the file.
    """
    folder = pathlib.Path(folder)
    content = {}
    names = {}
    for group, members in arrays.items():
        names[group] = [name for name, _ in members]
        for place, (_, array) in enumerate(members):
            content[f"{group}/{place}"] = np.asarray(array)
    # NaN comes back as it was: a state is read by nobody else.
    text = json.dumps(
        {"progress": dataclasses.asdict(progress), "names": names}
    )
    content[_JSON] = np.frombuffer(text.encode(), np.uint8)
    stream = io.BytesIO()
    # NumPy has a flag among the names of the arrays.
    np.savez(stream, **cast(Any, content))
    packed = stream.getvalue()
    path = folder / f"state-{_next_number(folder):010d}.npz"
    atomic_write.write(path, packed + hashlib.sha256(packed).digest())
    for old in _files(folder)[:-KEPT]:
        old.unlink()
    return path


Named = list[tuple[str, np.ndarray]]


def load(
    folder: str | os.PathLike[str],
) -> tuple[Progress, dict[str, Named]] | None:
    """Reads the newest state that is whole.

    Args:
        folder: of the states of one run.

    Returns:
        A pair `(progress, arrays)` as given to `save`, or None where nothing
        was saved.

    Raises:
        ValueError: there are states, and none is whole.
    """
    files = _files(pathlib.Path(folder))
    for path in reversed(files):
        content = path.read_bytes()
        packed, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
        if hashlib.sha256(packed).digest() != digest:
            _log.warning(
                "%s is cut short or damaged: going back to the one before it.",
                path,
            )
            continue
        try:
            return _unpacked(packed)
        except stored_arrays.DAMAGE as error:
            raise ValueError(
                "A state must be one that a run of tftag wrote. Received: "
                f"{path} ({type(error).__name__}: {str(error):.200})"
            ) from error
    if files:
        raise ValueError(
            "No state of the run is whole; delete its folder to start again. "
            f"Received: {folder} with {', '.join(path.name for path in files)}"
        )
    return None


def _unpacked(packed):
    with stored_arrays.opened(io.BytesIO(packed)) as arrays:
        about = json.loads(arrays[_JSON].tobytes())
        groups = {
            group: [
                (name, arrays[f"{group}/{place}"])
                for place, name in enumerate(names)
            ]
            for group, names in about["names"].items()
        }
    return Progress(**about["progress"]), groups


def named(variables: Iterable[keras.Variable]) -> Named:
    """Copies of Keras variables with their paths."""
    # Copied once more: on a CPU, numpy may look into the variable itself.
    return [(v.path, np.array(v.numpy())) for v in variables]


def restore(
    variables: Iterable[keras.Variable], saved: Named, group: str
) -> None:
    """Assigns saved arrays to Keras variables of the same names and shapes.

    Raises:
        ValueError: another number, name or shape; nothing is assigned then.
    """
    variables = list(variables)
    if len(variables) != len(saved):
        raise ValueError(
            f"The saved state must have the {len(variables)} arrays of the "
            f"{group}. Received: {len(saved)}"
        )
    for variable, (name, array) in zip(variables, saved, strict=True):
        here = (_uncounted(variable.path), tuple(variable.shape))
        if here != (_uncounted(name), array.shape):
            raise ValueError(
                f"The saved state of the {group} must hold {variable.path} "
                f"{tuple(variable.shape)}. Received: {name} {array.shape}"
            )
    for variable, (_, array) in zip(variables, saved, strict=True):
        variable.assign(array)


def _uncounted(path: str) -> str:
    """A path without the counters that Keras gives the names of later models.

    `functional_3/conv/kernel` and `functional/conv/kernel` are one place: the
    counter tells how many models this process built before.
    """
    return re.sub(r"_\d+(?=/|$)", "", path)


def _files(folder: pathlib.Path) -> list[pathlib.Path]:
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if _NAME.fullmatch(p.name))


def _next_number(folder: pathlib.Path) -> int:
    files = _files(folder)
    return int(files[-1].stem.removeprefix("state-")) + 1 if files else 1
