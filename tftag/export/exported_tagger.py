"""What is inside the SavedModel: waveforms of any length to tags."""

import functools

import keras
import tensorflow as tf

from tftag import audio, calibration
from tftag.export import clip_network, wav_in_graph

_TOP_TAGS = 10
WAVEFORM = tf.TensorSpec([None, None], tf.float32, "waveform")
LENGTHS = tf.TensorSpec([None], tf.int64, "length_samples")
_WAV = tf.TensorSpec([None], tf.string, "wav")


class ExportedTagger(tf.Module):
    """A tagger with signatures that take whole recordings."""

    def __init__(
        self,
        model: keras.Model,
        audio_spec: audio.AudioSpec,
        tag_names: tuple[str, ...],
        calibrated: calibration.Calibration,
        assets: list[str],
        clips_at_once: int,
    ):
        """Makes the signatures; each is traced when the module is saved.

        Args:
            model: `{"waveform" [batch, samples], "peak" [batch]}` to logits
                `[batch, tags]`.
            audio_spec: What the model was trained on.
            tag_names: The tags, in the order of the model's outputs.
            calibrated: The calibration of the model's probabilities.
            assets: Files to keep in the SavedModel.
            clips_at_once: How many clips the network sees at a time.
        """
        super().__init__(name="tftag")
        # The model itself would bring graphs of its own along.
        self._network = functools.partial(model, training=False)
        self._weights = [weight.value for weight in model.weights]
        self._assets = [tf.saved_model.Asset(path) for path in assets]
        self._spec = audio_spec
        self._clips_at_once = clips_at_once
        self._names = tag_names
        self._calibration = calibrated
        # One function that all call: the network is in the graph once.
        self._clips = traced(self._read_clips, WAVEFORM, LENGTHS)

    def signature_functions(self) -> dict:
        """Returns names and functions, as `tf.saved_model.save` takes them."""
        return {
            "serving_default": traced(self._tag, WAVEFORM),
            "tag_batch": traced(self._tag_batch, WAVEFORM, LENGTHS),
            "tag_wav": traced(self._tag_wav, _WAV),
            "top_tags": traced(self._top_tags, WAVEFORM),
            "timeline": traced(self._timeline, WAVEFORM),
            "tag_names": traced(self._tag_names),
        }

    def _tag(self, waveform):
        return self._tag_batch(waveform, full_lengths(waveform))

    def _tag_wav(self, wav):
        return self._tag_batch(
            *wav_in_graph.decode_wavs(wav, self._spec.sample_rate_hz)
        )

    def _tag_batch(self, waveform, length_samples):
        return self._with_calibrated(
            self._row_means("probabilities", waveform, length_samples)
        )

    def _top_tags(self, waveform):
        top = tf.math.top_k(
            self._tag(waveform)["calibrated"],
            k=min(_TOP_TAGS, len(self._names)),
        )
        return {
            "tags": tf.gather(tf.constant(self._names), top.indices),
            "probabilities": top.values,
        }

    def _timeline(self, waveform):
        clips, _, starts = self._clips(waveform, full_lengths(waveform))
        batch = tf.shape(waveform)[0]
        clips_per_row = tf.size(starts) // tf.maximum(batch, 1)
        clips = tf.reshape(
            clips["probabilities"], [batch, clips_per_row, len(self._names)]
        )
        seconds = tf.cast(starts, tf.float64) / self._spec.sample_rate_hz
        return {
            **self._with_calibrated(clips),
            "start_seconds": tf.reshape(
                tf.cast(seconds, tf.float32), [batch, clips_per_row]
            ),
        }

    def _tag_names(self):
        return {"tags": tf.constant(self._names)}

    def _row_means(self, name, waveform, length_samples):
        """Returns the mean of one of the network's answers, by row.

        Args:
            name: One of `_widths`.
            waveform: float32 `[batch, samples]`.
            length_samples: int64 `[batch]`; what lies behind is not read.

        Returns:
            float32 `[batch, width]`.
        """
        clips, rows, _ = self._clips(waveform, length_samples)
        mean = tf.math.unsorted_segment_mean(
            tf.cast(clips[name], tf.float64), rows, tf.shape(waveform)[0]
        )
        return tf.cast(mean, tf.float32)

    def _with_calibrated(self, probabilities):
        """Adds sigmoid(slope * logit(p) + offset) of every tag."""
        exact = tf.clip_by_value(
            tf.cast(probabilities, tf.float64),
            calibration.NEAREST,
            1.0 - calibration.NEAREST,
        )
        logits = tf.math.log(exact) - tf.math.log1p(-exact)
        calibrated = tf.sigmoid(
            self._calibration.slope * logits + self._calibration.offsets
        )
        return {
            "probabilities": probabilities,
            "calibrated": tf.cast(calibrated, tf.float32),
        }

    def _hear(self, clips):
        """Takes a few clips through the network.

        Args:
            clips: `{"waveform" [clips, samples], "peak" [clips]}`.

        Returns:
            float32 `[clips, width]` by the names of `_widths`.
        """
        logits = self._network(clips)
        return {"probabilities": tf.sigmoid(tf.cast(logits, tf.float32))}

    def _widths(self):
        return {"probabilities": len(self._names)}

    def _read_clips(self, waveform, length_samples):
        return clip_network.hear(
            self._hear,
            self._widths(),
            waveform,
            length_samples,
            self._spec,
            self._clips_at_once,
        )


def traced(function, *input_signature):
    """Wraps a method as a graph with these inputs."""
    return tf.function(
        function, input_signature=input_signature, autograph=False
    )


def full_lengths(waveform):
    """Returns the width of the batch for every row."""
    batch, samples = tf.unstack(tf.shape(waveform, tf.int64))
    return tf.fill([batch], samples)
