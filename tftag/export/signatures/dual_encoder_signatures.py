"""What is inside the SavedModel of a dual encoder: a tagger, and its space."""

from collections.abc import Callable

import keras
import tensorflow as tf
from keras import ops

from tftag import audio, words
from tftag.export.signatures import frozen_network, tagger_signatures
from tftag.layers import word_embedding
from tftag.metrics import calibration
from tftag.models import dual_encoder

_WAVEFORM = tagger_signatures.WAVEFORM
_STRINGS = tf.TensorSpec([None], tf.string, "strings")
# [n] or [batch, n].
_STRINGS_OF_ROWS = tf.TensorSpec(None, tf.string, "strings")


_Answer = dict[str, tf.Tensor]


class ExportedDualEncoder(tagger_signatures.ExportedTagger):
    """A tagger that also gives the vectors of recordings and of any string.

    The vector of a recording is the mean of the unit vectors of its clips,
    brought to unit length; that of a string is 0 where no word of it is known.
    """

    def __init__(
        self,
        model: dual_encoder.DualEncoder,
        audio_spec: audio.AudioSpec,
        tag_names: tuple[str, ...],
        calibrated: calibration.Calibration,
        word_vectors: words.WordVectors,
        clips_at_once: int,
    ):
        """Makes the signatures; each is traced when the module is saved.

        Args:
            model: What is exported.
            audio_spec: As for a tagger, and so are the others but
                `word_vectors`.
            tag_names: The tags the model was trained with.
            calibrated: The calibration of their probabilities.
            word_vectors: What the model was trained on.
            clips_at_once: How many clips the network sees at a time.
        """
        super().__init__(
            model, audio_spec, tag_names, calibrated, clips_at_once
        )
        # Both answers from one pass of the network.
        embedding = model.audio_tower(model.input)
        logits = ops.mean(model.comparison(embedding), axis=1)
        both = {"embedding": embedding, "logits": logits}
        self._network = frozen_network.frozen(keras.Model(model.input, both))
        self._text_tower = frozen_network.frozen(model.text_tower)
        self._words = word_embedding.WordEmbedding(word_vectors)
        self._dim = embedding.shape[-1]
        self._embed_text = tagger_signatures.traced(
            self._embed_strings, _STRINGS
        )

    def signature_functions(self) -> dict[str, Callable[..., _Answer]]:
        """Returns names and functions, as `tf.saved_model.save` takes them."""
        traced, whole = tagger_signatures.traced, tagger_signatures.whole
        return {
            **super().signature_functions(),
            "embed_audio": tagger_signatures.of_waveforms(self._embed),
            "embed_batch": traced(
                lambda waveform, length_samples: self._embed(
                    tagger_signatures.Rows(waveform, length_samples)
                ),
                *(_WAVEFORM, tagger_signatures.LENGTHS),
            ),
            "embed_wav": self.of_wavs(self._embed),
            "embed_text": self._embed_text,
            "score": traced(
                lambda waveform, strings: self._score(whole(waveform), strings),
                *(_WAVEFORM, _STRINGS_OF_ROWS),
            ),
            "score_wav": traced(
                lambda wav, strings: self._score(self.decoded(wav), strings),
                *(tagger_signatures.WAV, _STRINGS_OF_ROWS),
            ),
        }

    def _embed(self, rows: tagger_signatures.Rows) -> _Answer:
        mean, status = self.row_means("embedding", rows)
        length = tf.norm(mean, axis=1, keepdims=True)
        return {
            "embedding": tf.math.divide_no_nan(mean, length),
            "status": status,
        }

    def _embed_strings(self, strings: tf.Tensor) -> _Answer:
        vectors, known_share = self._words(strings)
        # The text tower would make something of nothing.
        is_known = known_share[:, tf.newaxis] > 0
        embedding = tf.where(is_known, self._text_tower(vectors), 0.0)
        return {"embedding": embedding, "known_share": known_share}

    def _score(
        self, rows: tagger_signatures.Rows, strings: tf.Tensor
    ) -> _Answer:
        """Compares recordings and strings.

        A server that cuts and joins requests by rows (TensorFlow Serving's
        row format, its batching) cuts and joins `strings` as well: there,
        every row must bring its own. `[n]` is for whoever asks all at once.

        Args:
            rows: The recordings.
            strings: `[n]` for every row, or each row's own `[batch, n]`.

        Returns:
            float32 `[batch, n]`: "score", the cosine, 0 where no word is
            known; "known_share", the share of the string's words that are.
            And "status" `[batch]`.
        """
        embedded = self._embed(rows)
        clips = embedded["embedding"]
        text = self._embed_text(tf.reshape(strings, [-1]))
        shape = tf.shape(strings)
        vectors = tf.reshape(
            text["embedding"], tf.concat([shape, [self._dim]], axis=0)
        )
        of_rows = tf.concat([tf.shape(clips)[:1], shape[-1:]], axis=0)
        vectors = tf.broadcast_to(
            vectors, tf.concat([of_rows, [self._dim]], axis=0)
        )
        known_share = tf.broadcast_to(
            tf.reshape(text["known_share"], shape), of_rows
        )
        score = tf.linalg.matvec(
            tf.ensure_shape(vectors, [None, None, self._dim]), clips
        )
        return {
            "score": score,
            "known_share": tf.ensure_shape(known_share, [None, None]),
            "status": embedded["status"],
        }

    def _run_clips(self, clips: _Answer) -> _Answer:
        outputs = self._network(clips)
        logits = tf.cast(outputs["logits"], tf.float32)
        return {
            "probabilities": tf.sigmoid(logits),
            "embedding": outputs["embedding"],
        }

    def _widths(self) -> dict[str, int]:
        return {**super()._widths(), "embedding": self._dim}
