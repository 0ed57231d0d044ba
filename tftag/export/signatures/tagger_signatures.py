"""What is inside the SavedModel: waveforms of any length to tags."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import keras
import tensorflow as tf

from tftag import audio
from tftag.export.signatures import (
    clip_network,
    frozen_network,
    wav_in_graph,
)
from tftag.metrics import calibration

_TOP_TAGS = 10
WAVEFORM = tf.TensorSpec([None, None], tf.float32, "waveform")
LENGTHS = tf.TensorSpec([None], tf.int64, "length_samples")
WAV = tf.TensorSpec([None], tf.string, "wav")
# Any number; as many of them as rows are wanted.
_ROW = tf.TensorSpec([None], tf.int64, "row")


_Answer = dict[str, tf.Tensor]
_Traced = TypeVar("_Traced")


class Rows(NamedTuple):
    """Recordings in the rows of a batch.

    Attributes:
        waveform: float32 `[batch, samples]`.
        length_samples: int64 `[batch]`; what lies behind is not read.
        problems: Strings `[batch]`: why a row is no recording, or empty; None
            where nothing is known of any.
    """

    waveform: tf.Tensor
    length_samples: tf.Tensor
    problems: tf.Tensor | None = None


class ExportedTagger(tf.Module):
    """A tagger with signatures that take whole recordings."""

    def __init__(
        self,
        model: keras.Model,
        audio_spec: audio.AudioSpec,
        tag_names: tuple[str, ...],
        calibrated: calibration.Calibration,
        clips_at_once: int,
    ):
        """Makes the signatures; each is traced when the module is saved.

        Args:
            model: `{"waveform" [batch, samples], "peak" [batch]}` to logits
                `[batch, tags]`.
            audio_spec: What the model was trained on.
            tag_names: The tags, in the order of the model's outputs.
            calibrated: The calibration of the model's probabilities.
            clips_at_once: How many clips the network sees at a time.
        """
        super().__init__(name="tftag")
        # The model itself would bring graphs of its own along.
        self._network = frozen_network.frozen(model)
        self._spec = audio_spec
        self._clips_at_once = clips_at_once
        self._names = tag_names
        self._calibration = calibrated
        # Functions that all call: each is in the graph once.
        self._clips = traced(
            lambda waveform, length_samples: clip_network.run_clips(
                self.run_clips,
                self._widths(),
                *(waveform, length_samples, audio_spec, clips_at_once),
            ),
            *(WAVEFORM, LENGTHS),
        )
        self._decode = traced(
            lambda wav: wav_in_graph.decode_wavs(
                wav, audio_spec.sample_rate_hz
            ),
            WAV,
        )
        # These two are no signatures: earlier versions of tftag call them.
        self.run_clips: Any = traced(
            self._run_clips,
            {
                "waveform": tf.TensorSpec(
                    [clips_at_once, audio_spec.clip_samples], tf.float32
                ),
                "peak": tf.TensorSpec([clips_at_once], tf.float32),
            },
        )
        self.calibrated = traced(
            self._calibrated, tf.TensorSpec([None, len(tag_names)], tf.float32)
        )

    def keep_files(self, paths: list[str]) -> None:
        """Takes files into the SavedModel, which has what is an attribute."""
        self._assets = [tf.saved_model.Asset(path) for path in paths]

    def signature_functions(self) -> dict[str, Callable[..., _Answer]]:
        """Returns names and functions, as `tf.saved_model.save` takes them.

        Dimension 0 of every input and output is the batch, which a server
        cuts and joins. Every answer about audio has a "status" per row: empty,
        or why the row is no recording; its numbers are 0 then, and the other
        rows are answered.
        """
        # Those of a TF-Hub module, whose graph reads them by itself, stay
        # variables, and a SavedModel has those alone that are an attribute.
        self._variables = self.run_clips.get_concrete_function().variables
        return {
            "serving_default": of_waveforms(self._tag),
            "tag_batch": traced(
                lambda waveform, length_samples: self._tag(
                    Rows(waveform, length_samples)
                ),
                *(WAVEFORM, LENGTHS),
            ),
            "tag_wav": self.of_wavs(self._tag),
            "top_tags": of_waveforms(self._top_tags),
            "top_tags_wav": self.of_wavs(self._top_tags),
            "timeline": of_waveforms(self._timeline),
            "timeline_wav": self.of_wavs(self._timeline),
            "tag_clips": traced(
                self._tag_clips,
                tf.TensorSpec(
                    [None, self._spec.clip_samples], tf.float32, "waveform"
                ),
                tf.TensorSpec([None], tf.float32, "peak"),
            ),
            "tag_names": traced(
                lambda row: {"tags": self._names_of_rows(row)}, _ROW
            ),
        }

    def decoded(self, wav: tf.Tensor) -> Rows:
        """Decodes WAV files, strings `[batch]`."""
        return Rows(*self._decode(wav))

    def of_wavs(
        self, answer: Callable[[Rows], _Answer]
    ) -> Callable[[tf.Tensor], _Answer]:
        """The signature that answers about WAV files, strings `[batch]`."""
        return traced(lambda wav: answer(self.decoded(wav)), WAV)

    def row_means(self, name: str, rows: Rows) -> tuple[tf.Tensor, tf.Tensor]:
        """Averages one of the network's answers over the clips of each row.

        Args:
            name: One of `_widths`.
            rows: The recordings.

        Returns:
            float32 `[batch, width]`, 0 for a row that is no recording, and
            the status `[batch]`.
        """
        clips, row, _, status = self._read(rows)
        mean = tf.math.unsorted_segment_mean(
            tf.cast(clips[name], tf.float64), row, tf.size(status)
        )
        return tf.cast(mean, tf.float32), status

    def _tag(self, rows: Rows) -> _Answer:
        mean, status = self.row_means("probabilities", rows)
        is_usable = tf.equal(status, "")[:, tf.newaxis]
        return {
            "probabilities": mean,
            "calibrated": tf.where(is_usable, self._calibrated(mean), 0.0),
            "tags": self._names_of_rows(status),
            "status": status,
        }

    def _top_tags(self, rows: Rows) -> _Answer:
        tagged = self._tag(rows)
        top = tf.math.top_k(
            tagged["calibrated"], k=min(_TOP_TAGS, len(self._names))
        )
        is_usable = tf.equal(tagged["status"], "")[:, tf.newaxis]
        tags = tf.gather(tf.constant(self._names), top.indices)
        return {
            "tags": tf.where(is_usable, tags, ""),
            "probabilities": top.values,
            "status": tagged["status"],
        }

    def _timeline(self, rows: Rows) -> _Answer:
        """Tags each clip; shorter rows end in clips that start at -1."""
        clips, row, starts, status = self._read(rows)
        seconds = tf.cast(starts, tf.float64) / self._spec.sample_rate_hz

        def by_row(values: tf.Tensor, filler: float) -> tf.Tensor:
            return tf.RaggedTensor.from_value_rowids(
                values, row, tf.size(status, tf.int64), validate=False
            ).to_tensor(filler)

        probabilities = clips["probabilities"]
        return {
            "probabilities": by_row(probabilities, 0.0),
            "calibrated": by_row(self._calibrated(probabilities), 0.0),
            "start_seconds": by_row(tf.cast(seconds, tf.float32), -1.0),
            "tags": self._names_of_rows(status),
            "status": status,
        }

    def _tag_clips(self, waveform: tf.Tensor, peak: tf.Tensor) -> _Answer:
        """Tags clips of recordings that are too long to be passed whole."""
        clips, status = clip_network.run_given_clips(
            self.run_clips,
            self._widths(),
            *(waveform, peak, self._clips_at_once),
        )
        clips["calibrated"] = self._calibrated(clips["probabilities"])
        is_usable = tf.equal(status, "")[:, tf.newaxis]
        return {
            **{n: tf.where(is_usable, one, 0.0) for n, one in clips.items()},
            "tags": self._names_of_rows(status),
            "status": status,
        }

    def _names_of_rows(self, rows: tf.Tensor) -> tf.Tensor:
        """Returns the names once per row, strings `[batch, tags]`."""
        return tf.tile([self._names], [tf.size(rows), 1])

    def _read(
        self, rows: Rows
    ) -> tuple[_Answer, tf.Tensor, tf.Tensor, tf.Tensor]:
        """Returns what the network says of all clips, and a status per row."""
        clips, row, starts, status = self._clips(
            rows.waveform, rows.length_samples
        )
        if rows.problems is not None:
            status = tf.where(
                tf.equal(rows.problems, ""), status, rows.problems
            )
        return clips, row, starts, status

    def _calibrated(self, probabilities: tf.Tensor) -> tf.Tensor:
        """Returns sigmoid(slope * logit(p) + offset) of every tag."""
        exact = tf.clip_by_value(
            tf.cast(probabilities, tf.float64),
            calibration.NEAREST,
            1.0 - calibration.NEAREST,
        )
        logits = tf.math.log(exact) - tf.math.log1p(-exact)
        calibrated = tf.sigmoid(
            self._calibration.slope * logits + self._calibration.offsets
        )
        return tf.cast(calibrated, tf.float32)

    def _run_clips(self, clips: _Answer) -> _Answer:
        """Takes a few clips through the network.

        Args:
            clips: `{"waveform" [clips, samples], "peak" [clips]}`.

        Returns:
            float32 `[clips, width]` by the names of `_widths`.
        """
        logits = self._network(clips)
        return {"probabilities": tf.sigmoid(tf.cast(logits, tf.float32))}

    def _widths(self) -> dict[str, int]:
        return {"probabilities": len(self._names)}


def traced(
    function: Callable[..., _Traced],
    *input_signature: tf.TensorSpec | dict[str, tf.TensorSpec],
) -> Callable[..., _Traced]:
    """Wraps a method as a graph with these inputs."""
    return tf.function(
        function, input_signature=input_signature, autograph=False
    )


def of_waveforms(
    answer: Callable[[Rows], _Answer],
) -> Callable[[tf.Tensor], _Answer]:
    """The signature that answers about waveforms, each row a recording."""
    return traced(lambda waveform: answer(whole(waveform)), WAVEFORM)


def whole(waveform: tf.Tensor) -> Rows:
    """Takes the batch `[batch, samples]` as recordings of its full width."""
    batch, samples = tf.unstack(tf.shape(waveform, tf.int64))
    return Rows(waveform, tf.fill([batch], samples))
