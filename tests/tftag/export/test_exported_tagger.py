import dataclasses

import numpy as np
import pytest
import tensorflow as tf
import tiny_tagger

from tftag import audio, tags
from tftag.export import exported_tagger, saved_model

CLIP = tiny_tagger.CLIP
LENGTHS = (1, 2, CLIP - 1, CLIP, CLIP + 1, 2 * CLIP, CLIP * 5 // 2, 9 * CLIP)


@pytest.fixture(scope="module")
def model():
    return tiny_tagger.build()


def signatures_of(model, spec=tiny_tagger.SPEC, clips_at_once=8):
    module = exported_tagger.ExportedTagger(
        model,
        spec,
        tiny_tagger.NAMES,
        tiny_tagger.CALIBRATION,
        [],
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
    np.testing.assert_allclose(tag(signatures, samples), expected, atol=1e-6)


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
        np.testing.assert_array_equal(row, tag(signatures, samples))


@pytest.mark.parametrize("clips_at_once", [1, 3])
@pytest.mark.parametrize("step_seconds", [0.05, 0.4])
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


def test_silence_has_an_answer(signatures):
    answers = [
        tag(signatures, np.zeros(length, np.float32)) for length in LENGTHS
    ]
    assert np.isfinite(answers).all()
    np.testing.assert_allclose(answers, answers[:1] * len(answers), atol=1e-7)


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


@pytest.mark.parametrize("lengths", [[0, 1], [1, -1], [1, CLIP + 1]])
def test_a_length_that_cannot_be_is_named(signatures, lengths):
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"`length_samples` must lie in 1"
    ):
        signatures["tag_batch"](
            tf.ones([2, CLIP]), tf.constant(lengths, tf.int64)
        )


def test_a_length_per_row_is_asked_for(signatures):
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="a number per row"
    ):
        signatures["tag_batch"](tf.ones([2, CLIP]), tf.constant([1], tf.int64))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_sound_is_refused(signatures, bad):
    waveform = np.ones((2, CLIP), np.float32)
    waveform[1, 3] = bad
    with pytest.raises(tf.errors.InvalidArgumentError, match="NaN or inf"):
        signatures["serving_default"](tf.constant(waveform))
    with pytest.raises(tf.errors.InvalidArgumentError, match="1 sample"):
        signatures["serving_default"](tf.ones([2, 0]))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_three_hours_are_tagged_alone_in_a_batch_and_by_the_model(tmp_path):
    spec = dataclasses.replace(tiny_tagger.SPEC, clip_seconds=10.0)
    model = tiny_tagger.build(spec)
    folder = saved_model.export_tagger(
        model,
        spec,
        tags.TagVocabulary(tiny_tagger.NAMES),
        tiny_tagger.CALIBRATION,
        {},
        tmp_path / "long",
    )
    loaded = tf.saved_model.load(str(folder))
    # Every minute sounds different; the last clip reaches the last sample.
    minutes = [
        tiny_tagger.music(60 * spec.sample_rate_hz, seed) for seed in range(180)
    ]
    samples = np.concatenate([*minutes, np.ones(1, np.float32)])
    expected = tiny_tagger.reference(model, samples, spec)
    assert len(expected) == 1_081
    alone = loaded.signatures["serving_default"](
        waveform=tf.constant(samples[None])
    )["probabilities"][0]
    np.testing.assert_allclose(alone, expected.mean(axis=0), atol=1e-5)
    waveform = np.zeros((2, len(samples)), np.float32)
    waveform[0], waveform[1, 0] = samples, 0.5
    together = loaded.signatures["tag_batch"](
        waveform=tf.constant(waveform),
        length_samples=tf.constant([len(samples), 1], tf.int64),
    )["probabilities"]
    np.testing.assert_allclose(together[0], alone, atol=1e-5)
    short = tiny_tagger.reference(model, waveform[1, :1], spec)[0]
    np.testing.assert_allclose(together[1], short, atol=1e-5)
