"""A tagger in one ONNX file, run by ONNX Runtime: without TensorFlow."""

import os
import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.inference import (
    long_recordings,
    onnx_content,
    saved_tagger,
    waveforms,
)

INSTALL = "ONNX is an extra: install tftag[onnx]."
# Of sound that goes through the network at a time, at most: more takes more
# memory, and saves no time.
_SECONDS_AT_ONCE = 30
# As signatures say it.
_SILENT = b"All samples are zero."
_ERRORS = 3  # the least severity that is logged
# What `--threads` sets, for TensorFlow too.
_THREADS = "TF_NUM_INTRAOP_THREADS"


class OnnxTagger(saved_tagger.SavedTagger):
    """A tagger that `tftag onnx` wrote.

    Attributes:
        folder: The file.
    """

    def __init__(self, path: str | os.PathLike[str]):
        """Opens a file.

        Args:
            path: The file.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: It is damaged, not one that tftag wrote, names other
                files, or ONNX Runtime is not installed.
        """
        self.folder = pathlib.Path(path)
        content, self.card = onnx_content.read(path)
        try:
            import onnxruntime
        except ImportError as error:
            raise ValueError(INSTALL) from error
        with self._damage_named("ONNX file"):
            self._read_card()
            seconds = self.spec.clip_samples / self.sample_rate_hz
            self.clips_at_once = max(
                1, min(self.clips_at_once, round(_SECONDS_AT_ONCE / seconds))
            )
            options = onnxruntime.SessionOptions()
            options.log_severity_level = _ERRORS
            options.intra_op_num_threads = int(os.environ.get(_THREADS, 0))
            self._session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
            _check_inputs(self._session, self.spec.clip_samples)
            (output,) = self._session.get_outputs()
            self._check_outputs(output.shape[-1])

    def tag_batch(
        self, batch: Sequence[npt.ArrayLike]
    ) -> list[saved_tagger.TaggedRecording]:
        """Tags several waveforms; none is padded to the length of others."""
        _check(map(waveforms.plain_waveform, batch))
        return [self.tag_samples(samples) for samples in batch]

    def load(self) -> None:
        """Nothing is left to be loaded."""

    @property
    def signatures(self) -> Mapping[str, Any]:
        """None: these are TensorFlow's."""
        return {}

    @property
    def run_clips(
        self,
    ) -> Callable[[long_recordings.Clips], long_recordings.Clips]:
        """What takes single clips through the network, as many as there are.

        A few at a time: many no longer fit into the processor's cache.
        """

        def run(clips: long_recordings.Clips) -> long_recordings.Clips:
            count, few = len(clips["peak"]), self.clips_at_once
            parts = [
                self._session.run(
                    ["probabilities"],
                    {k: v[first : first + few] for k, v in clips.items()},
                )[0]
                for first in range(0, max(count, 1), few)
            ]
            return {"probabilities": np.concatenate(parts)}

        return run

    def _by_clip(self, samples: npt.ArrayLike) -> long_recordings.Clips:
        """What the network says of each clip, of short recordings too."""
        waveform = waveforms.plain_waveform(samples)
        _check([waveform])
        (clips,) = long_recordings.run_clips(
            self.run_clips,
            [waveform],
            self.spec,
            self.clips_at_once,
            fills=False,
        )
        return clips


def _check(rows: Iterable[waveforms.Waveform]) -> None:
    waveforms.check_rows(
        _SILENT if waveforms.is_silent(row) else b"" for row in rows
    )


def _check_inputs(session: Any, clip_samples: int) -> None:
    """Refuses another network before its first clip."""
    found = {one.name: one.shape[1:] for one in session.get_inputs()}
    if found != {"waveform": [clip_samples], "peak": []}:
        raise ValueError(f"inputs {found} for clips of {clip_samples}")
