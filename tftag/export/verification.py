"""Whether a SavedModel answers as the live model does."""

import os
from collections.abc import Callable, Collection

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tftag import audio
from tftag.files import plain_path


def largest_difference(
    saved: str | os.PathLike[str],
    model: keras.Model,
    audio_spec: audio.AudioSpec,
    clips_at_once: int,
) -> float:
    """Loads a SavedModel and compares its probabilities with a model's.

    Args:
        saved: Folder of the SavedModel.
        model: What was exported.
        audio_spec: What the model was trained on.
        clips_at_once: How many clips the network sees at a time.

    Returns:
        The largest absolute difference; NaN when any probability is.
    """
    with plain_path.plain(saved) as path:
        loaded = tf.saved_model.load(path)
    return of_probabilities(loaded, model, audio_spec, clips_at_once)


def of_probabilities(
    loaded: tf.Module,
    model: keras.Model,
    audio_spec: audio.AudioSpec,
    clips_at_once: int,
) -> float:
    """As `largest_difference`, of a SavedModel that is loaded."""

    def probabilities(clips: dict[str, npt.NDArray[np.float32]]) -> tf.Tensor:
        logits = model(clips, training=False)
        return tf.sigmoid(tf.cast(logits, tf.float32))

    return of_recordings(
        loaded,
        lambda samples: clip_mean(
            probabilities, samples, audio_spec, clips_at_once
        ),
        audio_spec,
        ("serving_default", "tag_batch"),
        "probabilities",
    )


def of_recordings(
    loaded: tf.Module,
    expect: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float64]],
    audio_spec: audio.AudioSpec,
    signatures: tuple[str, str],
    output: str,
) -> float:
    """Compares what is said of recordings.

    A click, noise and a sine of 440 Hz, of one sample, one clip and two and a
    half: alone, with others of its length, and all in one padded batch.

    Args:
        loaded: The SavedModel.
        expect: Samples `[samples]` to what the live model says `[width]`.
        audio_spec: What the model was trained on.
        signatures: That of a waveform, and that of padded rows.
        output: What to compare of their answers.

    Returns:
        The largest absolute difference; NaN when any value is.
    """
    clip = audio_spec.clip_samples
    lengths = [1, clip, clip * 5 // 2]
    rows = signals(audio_spec, lengths[-1])
    expected = {
        (row, length): expect(samples[:length])
        for row, samples in enumerate(rows)
        for length in lengths
    }

    def difference(
        signature: str, cases: Collection[tuple[int, int]], **inputs: tf.Tensor
    ) -> float:
        answer = loaded.signatures[signature](**inputs)[output]
        return np.abs(answer.numpy() - [expected[case] for case in cases]).max()

    one, padded = signatures
    differences = []
    for length in lengths:
        for cases in ([(0, length), (1, length), (2, length)], [(2, length)]):
            batch = rows[[row for row, _ in cases], :length]
            differences.append(
                difference(one, cases, waveform=tf.constant(batch))
            )
    differences.append(
        difference(
            padded,
            expected,
            waveform=tf.constant(np.stack([rows[row] for row, _ in expected])),
            length_samples=tf.constant([n for _, n in expected], tf.int64),
        )
    )
    return float(np.max(differences))


def signals(
    audio_spec: audio.AudioSpec, samples: int
) -> npt.NDArray[np.float32]:
    """Returns a click, noise and a sine, float32 `[3, samples]`.

    Behind the click, which is one sample, all is silent.
    """
    seconds = np.arange(samples) / audio_spec.sample_rate_hz
    noise = np.random.default_rng(0).normal(size=samples)
    sine = 0.5 * np.sin(2 * np.pi * 440 * seconds + 1)
    click = np.arange(samples) == 0
    return np.stack([click, noise, sine]).astype(np.float32)


def clip_mean(
    network: Callable[[dict[str, npt.NDArray[np.float32]]], tf.Tensor],
    samples: npt.NDArray[np.float32],
    audio_spec: audio.AudioSpec,
    clips_at_once: int,
) -> npt.NDArray[np.float64]:
    """Averages what a network says of the clips of one recording.

    Args:
        network: `{"waveform" [clips, samples], "peak" [clips]}` to
            `[clips, width]`.
        samples: The recording `[samples]`.
        audio_spec: What the network was trained on.
        clips_at_once: How many clips it sees at a time.

    Returns:
        float64 `[width]`.
    """
    starts = audio.clip_starts(len(samples), audio_spec)
    # Filled up to the shape that the exported network sees: a device may
    # compute another shape by another algorithm.
    fill = -len(starts) % clips_at_once
    clips = np.zeros((len(starts) + fill, audio_spec.clip_samples), np.float32)
    for clip, start in zip(clips, starts, strict=False):
        part = samples[start : start + audio_spec.clip_samples]
        clip[: len(part)] = part
    peak = np.full(len(clips), np.abs(samples).max(), np.float32)
    groups = []
    for at in range(0, len(clips), clips_at_once):
        group = slice(at, at + clips_at_once)
        answer = network({"waveform": clips[group], "peak": peak[group]})
        groups.append(np.asarray(answer))
    of_clips = np.concatenate(groups)[: len(starts)]
    return of_clips.mean(axis=0, dtype=np.float64)
