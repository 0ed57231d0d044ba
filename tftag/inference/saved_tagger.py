"""Opens a SavedModel and tags files with it; needs no model code."""

import contextlib
import dataclasses
import functools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tftag import audio
from tftag.inference import (
    long_recordings,
    model_card,
    version_folder,
    waveforms,
)
from tftag.inference.runtimes import c_runtime
from tftag.metrics import calibration

if TYPE_CHECKING:
    from tftag.inference.runtimes import python_runtime

    Runtime = python_runtime.PythonRuntime | c_runtime.CRuntime

# What is longer is not passed to a signature as a whole.
_LONG_SECONDS = 1_200
# The signature that takes its clips.
_CLIPS = "tag_clips"


@dataclasses.dataclass(frozen=True, eq=False)
class TaggedRecording:
    """What a model says of a recording.

    Attributes:
        probabilities: float32 `[tags]`, the mean over the clips.
        calibrated: float32 `[tags]`, to show and to compare with thresholds.
    """

    probabilities: npt.NDArray[np.float32]
    calibrated: npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True, eq=False)
class Timeline:
    """What a model says of each clip of a recording.

    Attributes:
        start_seconds: float32 `[clips]`.
        probabilities: float32 `[clips, tags]`.
        calibrated: float32 `[clips, tags]`, by the calibration of whole
            recordings.
    """

    start_seconds: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float32]
    calibrated: npt.NDArray[np.float32]


class SavedTagger:
    """A tagger that was exported.

    Attributes:
        folder: The folder of the version that was opened, or an ONNX file.
        card: The model card.
        tag_names: The tags, in the order of all probabilities.
        thresholds: float64 `[tags]`, on calibrated probabilities; a tag is
            given at its threshold and above.
        spec: The constants of its audio.
        sample_rate_hz: Rate of the waveforms it takes.
        clips_at_once: How many clips cost as much as one.
    """

    # What must be there.
    _needed: tuple[str, ...] = ("serving_default", "tag_batch", "timeline")

    def __init__(
        self,
        path: str | os.PathLike[str],
        starts_fast: bool = False,
        is_for_few: bool = False,
        opens_later: bool = False,
    ):
        """Opens a SavedModel.

        Args:
            path: A folder such as `saved_models/baseline`, of which the
                newest version is taken, or `saved_models/baseline/1`.
            starts_fast: Whether to run signatures by TensorFlow's C library,
                so that its Python is imported only where `signatures` are
                used, and for recordings above 20 minutes by exports that
                have no signature for clips.
            is_for_few: With `starts_fast`, whether to leave the graph as it
                is: the first answer comes a second or two earlier, and each
                takes a tenth longer.
            opens_later: Whether to read its card alone, and to load the
                network when it is first asked something.

        Raises:
            FileNotFoundError: There is no SavedModel.
            ValueError: It is damaged, or not one that tftag wrote.
        """
        self.folder = version_folder.newest(path)
        self.card = model_card.read(self.folder)
        self._starts_fast = starts_fast
        self._optimises = not (starts_fast and is_for_few)
        with self._damage_named("SavedModel"):
            self._read_card()
        if not opens_later:
            self.load()

    def load(self) -> None:
        """Loads the network, where it was to be loaded later.

        Raises:
            ValueError: It is damaged, or not one that tftag wrote.
        """
        _ = self._runtime

    def tag_file(self, path: str | os.PathLike[str]) -> TaggedRecording:
        """Tags a file of any format that `audio.decode_file` reads.

        Args:
            path: The file.

        Returns:
            What the model says of it.

        Raises:
            audio.UnusableAudio: Nothing can be read, or only silence.
            FileNotFoundError: There is no such file.
        """
        recording = audio.decode_file(path, self.sample_rate_hz)
        return self.tag_samples(recording.samples)

    def tag_samples(self, samples: npt.ArrayLike) -> TaggedRecording:
        """Tags a waveform.

        Args:
            samples: Numbers in any scale `[samples]`, at `sample_rate_hz`.

        Returns:
            What the model says of it.

        Raises:
            ValueError: No samples, NaN, infinity, another shape, or nothing
                but zeros.
        """
        if (outputs := self._by_clip(samples)) is not None:
            return self.recording_of(outputs["probabilities"])
        waveform = waveforms.plain_waveform(samples)
        return _recordings(
            self._run("serving_default", waveform=waveform[np.newaxis])
        )[0]

    def tag_batch(
        self, batch: Sequence[npt.ArrayLike]
    ) -> list[TaggedRecording]:
        """Tags several waveforms at once.

        Args:
            batch: Waveforms as `tag_samples` takes them, of any lengths. The
                memory of all is the number times the longest.

        Returns:
            What `tag_samples` returns for each.
        """
        if len(batch) == 1:
            return [self.tag_samples(batch[0])]
        if not len(batch):  # an array of them has no truth
            return []
        return _recordings(
            self._run("tag_batch", **waveforms.padded_rows(batch))
        )

    def tag_each(
        self, recordings: Iterable[waveforms.Waveform]
    ) -> Iterator[TaggedRecording]:
        """Tags many waveforms, with no more in memory than fill the network.

        Short ones wait for each other, so that `clips_at_once` of them cost
        as much as one by `tag_samples`.

        Args:
            recordings: Waveforms as `tag_samples` takes them; read as needed.

        Yields:
            What `tag_samples` returns for each, in their order.
        """
        for batch in self._batches(recordings):
            yield from self.tag_batch(batch)

    def timeline_file(self, path: str | os.PathLike[str]) -> Timeline:
        """Tags each clip of a file.

        Args:
            path: The file.

        Returns:
            What the model says of each clip, in the order of time.

        Raises:
            audio.UnusableAudio: Nothing can be read, or only silence.
            FileNotFoundError: There is no such file.
        """
        recording = audio.decode_file(path, self.sample_rate_hz)
        return self.timeline_samples(recording.samples)

    def timeline_samples(self, samples: npt.ArrayLike) -> Timeline:
        """Tags each clip of a waveform.

        Args:
            samples: As `tag_samples` takes them.

        Returns:
            What the model says of each clip, in the order of time.

        Raises:
            ValueError: As `tag_samples`.
        """
        if (tagged := self._by_clip(samples)) is not None:
            starts = audio.clip_starts(np.size(samples), self.spec)
            return Timeline(
                (starts / self.sample_rate_hz).astype(np.float32),
                tagged["probabilities"],
                self.calibrated(tagged["probabilities"]),
            )
        answer = self._run(
            "timeline", waveform=waveforms.plain_waveform(samples)[np.newaxis]
        )
        return Timeline(
            answer["start_seconds"][0],
            answer["probabilities"][0],
            answer["calibrated"][0],
        )

    @property
    def signatures(self) -> Mapping[str, Any]:
        """All signatures by name, as TensorFlow has them."""
        found: Mapping[str, Any] = self._python.saved_model.signatures
        return found

    @property
    def run_clips(
        self,
    ) -> Callable[[long_recordings.Clips], long_recordings.Clips] | None:
        """What takes single clips through the network.

        `{"waveform" [clips_at_once, samples], "peak" [clips_at_once]}`,
        float32, to `[clips_at_once, width]` by name; `peak` is the loudest
        sample of the whole recording. None in exports of before there was one.
        """
        if _CLIPS in self._runtime.names:
            return lambda clips: self._run(_CLIPS, **clips)
        return self._python.run_clips

    @functools.cached_property
    def _runtime(self) -> "Runtime":
        """The network, with what must be in it."""
        with self._damage_named("SavedModel"):
            runtime: Runtime = (
                c_runtime.CRuntime(self.folder, optimises=self._optimises)
                if self._starts_fast
                else self._python
            )
            lacking = set(self._needed) - runtime.names
            if lacking:
                raise ValueError(f"no signature {', '.join(sorted(lacking))}")
            self._check_outputs(
                runtime.width("serving_default", "probabilities")
            )
        return runtime

    def _read_card(self) -> None:
        self.tag_names = tuple(map(str, self.card["tags"]))
        self.thresholds = np.array(
            self.card["calibration"]["thresholds"], np.float64
        )
        self.spec = audio.AudioSpec(**self.card["audio"])
        self.sample_rate_hz = self.spec.sample_rate_hz
        self.clips_at_once = int(self.card["clips_at_once"])

    def _check_outputs(self, given: object) -> None:
        if not given == len(self.tag_names) == len(self.thresholds):
            raise ValueError(
                f"{given} outputs, {len(self.tag_names)} tags and "
                f"{len(self.thresholds)} thresholds"
            )

    @contextlib.contextmanager
    def _damage_named(self, kind: str) -> Iterator[None]:
        try:
            yield
        # Loaders of models raise nearly everything over damaged files.
        except Exception as error:
            reason = str(error).strip().splitlines() or [""]
            raise ValueError(
                f"The {kind} is damaged, or not one that tftag wrote; "
                f"export it again. Received: {self.folder} "
                f"({type(error).__name__}: {reason[0]:.200})."
            ) from error

    @functools.cached_property
    def _clip_runtime(self) -> "Runtime":
        # For hours it pays to optimise the graph, however few they are.
        if self._optimises:
            return self._runtime
        return c_runtime.CRuntime(self.folder, optimises=True)

    @functools.cached_property
    def _python(self) -> "python_runtime.PythonRuntime":
        # Imported here: it takes seconds.
        from tftag.inference.runtimes import python_runtime

        return python_runtime.PythonRuntime(self.folder)

    def recording_of(self, clips: npt.NDArray[np.float32]) -> TaggedRecording:
        """What is said of a recording by what is said of its clips.

        Args:
            clips: Probabilities that `run_clips` gives, float32
                `[clips, tags]`.
        """
        mean = clips.mean(axis=0, dtype=np.float64).astype(np.float32)
        return TaggedRecording(mean, self.calibrated(mean[np.newaxis])[0])

    def calibrated(
        self, probabilities: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        """Calibrates probabilities, float32 `[batch, tags]`."""
        fitted = calibration.Calibration.from_dict(self.card["calibration"])
        return fitted.apply(probabilities).astype(np.float32)

    def _batches(
        self, recordings: Iterable[waveforms.Waveform]
    ) -> Iterator[list[waveforms.Waveform]]:
        """Yields lists of waveforms that together fill the network."""
        waiting: list[waveforms.Waveform] = []
        clips_waiting = 0
        for samples in recordings:
            clips = len(audio.clip_starts(len(samples), self.spec))
            if waiting and clips_waiting + clips > self.clips_at_once:
                yield waiting
                waiting, clips_waiting = [], 0
            waiting.append(samples)
            clips_waiting += clips
        if waiting:
            yield waiting

    def _by_clip(self, samples: npt.ArrayLike) -> long_recordings.Clips | None:
        """What the network says of each clip of a long recording.

        Returns:
            float32 `[clips, width]` by name; None for what is short or
            silent, which a signature answers, and where the SavedModel is of
            before there was `run_clips`.
        """
        longest = max(
            _LONG_SECONDS * self.sample_rate_hz, self.spec.clip_samples
        )
        if np.size(samples) <= longest or (network := self.run_clips) is None:
            return None
        waveform = waveforms.plain_waveform(samples)
        if waveforms.is_silent(waveform):
            return None
        (clips,) = long_recordings.run_clips(
            network, [waveform], self.spec, self.clips_at_once
        )
        return clips

    def _run(
        self, signature: str, **inputs: npt.ArrayLike
    ) -> dict[str, npt.NDArray[np.float32]]:
        """Returns the numbers that a signature answers with, as arrays.

        Raises:
            ValueError: A row is no recording.
        """
        is_of_clips = signature == _CLIPS
        runtime = self._clip_runtime if is_of_clips else self._runtime
        answer = runtime.run(signature, inputs)
        # Exports of before there was a status fail by themselves.
        if "status" in answer:
            waveforms.check_rows(answer["status"])
        return {
            name: value
            for name, value in answer.items()
            if value.dtype != np.object_
        }


def _recordings(
    answer: dict[str, npt.NDArray[np.float32]],
) -> list[TaggedRecording]:
    numbers = answer["probabilities"], answer["calibrated"]
    return [TaggedRecording(*rows) for rows in zip(*numbers, strict=True)]
