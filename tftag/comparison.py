"""Whether a SavedModel answers as the live model does."""

import os

import keras
import numpy as np
import tensorflow as tf

from tftag import audio


def largest_difference(
    saved: str | os.PathLike,
    model: keras.Model,
    audio_spec: audio.AudioSpec,
    clips_at_once: int,
) -> float:
    """Loads a SavedModel and compares its probabilities with a model's.

    Silence, noise and a sine of 440 Hz, of one sample, one clip and two and a
    half: alone, with others of its length, and all in one padded batch.

    Args:
        saved: Folder of the SavedModel.
        model: What was exported.
        audio_spec: What the model was trained on.
        clips_at_once: How many clips the network sees at a time.

    Returns:
        The largest absolute difference; NaN when any probability is.
    """
    # Kept, because the signatures hold its variables weakly.
    loaded = tf.saved_model.load(os.fspath(saved))
    clip = audio_spec.clip_samples
    lengths = [1, clip, clip * 5 // 2]
    rows = signals(audio_spec, lengths[-1])
    expected = {
        (row, length): _live_probabilities(
            model, samples[:length], audio_spec, clips_at_once
        )
        for row, samples in enumerate(rows)
        for length in lengths
    }

    def difference(signature, cases, **inputs):
        answer = loaded.signatures[signature](**inputs)["probabilities"]
        return np.abs(answer.numpy() - [expected[case] for case in cases]).max()

    differences = []
    for length in lengths:
        for cases in ([(0, length), (1, length), (2, length)], [(2, length)]):
            batch = rows[[row for row, _ in cases], :length]
            differences.append(
                difference(
                    "serving_default", cases, waveform=tf.constant(batch)
                )
            )
    padded = [rows[row] for row, _ in expected]
    differences.append(
        difference(
            "tag_batch",
            expected,
            waveform=tf.constant(np.stack(padded)),
            length_samples=tf.constant([n for _, n in expected], tf.int64),
        )
    )
    return float(np.max(differences))


def signals(audio_spec: audio.AudioSpec, samples: int) -> np.ndarray:
    """Returns silence, noise and a sine, float32 `[3, samples]`."""
    seconds = np.arange(samples) / audio_spec.sample_rate_hz
    noise = np.random.default_rng(0).normal(size=samples)
    sine = 0.5 * np.sin(2 * np.pi * 440 * seconds + 1)
    return np.stack([np.zeros(samples), noise, sine]).astype(np.float32)


def _live_probabilities(model, samples, audio_spec, clips_at_once):
    """Returns what the model says of one recording, `[tags]`."""
    starts = audio.clip_starts(len(samples), audio_spec)
    # Filled up to the shape that the exported network sees: a device may
    # compute another shape by another algorithm.
    fill = -len(starts) % clips_at_once
    clips = np.zeros((len(starts) + fill, audio_spec.clip_samples), np.float32)
    for clip, start in zip(clips, starts, strict=False):
        part = samples[start : start + audio_spec.clip_samples]
        clip[: len(part)] = part
    peak = np.full(len(clips), np.abs(samples).max(), np.float32)
    probabilities = []
    for at in range(0, len(clips), clips_at_once):
        group = slice(at, at + clips_at_once)
        logits = model(
            {"waveform": clips[group], "peak": peak[group]}, training=False
        )
        probabilities.append(tf.sigmoid(tf.cast(logits, tf.float32)).numpy())
    heard = np.concatenate(probabilities)[: len(starts)]
    return heard.mean(axis=0, dtype=np.float64)
