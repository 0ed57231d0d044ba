import dataclasses

import numpy as np
import pytest
import signature_inputs
import tensorflow as tf
import tiny_tagger
from alike import assert_alike

from tftag import audio
from tftag.export.signatures import tagger_signatures

CLIP = tiny_tagger.CLIP
LENGTHS = (1, 2, CLIP - 1, CLIP, CLIP + 1, 2 * CLIP, CLIP * 5 // 2, 9 * CLIP)


@pytest.fixture(scope="module")
def model():
    return tiny_tagger.build()


def signatures_of(model, spec=tiny_tagger.SPEC, clips_at_once=8):
    module = tagger_signatures.ExportedTagger(
        model,
        spec,
        tiny_tagger.NAMES,
        tiny_tagger.CALIBRATION,
        clips_at_once,
    )
    functions = module.signature_functions()
    functions["module"] = module
    return functions


@pytest.fixture(scope="module")
def signatures(model):
    return signatures_of(model)


def padded(recordings, filler=0.0):
    rows = np.full(
        (len(recordings), max(map(len, recordings))), filler, np.float32
    )
    for row, samples in zip(rows, recordings, strict=True):
        row[: len(samples)] = samples
    lengths = tf.constant([len(samples) for samples in recordings], tf.int64)
    return tf.constant(rows), lengths


def tag(signatures, samples):
    answer = signatures["serving_default"](tf.constant(samples[None]))
    return answer["probabilities"].numpy()[0]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_recording_is_the_mean_of_its_clips(model, signatures, length):
    samples = tiny_tagger.music(length)
    expected = tiny_tagger.reference(model, samples).mean(axis=0)
    # Convolutions whose kernels are constants round otherwise.
    np.testing.assert_allclose(tag(signatures, samples), expected, atol=1e-5)


@pytest.mark.parametrize("filler", [0.0, 1e6, np.nan])
def test_neighbours_and_what_lies_behind_change_nothing(signatures, filler):
    recordings = [
        scale * tiny_tagger.music(length, seed=seed)
        for seed, (length, scale) in enumerate(
            zip(LENGTHS, (1, 1e-4, 3e4, 1, 0, 1, 1e-3, 1), strict=True)
        )
    ]
    together = signatures["tag_batch"](*padded(recordings, filler))
    for samples, row in zip(
        recordings, together["probabilities"].numpy(), strict=True
    ):
        assert_alike(row, tag(signatures, samples))


@pytest.mark.parametrize(
    ("clips_at_once", "step_seconds"), [(1, 0.4), (3, 0.05)]
)
def test_clips_lie_where_the_spec_says(model, clips_at_once, step_seconds):
    spec = dataclasses.replace(tiny_tagger.SPEC, clip_step_seconds=step_seconds)
    signatures = signatures_of(model, spec, clips_at_once)
    samples = tiny_tagger.music(CLIP * 10 // 3)
    timeline = signatures["timeline"](tf.constant(samples[None]))
    starts = audio.clip_starts(len(samples), spec)
    np.testing.assert_allclose(
        timeline["start_seconds"].numpy()[0], starts / spec.sample_rate_hz
    )
    np.testing.assert_allclose(
        timeline["probabilities"].numpy()[0],
        tiny_tagger.reference(model, samples, spec),
        atol=1e-6,
    )


def test_level_does_not_matter(signatures):
    samples = tiny_tagger.music(2 * CLIP)
    scaled = audio.to_full_scale(samples).samples.astype(np.float32)
    for other in (samples / 3000, scaled, scaled / 32768):
        np.testing.assert_allclose(
            tag(signatures, samples), tag(signatures, other), atol=1e-5
        )


def no_recordings():
    """Rows that are none between rows that are, and what is said of each."""
    waveform = np.stack([tiny_tagger.music(CLIP * 2, row) for row in range(5)])
    waveform[1], waveform[2, 7], waveform[4, -1] = 0.0, np.nan, -np.inf
    return waveform, [
        "",
        "All samples are zero.",
        "Samples are NaN or infinite.",
        "",
        "Samples are NaN or infinite.",
    ]


@pytest.mark.parametrize("name", ["serving_default", "top_tags", "timeline"])
def test_a_row_that_is_no_recording_costs_no_other_row(signatures, name):
    waveform, expected = no_recordings()
    answer = signatures[name](tf.constant(waveform))
    status = [text.decode() for text in answer.pop("status").numpy()]
    assert status == expected
    good = [row for row, text in enumerate(status) if not text]
    alone = signatures[name](tf.constant(waveform[good]))
    assert not any(alone["status"].numpy())
    filler = {"start_seconds": -1.0}
    for key, value in answer.items():
        np.testing.assert_array_equal(value.numpy()[good], alone[key])
        bad = np.delete(value.numpy(), good, axis=0)
        if value.dtype != tf.string:
            assert (bad == filler.get(key, 0.0)).all()
        elif name == "top_tags":
            assert not bad.astype(bool).any()


def test_silence_is_answered_as_decoding_a_file_answers_it(
    signatures, tmp_path
):
    music = signature_inputs.wav_bytes(tiny_tagger.music(CLIP))
    silent = signature_inputs.wav_bytes(np.zeros(CLIP, np.float32))
    empty = signature_inputs.wav_bytes(np.zeros(0, np.float32))
    answer = signatures["tag_wav"](tf.constant([music, silent, empty]))
    path = tmp_path / "a.wav"
    for status, wav in zip(
        answer["status"].numpy()[1:], (silent, empty), strict=True
    ):
        path.write_bytes(wav)
        with pytest.raises(audio.UnusableAudio) as refused:
            audio.decode_file(path, tiny_tagger.SPEC.sample_rate_hz)
        assert str(refused.value) == f"{path}: {status.decode()}"
    np.testing.assert_array_equal(
        answer["calibrated"][0],
        signatures["tag_wav"](tf.constant([music]))["calibrated"][0],
    )
    assert not answer["probabilities"].numpy()[1:].any()
    assert not answer["calibrated"].numpy()[1:].any()


def test_timelines_of_several_lengths_end_where_they_end(signatures):
    music = [
        tiny_tagger.music(length, row)
        for row, length in enumerate((CLIP, CLIP * 4, 1, CLIP * 2))
    ]
    wavs = [signature_inputs.wav_bytes(samples) for samples in music]
    together = signatures["timeline_wav"](tf.constant(wavs))
    for row, clips in enumerate((1, 4, 1, 2)):
        alone = signatures["timeline_wav"](tf.constant(wavs[row : row + 1]))
        start_seconds = together["start_seconds"].numpy()[row]
        assert (start_seconds[:clips] >= 0).all()
        assert (start_seconds[clips:] == -1).all()
        for key in ("probabilities", "calibrated"):
            values = together[key].numpy()[row]
            assert_alike(values[:clips], alone[key].numpy()[0])
            assert not values[clips:].any()


def test_calibrated_is_what_the_calibration_says(signatures):
    samples = tiny_tagger.music(CLIP)
    answer = signatures["serving_default"](tf.constant(samples[None]))
    np.testing.assert_allclose(
        answer["calibrated"],
        tiny_tagger.CALIBRATION.apply(answer["probabilities"].numpy()),
        atol=1e-6,
    )


def test_top_tags_are_the_likeliest(signatures):
    rows = tf.constant([tiny_tagger.music(CLIP, seed) for seed in range(3)])
    calibrated = signatures["serving_default"](rows)["calibrated"].numpy()
    top = signatures["top_tags"](rows)
    for row in range(3):
        order = np.argsort(-calibrated[row], kind="stable")[:10]
        assert [name.decode() for name in top["tags"].numpy()[row]] == [
            tiny_tagger.NAMES[place] for place in order
        ]
        np.testing.assert_array_equal(
            top["probabilities"][row], calibrated[row][order]
        )


def test_no_rows_give_no_rows(signatures):
    none = tf.zeros([0, CLIP])
    for name in ("serving_default", "top_tags", "timeline"):
        for value in signatures[name](none).values():
            assert value.shape[0] == 0
    for value in signatures["tag_wav"](tf.zeros([0], tf.string)).values():
        assert value.shape[0] == 0


@pytest.mark.parametrize("length", [0, -1, CLIP + 1])
def test_a_length_that_cannot_be_is_named(signatures, length):
    waveform = tf.ones([2, CLIP])
    answer = signatures["tag_batch"](
        waveform, tf.constant([1, length], tf.int64)
    )
    assert [text.decode() for text in answer["status"].numpy()] == [
        "",
        f"`length_samples` must lie in 1 to {CLIP}. Received: {length}.",
    ]
    assert not answer["calibrated"].numpy()[1].any()


def test_a_length_per_row_is_asked_for(signatures):
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="a number per row"
    ):
        signatures["tag_batch"](tf.ones([2, CLIP]), tf.constant([1], tf.int64))


def test_a_batch_without_samples_is_refused(signatures):
    with pytest.raises(tf.errors.InvalidArgumentError, match="1 sample"):
        signatures["serving_default"](tf.ones([2, 0]))


@pytest.mark.slow
def test_an_hour_is_tagged_alone_in_a_batch_and_by_the_model():
    spec = dataclasses.replace(tiny_tagger.SPEC, clip_seconds=10.0)
    model = tiny_tagger.build(spec)
    signatures = signatures_of(model, spec)
    # Every minute sounds different; the last clip reaches the last sample.
    minute = tiny_tagger.music(60 * spec.sample_rate_hz)
    samples = np.concatenate(
        [np.roll(minute, 997 * place) * (place + 1) for place in range(60)]
        + [np.ones(1, np.float32)]
    )
    # Whole numbers in float32 end before: where a clip lies is none.
    assert len(samples) > 2**24
    expected = tiny_tagger.reference(model, samples, spec)
    assert len(expected) == 361
    alone = tag(signatures, samples)
    np.testing.assert_allclose(alone, expected.mean(axis=0), atol=1e-5)
    short = np.array([0.5], np.float32)
    together = signatures["tag_batch"](*padded([samples, short]))
    together = together["probabilities"].numpy()
    np.testing.assert_allclose(together[0], alone, atol=1e-5)
    np.testing.assert_allclose(
        together[1], tiny_tagger.reference(model, short, spec)[0], atol=1e-5
    )
