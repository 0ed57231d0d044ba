"""Whether the SavedModel of a dual encoder answers as the live model does."""

from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tftag import audio, words
from tftag.export import verification
from tftag.models import dual_encoder


def largest_difference(
    loaded: tf.Module,
    model: dual_encoder.DualEncoder,
    audio_spec: audio.AudioSpec,
    clips_at_once: int,
    tag_names: tuple[str, ...],
    word_vectors: words.WordVectors,
) -> float:
    """Compares probabilities, vectors and scores.

    Args:
        loaded: The SavedModel.
        model: What was exported.
        audio_spec: What the model was trained on.
        clips_at_once: How many clips the network sees at a time.
        tag_names: The tags the model was trained with.
        word_vectors: What the model was trained on.

    Returns:
        The largest absolute difference; NaN when any value is.
    """

    def embeddings(
        recordings: Sequence[npt.NDArray[np.float32]],
    ) -> npt.NDArray[np.float64]:
        means = verification.clip_means(
            lambda clips: model.audio_tower(clips, training=False),
            recordings,
            audio_spec,
            clips_at_once,
        )
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    differences = [
        verification.largest_difference(
            loaded, model, audio_spec, clips_at_once
        ),
        verification.of_recordings(
            loaded,
            embeddings,
            audio_spec,
            clips_at_once,
            ("embed_audio", "embed_batch"),
            "embedding",
        ),
        _of_strings(loaded, model.text_tower, tag_names, word_vectors),
        _of_scores(loaded, audio_spec, tag_names),
    ]
    return float(np.max(differences))


def _of_strings(
    loaded: tf.Module,
    text_tower: keras.Model,
    tag_names: tuple[str, ...],
    word_vectors: words.WordVectors,
) -> float:
    """Compares vectors and known shares.

    The tags, each in capitals and with an unknown word, and what nobody
    should send: nothing, other scripts, a category.
    """
    texts = [
        *tag_names,
        *(f"{name.upper()} zzqx" for name in tag_names),
        *("", " - ", "zzqx", "音楽 🎶", "R&B---Été"),
    ]
    vectors, known_share = word_vectors.embed(texts)
    expected = np.where(
        known_share[:, None] > 0, text_tower(vectors, training=False), 0.0
    )
    answer = loaded.signatures["embed_text"](strings=tf.constant(texts))
    differences = [
        np.abs(answer["embedding"].numpy() - expected).max(),
        np.abs(answer["known_share"].numpy() - known_share).max(),
    ]
    return float(np.max(differences))


def _of_scores(
    loaded: tf.Module, audio_spec: audio.AudioSpec, tag_names: tuple[str, ...]
) -> float:
    """Compares scores with the vectors, which were compared before."""
    run = loaded.signatures
    waveform = tf.constant(
        verification.signals(audio_spec, audio_spec.clip_samples)
    )
    texts = tf.constant([*tag_names, ""])
    clips = run["embed_audio"](waveform=waveform)["embedding"].numpy()
    text = run["embed_text"](strings=texts)["embedding"].numpy()
    each = tf.tile(texts[tf.newaxis], [len(clips), 1])
    differences = [
        run["score"](waveform=waveform, strings=asked)["score"].numpy()
        - clips @ text.T
        for asked in (texts, each)
    ]
    return float(np.abs(differences).max())
