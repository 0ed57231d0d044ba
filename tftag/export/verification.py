"""Whether a SavedModel answers as the live model does."""

from collections.abc import Callable, Collection, Sequence

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tftag import audio
from tftag.inference import long_recordings

_Recordings = Sequence[npt.NDArray[np.float32]]


def largest_difference(
    loaded: tf.Module,
    model: keras.Model,
    audio_spec: audio.AudioSpec,
    clips_at_once: int,
) -> float:
    """Compares the probabilities of a SavedModel with a model's.

    Args:
        loaded: The SavedModel.
        model: What was exported.
        audio_spec: What the model was trained on.
        clips_at_once: How many clips the network sees at a time.

    Returns:
        The largest absolute difference; NaN when any probability is.
    """

    def probabilities(clips: dict[str, npt.NDArray[np.float32]]) -> tf.Tensor:
        logits = model(clips, training=False)
        return tf.sigmoid(tf.cast(logits, tf.float32))

    return of_recordings(
        loaded,
        lambda recordings: clip_means(
            probabilities, recordings, audio_spec, clips_at_once
        ),
        audio_spec,
        clips_at_once,
        ("serving_default", "tag_batch"),
        "probabilities",
    )


def of_recordings(
    loaded: tf.Module,
    expect: Callable[[_Recordings], npt.NDArray[np.float64]],
    audio_spec: audio.AudioSpec,
    clips_at_once: int,
    signatures: tuple[str, str],
    output: str,
) -> float:
    """Compares what is said of recordings.

    A click, noise and a sine of 440 Hz: of one clip, together; the click of one
    sample and the sine of several clips, each alone; and in one padded batch
    of all these lengths, more clips than the network sees at a time.

    Args:
        loaded: The SavedModel.
        expect: Recordings, each `[samples]`, to what the live model says of
            them, `[recordings, width]`.
        audio_spec: What the model was trained on.
        clips_at_once: How many clips the network sees at a time.
        signatures: That of a waveform, and that of padded rows.
        output: What to compare of their answers.

    Returns:
        The largest absolute difference; NaN when any value is.
    """
    clip = audio_spec.clip_samples
    several = clip * max(5, 2 * clips_at_once - 1) // 2
    rows = signals(audio_spec, several)
    click, noise, sine = range(len(rows))
    # Lists of which signal, and how many samples of it.
    together = [(row, clip) for row in range(len(rows))]
    padded_together = [(click, 1), (noise, clip), (sine, several)]
    every = list(dict.fromkeys([*together, *padded_together]))
    said = expect([rows[row, :length] for row, length in every])
    expected = dict(zip(every, said, strict=True))

    def difference(
        signature: str, cases: Collection[tuple[int, int]], **inputs: tf.Tensor
    ) -> float:
        answer = loaded.signatures[signature](**inputs)[output]
        return np.abs(answer.numpy() - [expected[case] for case in cases]).max()

    one, padded = signatures
    differences = [
        difference(
            padded,
            padded_together,
            waveform=tf.constant(rows),
            length_samples=tf.constant(
                [length for _, length in padded_together], tf.int64
            ),
        )
    ]
    for cases in (together, [(click, 1)], [(sine, several)]):
        batch = np.stack([rows[row, :length] for row, length in cases])
        differences.append(difference(one, cases, waveform=tf.constant(batch)))
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


def clip_means(
    network: Callable[[dict[str, npt.NDArray[np.float32]]], tf.Tensor],
    recordings: _Recordings,
    audio_spec: audio.AudioSpec,
    clips_at_once: int,
) -> npt.NDArray[np.float64]:
    """Averages what a network says of the clips of each recording.

    Args:
        network: `{"waveform" [clips, samples], "peak" [clips]}` to
            `[clips, width]`.
        recordings: Each `[samples]`.
        audio_spec: What the network was trained on.
        clips_at_once: How many clips it sees at a time.

    Returns:
        float64 `[recordings, width]`.
    """
    answers = long_recordings.run_clips(
        lambda clips: {"answer": np.asarray(network(clips))},
        *(recordings, audio_spec, clips_at_once),
    )
    return np.stack(
        [one["answer"].mean(axis=0, dtype=np.float64) for one in answers]
    )
