"""The models of the service and their versions: opened, replaced, drained.

Of each model the newest version is served, and those that have a label. A new
one takes over when it is open; the one before it ends when nobody uses it any
more. What cannot be opened leaves everything as it was, and is tried again
when its files have changed.
"""

import contextlib
import dataclasses
import logging
import pathlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

from tftag.inference import version_folder
from tftag.server.admission import refusals
from tftag.server.models import served_version

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Source:
    """Where a model comes from.

    Attributes:
        name: What it is asked for by.
        folder: Of its numbered versions, or of a single version.
        labels: Versions by label.
    """

    name: str
    folder: pathlib.Path
    labels: Mapping[str, int] = dataclasses.field(default_factory=dict)

    def versions(self) -> dict[int, pathlib.Path]:
        """The versions that are there, by number."""
        if (self.folder / "saved_model.pb").exists():
            name = self.folder.name
            return {int(name) if name.isdecimal() else 1: self.folder}
        try:
            return version_folder.versions(self.folder)
        except OSError:  # a disk that is away for now
            return {}


@dataclasses.dataclass
class State:
    """How a version is.

    Attributes:
        name: "LOADING", "AVAILABLE", "UNLOADING" or "END".
        code: Of TensorFlow: why it ended.
        message: Likewise.
    """

    name: str
    code: str = "OK"
    message: str = ""


class ServedModel:
    """A model with its versions; any thread may ask."""

    def __init__(
        self, source: Source, observe: Callable[[str, int], None]
    ) -> None:
        """Opens nothing yet.

        Args:
            source: Where it comes from.
            observe: Gets the name and the number of requests in every batch.
        """
        self.source = source
        self._states: dict[int, State] = {}
        self._observe = observe
        self._open: dict[int, served_version.ServedVersion] = {}
        self._failed: dict[int, float] = {}
        self._lock = threading.Lock()

    @property
    def states(self) -> dict[int, State]:
        """How each version is; as it was, where that changes meanwhile."""
        return dict(self._states)

    def refresh(self, is_first: bool = False) -> None:
        """Opens what is new and takes down what is not wanted any more.

        Args:
            is_first: Whether what cannot be opened ends all.

        Raises:
            FileNotFoundError: There is none at all, at first.
            ValueError: It cannot be opened, at first.
        """
        found = self.source.versions()
        labelled = set(self.source.labels.values())
        wanted = {max(found)} | (labelled & found.keys()) if found else set()
        if is_first and (lacking := (labelled - found.keys()) or not found):
            raise FileNotFoundError(
                "A model must be the folder of an export, with the versions "
                f"that have a label. Received: {self.source.folder}, without "
                f"{lacking if found else 'any version'}."
            )
        for number in sorted(wanted - self._open.keys()):
            self._try(number, found[number], is_first)
        # Without the new one, the one before it stays.
        if wanted and wanted <= self._open.keys():
            for number in sorted(self._open.keys() - wanted):
                self._take_down(number)

    def close(self) -> None:
        """Takes all versions down, when nobody uses them any more."""
        for number in list(self._open):
            self._take_down(number)

    @contextlib.contextmanager
    def using(
        self, number: int | None = None, label: str | None = None
    ) -> Iterator[served_version.ServedVersion]:
        """A version that answers, and stays up for as long.

        Args:
            number: None for the newest.
            label: Instead of a number.

        Raises:
            refusals.Refused: There is none.
        """
        number = self.number(label) if label is not None else number
        with self._lock:
            if number is None and self._open:
                number = max(self._open)
            if number not in self._open:
                raise not_found(self.source.name, number)
            version = self._open[number]
            version.begin_use()
        try:
            yield version
        finally:
            version.end_use()

    def number(self, label: str) -> int:
        """The version that has a label.

        Raises:
            refusals.Refused: None has it.
        """
        if label not in self.source.labels:
            refusals.refuse(
                f"Unrecognized servable version label: {label:.100}"
            )
        return self.source.labels[label]

    def _try(self, number: int, folder: pathlib.Path, is_first: bool) -> None:
        stamp = _newest_change(folder)
        if self._failed.get(number) == stamp:
            return
        self._states[number] = State("LOADING")
        try:
            version = served_version.ServedVersion(
                self.source.name,
                number,
                folder,
                lambda count: self._observe(self.source.name, count),
            )
        except Exception as error:  # of TensorFlow too: the others go on
            if is_first and isinstance(error, OSError | ValueError):
                raise
            if is_first:
                raise ValueError(
                    f"The model cannot be run. Received: {folder} "
                    f"({type(error).__name__}: {str(error):.200})."
                ) from error
            self._failed[number] = stamp
            self._states[number] = State("END", "INVALID_ARGUMENT", str(error))
            _log.warning(
                "version %d of model %s cannot be opened: %s",
                *(number, self.source.name, str(error)),
            )
            return
        with self._lock:
            self._open[number] = version
        self._states[number] = State("AVAILABLE")
        _log.info("serving version %d of model %s", number, self.source.name)

    def _take_down(self, number: int) -> None:
        with self._lock:
            version = self._open.pop(number)
        self._states[number] = State("UNLOADING")
        version.drain()
        self._states[number] = State("END")
        _log.info("ended version %d of model %s", number, self.source.name)


class ServedModels:
    """All models by name, looked after by a thread.

    Args:
        sources: Where they come from; the first is the default one.
        poll_seconds: Between two looks for new versions.
        observe: Gets the name and the number of requests in every batch.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        poll_seconds: float,
        observe: Callable[[str, int], None],
    ) -> None:
        """Opens all.

        Raises:
            FileNotFoundError: There is no such model.
            ValueError: One cannot be opened, or two have the same name.
        """
        self.by_name: dict[str, ServedModel] = {}
        for source in sources:
            if source.name in self.by_name:
                raise ValueError(
                    "Models must have names of their own: write NAME=FOLDER. "
                    f"Received: {source.name!r} twice."
                )
            self.by_name[source.name] = ServedModel(source, observe)
        self._poll_seconds = poll_seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)
        for model in self.by_name.values():
            model.refresh(is_first=True)
        self._thread.start()

    @property
    def default_name(self) -> str:
        """The name of the first model."""
        return next(iter(self.by_name))

    def model(self, name: str) -> ServedModel:
        """Returns a model.

        Raises:
            refusals.Refused: There is none of that name.
        """
        if name not in self.by_name:
            raise not_found(name, None)
        return self.by_name[name]

    def close(self) -> None:
        """Takes all down, when nobody uses them any more."""
        self._ended.set()
        self._thread.join()
        for model in self.by_name.values():
            model.close()

    def _poll(self) -> None:
        while not self._ended.wait(self._poll_seconds):
            for model in self.by_name.values():
                try:
                    model.refresh()
                except Exception:  # the next look may go well
                    _log.exception("looking for versions failed")


def not_found(name: str, number: int | None) -> refusals.Refused:
    """The error for a model or version that is not served."""
    asked = f"Latest({name:.100})"
    if number is not None:
        asked = f"Specific({name:.100}, {number})"
    return refusals.Refused(
        refusals.NOT_FOUND, f"Servable not found for request: {asked}"
    )


def _newest_change(folder: pathlib.Path) -> float:
    return max(
        (path.stat().st_mtime for path in [folder, *folder.rglob("*")]),
        default=0.0,
    )
