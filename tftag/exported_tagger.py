"""What is inside the SavedModel: waveforms of any length to tags."""

import functools

import keras
import tensorflow as tf

from tftag import audio, calibration, clips_in_graph, wav_in_graph

_TOP_TAGS = 10
_WAVEFORM = tf.TensorSpec([None, None], tf.float32, "waveform")
_LENGTHS = tf.TensorSpec([None], tf.int64, "length_samples")
_WAV = tf.TensorSpec([None], tf.string, "wav")


class ExportedTagger(tf.Module):
    """A tagger with signatures that take whole recordings.

    The clips of all rows go through the network `clips_at_once` at a time,
    and the last few are filled up to that number. So what the network needs
    does not grow with length or batch, and it sees one shape only: a
    recording gets the same answer alone and in every batch.
    """

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
        self._clip_probabilities = _traced(
            self._read_clips, _WAVEFORM, _LENGTHS
        )

    def signature_functions(self) -> dict:
        """Returns names and functions, as `tf.saved_model.save` takes them."""
        return {
            "serving_default": _traced(self._tag, _WAVEFORM),
            "tag_batch": _traced(self._tag_batch, _WAVEFORM, _LENGTHS),
            "tag_wav": _traced(self._tag_wav, _WAV),
            "top_tags": _traced(self._top_tags, _WAVEFORM),
            "timeline": _traced(self._timeline, _WAVEFORM),
            "tag_names": _traced(self._tag_names),
        }

    def _tag(self, waveform):
        return self._tag_batch(waveform, _full_lengths(waveform))

    def _tag_wav(self, wav):
        return self._tag_batch(
            *wav_in_graph.decode_wavs(wav, self._spec.sample_rate_hz)
        )

    def _tag_batch(self, waveform, length_samples):
        clips, rows, _ = self._clip_probabilities(waveform, length_samples)
        mean = tf.math.unsorted_segment_mean(
            tf.cast(clips, tf.float64), rows, tf.shape(waveform)[0]
        )
        return self._with_calibrated(tf.cast(mean, tf.float32))

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
        clips, _, starts = self._clip_probabilities(
            waveform, _full_lengths(waveform)
        )
        batch = tf.shape(waveform)[0]
        clips_per_row = tf.size(starts) // tf.maximum(batch, 1)
        clips = tf.reshape(clips, [batch, clips_per_row, len(self._names)])
        seconds = tf.cast(starts, tf.float64) / self._spec.sample_rate_hz
        return {
            **self._with_calibrated(clips),
            "start_seconds": tf.reshape(
                tf.cast(seconds, tf.float32), [batch, clips_per_row]
            ),
        }

    def _tag_names(self):
        return {"tags": tf.constant(self._names)}

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

    def _read_clips(self, waveform, length_samples):
        """Returns probabilities, row and start of the clips of all rows.

        Args:
            waveform: float32 `[batch, samples]`.
            length_samples: int64 `[batch]`; what lies behind is not read.

        Returns:
            float32 `[clips, tags]`, int64 `[clips]`, int64 `[clips]`.
        """
        samples = tf.shape(waveform, tf.int64)[1]
        with tf.control_dependencies(
            clips_in_graph.checks(waveform, length_samples)
        ):
            peak = clips_in_graph.row_peaks(waveform, length_samples)
            rows, starts = clips_in_graph.clip_list(length_samples, self._spec)
        total = tf.size(rows)
        at_once = self._clips_at_once
        groups = -(-total // at_once)
        fill = [[0, groups * at_once - total]]
        group_rows = tf.reshape(tf.pad(rows, fill), [groups, at_once])
        group_starts = tf.reshape(tf.pad(starts, fill), [groups, at_once])
        flat = tf.reshape(waveform, [-1])
        offsets = tf.range(self._spec.clip_samples, dtype=tf.int64)

        def tag_group(group, results):
            row = group_rows[group][:, tf.newaxis]
            at = group_starts[group][:, tf.newaxis] + offsets
            inside = at < tf.gather(length_samples, row)
            clips = tf.gather(flat, row * samples + tf.minimum(at, samples - 1))
            clips = tf.where(inside, clips, 0.0)
            logits = self._network(
                {
                    "waveform": tf.ensure_shape(
                        clips, [at_once, self._spec.clip_samples]
                    ),
                    "peak": tf.gather(peak, row[:, 0]),
                }
            )
            probabilities = tf.sigmoid(tf.cast(logits, tf.float32))
            return group + 1, results.write(group, probabilities)

        _, results = tf.while_loop(
            lambda group, _: group < groups,
            tag_group,
            [
                tf.constant(0),
                tf.TensorArray(
                    tf.float32,
                    size=groups,
                    element_shape=[at_once, len(self._names)],
                ),
            ],
            parallel_iterations=1,
            maximum_iterations=groups,
        )
        return results.concat()[:total], rows, starts


def _traced(function, *input_signature):
    """Wraps a method as a graph with these inputs."""
    return tf.function(
        function, input_signature=input_signature, autograph=False
    )


def _full_lengths(waveform):
    """Returns the width of the batch for every row."""
    batch, samples = tf.unstack(tf.shape(waveform, tf.int64))
    return tf.fill([batch], samples)
