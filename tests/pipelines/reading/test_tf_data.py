import dataclasses
import logging

import numbered_audio
import numpy as np
import pytest
import tensorflow as tf
from numbered_streams import (
    CLIP,
    EVERYTHING,
    SPEC,
    elements,
    train,
)

from pipelines.reading import slice_reader, tf_data
from tftag import audio


def assert_same(one, other):
    tf.nest.assert_same_structure(one, other)
    pairs = zip(tf.nest.flatten(one), tf.nest.flatten(other), strict=True)
    for left, right in pairs:
        np.testing.assert_array_equal(left, right)


def assert_slices(manifest, clips, rows, starts):
    for clip, row, start in zip(clips, rows, starts, strict=True):
        length = manifest.tracks[row].samples
        expected = numbered_audio.clip(row, start, length)
        np.testing.assert_array_equal(clip, expected)


def test_an_element_is_a_batch_of_slices_with_their_labels(manifest):
    stream = train(manifest)
    assert stream.element_spec[0]["waveform"].shape == (4, CLIP)
    assert stream.element_spec[1].shape == (4, 2)
    assert stream.cardinality() == 10
    labels = manifest.labels()
    read = elements(stream)
    assert len(read) == 10
    for inputs, tags in read:
        assert inputs["waveform"].dtype == np.int16
        assert inputs["peak"].tolist() == [audio.FULL_SCALE] * 4
        assert inputs["mel_masks"].shape == (4, 0, 2)
        assert inputs["time_masks"].shape == (4, 0, 2)
        rows, starts = numbered_audio.places(inputs["waveform"])
        np.testing.assert_array_equal(tags, labels[rows])
        assert tags.dtype == np.float32
        assert_slices(manifest, inputs["waveform"], rows, starts)


def test_every_recording_once_an_epoch_in_another_order_each(manifest):
    read = elements(train(manifest, epochs=3))
    rows = [numbered_audio.places(each["waveform"])[0] for each, _ in read]
    epochs = np.reshape(rows, [3, 20])
    assert (np.sort(epochs) == np.arange(20)).all()
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_an_epoch_leaves_out_what_fills_no_batch(manifest):
    read = elements(train(manifest, batch_size=6, epochs=4))
    rows = [numbered_audio.places(each["waveform"])[0] for each, _ in read]
    epochs = np.reshape(rows, [4, 18])
    assert all(len(set(epoch)) == 18 for epoch in epochs)
    assert len({tuple(sorted(epoch)) for epoch in epochs}) > 1


def test_example_17_of_epoch_3_is_rebuilt_alone(manifest):
    whole = elements(train(manifest, epochs=5))
    step, place = divmod(3 * 20 + 17, 4)
    alone = next(
        train(
            manifest, epochs=4, batch_size=1, first_step=3 * 20 + 17
        ).as_numpy_iterator()
    )
    for name, value in alone[0].items():
        np.testing.assert_array_equal(value[0], whole[step][0][name][place])
    np.testing.assert_array_equal(alone[1][0], whole[step][1][place])


THREE_EPOCHS = {"epochs": 3, "augmentation": EVERYTHING}


@pytest.fixture(scope="module")
def three_epochs(manifest):
    return elements(train(manifest, **THREE_EPOCHS))


@pytest.mark.parametrize("first_step", [0, 1, 5, 7, 10, 14, 15])
def test_a_stream_from_a_step_is_the_tail_of_the_whole(
    manifest, three_epochs, first_step
):
    stream = train(manifest, first_step=first_step, **THREE_EPOCHS)
    assert stream.cardinality() == 15 - first_step
    tail = elements(stream)
    assert len(tail) == 15 - first_step
    assert_same(tail, three_epochs[first_step:])


def test_nothing_is_read_for_steps_left_out(manifest):
    reader = slice_reader.SliceReader(manifest, CLIP)
    asked = []
    read = reader.read
    reader.read = lambda rows, starts: asked.extend(rows) or read(rows, starts)
    stream = train(manifest, reader=reader, epochs=50, first_step=248)
    assert len(elements(stream)) == 2
    assert len(asked) == 8


def test_the_seed_decides_everything(manifest):
    first, same, other = (
        elements(train(manifest, seed=seed, augmentation=EVERYTHING))
        for seed in (7, 7, 8)
    )
    assert_same(first, same)
    for name in ("waveform", "mel_masks", "time_masks"):
        assert not np.array_equal(first[0][0][name], other[0][0][name])


def test_crops_reach_both_ends_of_a_recording(tmp_path):
    """105 samples leave 6 places for a clip, each as likely."""
    manifest = numbered_audio.write_manifest(tmp_path, [105] * 12)
    read = elements(train(manifest, batch_size=12, epochs=100))
    starts = [numbered_audio.places(each["waveform"])[1] for each, _ in read]
    counts = np.bincount(np.concatenate(starts))
    assert len(counts) == 6
    # 200 expected with a standard deviation of 13.
    assert abs(counts - 200).max() < 5 * 13


def test_a_lost_file_is_replaced_and_harms_no_other(tmp_path, caplog):
    manifest = numbered_audio.write_manifest(tmp_path, [300] * 12)
    whole = elements(train(manifest))
    (tmp_path / "4.wav").unlink()
    with caplog.at_level(logging.WARNING):
        reader = slice_reader.SliceReader(manifest, CLIP, max_lost_share=0.1)
        read = elements(train(manifest, reader=reader))
    assert list(reader.lost) == ["4.wav"]
    assert [str(tmp_path / "4.wav") in r.getMessage() for r in caplog.records]
    assert len(caplog.records) == 1
    labels = manifest.labels()
    for (inputs, tags), (before, _) in zip(read, whole, strict=True):
        rows, starts = numbered_audio.places(inputs["waveform"])
        rows_before, starts_before = numbered_audio.places(before["waveform"])
        np.testing.assert_array_equal(
            rows, np.where(rows_before == 4, 5, rows_before)
        )
        np.testing.assert_array_equal(starts, starts_before)
        np.testing.assert_array_equal(tags, labels[rows])


def test_past_the_share_the_consumer_gets_the_text(tmp_path):
    manifest = numbered_audio.write_manifest(tmp_path, [300] * 8)
    for row in range(2):
        (tmp_path / f"{row}.wav").unlink()
    reader = slice_reader.SliceReader(manifest, CLIP, max_lost_share=0.2)
    stream = train(manifest, reader=reader)
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="ValueError.*at most 0.2"
    ):
        elements(stream)
    with pytest.raises(ValueError, match=r"^Lost recordings .* 2 of 8"):
        with reader.plain_errors():
            elements(stream)


def test_evaluation_covers_each_recording_to_its_last_sample(manifest):
    reader = slice_reader.SliceReader(manifest, CLIP)
    stream = tf_data.evaluation_dataset(manifest, SPEC, reader, batch_size=7)
    read = elements(stream)
    assert stream.cardinality() == len(read)
    sizes = [len(each["row"]) for each in read]
    assert set(sizes[:-1]) == {7} and 1 <= sizes[-1] <= 7
    rows = np.concatenate([each["row"] for each in read])
    clips = np.concatenate([each["waveform"] for each in read])
    peaks = np.concatenate([each["peak"] for each in read])
    assert (np.diff(rows) >= 0).all() and set(rows) == set(range(20))
    assert (peaks == audio.FULL_SCALE).all() and clips.dtype == np.int16
    found, starts = numbered_audio.places(clips)
    np.testing.assert_array_equal(found, rows)
    for row, track in enumerate(manifest.tracks):
        np.testing.assert_array_equal(
            starts[rows == row], audio.clip_starts(track.samples, SPEC)
        )
        numbers = np.unique(clips[rows == row])
        assert np.count_nonzero(numbers) == track.samples
    assert_slices(manifest, clips, rows, starts)


def test_evaluation_replaces_nobody(tmp_path):
    manifest = numbered_audio.write_manifest(tmp_path, [300] * 4)
    reader = slice_reader.SliceReader(manifest, CLIP, max_lost_share=0.9)
    stream = tf_data.evaluation_dataset(manifest, SPEC, reader, batch_size=3)
    (tmp_path / "2.wav").unlink()
    with pytest.raises(ValueError, match=r"2\.wav: No such file"):
        with reader.plain_errors():
            elements(stream)


def test_a_stream_of_100_000_recordings_begins_at_once(manifest):
    many = manifest.subset(np.tile(np.arange(len(manifest.tracks)), 5_000))
    stream = train(many, epochs=1)
    assert stream.cardinality() == 25_000
    inputs, _ = next(stream.as_numpy_iterator())
    assert inputs["waveform"].shape == (4, CLIP)


def test_fewer_recordings_than_a_batch_are_refused_with_the_way_out(manifest):
    with pytest.raises(ValueError, match="batch_size=21, 20.*at most 20"):
        train(manifest, batch_size=21)
    assert tf_data.steps_per_epoch(20, 20) == 1
    assert tf_data.steps_per_epoch(39, 20) == 1
    with pytest.raises(ValueError, match="at least 1"):
        tf_data.steps_per_epoch(5, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epochs": 0}, "epochs"),
        ({"first_step": -1}, "first_step"),
        ({"first_step": 11}, "first_step"),
    ],
)
def test_streams_that_cannot_be_are_refused(manifest, arguments, message):
    with pytest.raises(ValueError, match=message):
        train(manifest, **arguments)


def test_a_reader_of_something_else_is_refused(manifest):
    half = manifest.subset(np.arange(10))
    with pytest.raises(ValueError, match="same manifest"):
        train(half, reader=slice_reader.SliceReader(manifest, CLIP))
    with pytest.raises(ValueError, match="clips of 100 samples.*99"):
        train(manifest, reader=slice_reader.SliceReader(manifest, 99))
    faster = dataclasses.replace(manifest, sample_rate_hz=2_000)
    with pytest.raises(ValueError, match="1000 Hz.*2000 Hz"):
        train(faster)
    reader = slice_reader.SliceReader(manifest, CLIP)
    with pytest.raises(ValueError, match="batch_size"):
        tf_data.evaluation_dataset(manifest, SPEC, reader, batch_size=0)
