"""Requests that are joined are answered as if each were alone."""

import asyncio

import numpy as np
import pytest
import signature_inputs
import tensorflow as tf
import tiny_tagger

from tftag import audio
from tftag.server.admission import refusals
from tftag.server.models import served_version


@pytest.fixture(scope="module")
def version(encoder_folder):
    counts = []
    made = served_version.ServedVersion(
        "dual", 1, encoder_folder, counts.append
    )
    made.counts = counts
    yield made
    made.drain()


def ask(version, *requests):
    """Asks at once, so that what fits is joined."""

    async def all_of_them():
        return await asyncio.gather(
            *(version.predict(name, inputs) for name, inputs in requests)
        )

    return asyncio.run(all_of_them())


def inputs_of(version, name, rows):
    found = signature_inputs.inputs_of(version.tagger.signatures[name], rows)
    return {key: value.numpy() for key, value in found.items()}


@pytest.mark.parametrize("name", signature_inputs.OF_DUAL_ENCODERS)
def test_joined_requests_are_answered_as_alone(version, name):
    whole = inputs_of(version, name, 4)
    parts = [
        {key: value[rows] for key, value in whole.items()}
        for rows in (slice(0, 1), slice(1, 3), slice(3, 4))
    ]
    together = ask(version, *((name, part) for part in parts))
    for part, found in zip(parts, together, strict=True):
        (alone,) = ask(version, (name, part))
        assert found.keys() == alone.keys()
        for key, value in alone.items():
            if value.dtype == object:
                np.testing.assert_array_equal(found[key], value)
            else:
                np.testing.assert_allclose(found[key], value, atol=1e-5)


def test_padded_rows_of_several_lengths_are_joined(version):
    requests, clip = [], tiny_tagger.CLIP
    for seed, samples in enumerate((clip + 100, clip + 7, 2 * clip - 1)):
        waveform = tiny_tagger.music(samples, seed)[np.newaxis]
        lengths = np.array([samples], np.int64)
        inputs = {"waveform": waveform, "length_samples": lengths}
        requests.append(("tag_batch", inputs))
    before = len(version.counts)
    together = ask(version, *requests)
    assert max(version.counts[before:]) > 1
    for (_, inputs), found in zip(requests, together, strict=True):
        alone = version.tagger.tag_samples(inputs["waveform"][0])
        np.testing.assert_allclose(
            found["probabilities"][0], alone.probabilities, atol=1e-5
        )


def test_timelines_of_bytes_keep_their_own_length(version):
    """Beside a longer one, a row would be answered with clips it has not."""
    short, long = (
        {"wav": np.array([signature_inputs.wav_bytes(sound)], object)}
        for sound in (
            tiny_tagger.music(tiny_tagger.CLIP, 1),
            tiny_tagger.music(5 * tiny_tagger.CLIP, 2),
        )
    )
    found = ask(version, ("timeline_wav", short), ("timeline_wav", long))
    assert [one["start_seconds"].shape[1] for one in found] == [1, 5]


def test_strings_that_are_asked_of_every_row_are_not_joined(version):
    wav = inputs_of(version, "score_wav", 2)["wav"]
    asked = {"wav": wav, "strings": np.array([b"rock", b"jazz"], object)}
    both = ask(version, ("score_wav", asked), ("score_wav", asked))
    for found in both:
        assert found["score"].shape == (2, 2)


def test_clips_of_several_recordings_share_the_network(version):
    recordings = [
        audio.to_full_scale(tiny_tagger.music(samples, samples)).samples
        for samples in (1, 900, 3 * tiny_tagger.CLIP + 5, 20 * tiny_tagger.CLIP)
    ]

    async def all_of_them():
        return await asyncio.gather(*map(version.run_clips, recordings))

    outputs = asyncio.run(all_of_them())
    for samples, one in zip(recordings, outputs, strict=True):
        expected = version.tagger.tag_samples(samples)
        found = version.tagger.recording_of(one["probabilities"])
        np.testing.assert_allclose(
            found.calibrated, expected.calibrated, atol=1e-5
        )
        vector = version.tagger.vector_of(one["embedding"])
        np.testing.assert_allclose(
            vector, version.tagger.embed_batch([samples])[0], atol=1e-5
        )


def test_a_shape_that_does_not_fit_is_refused(version):
    with pytest.raises(refusals.Refused, match="must have the shape"):
        ask(version, ("timeline", {"waveform": np.zeros(3, np.float32)}))
    with pytest.raises(refusals.Refused, match='"no" not found'):
        version.inputs("no")


@pytest.mark.parametrize("name", ["timeline_wav", "embed_text"])
def test_a_large_request_is_answered_as_in_one_run(version, name):
    if name == "embed_text":
        strings = [b"rock", b"jazz", b"zzqx"] * 23
        inputs = {"strings": np.array(strings, object)}
    else:
        sounds = [signature_inputs.wav_bytes(tiny_tagger.music(40, 1))] * 40
        longer = tiny_tagger.music(3 * tiny_tagger.CLIP, 2)
        sounds[35], sounds[39] = signature_inputs.wav_bytes(longer), b"none"
        inputs = {"wav": np.array(sounds, object)}
    (found,) = ask(version, (name, inputs))
    tensors = {key: tf.constant(value) for key, value in inputs.items()}
    expected = version.tagger.signatures[name](**tensors)
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        if value.dtype == tf.string:
            np.testing.assert_array_equal(found[key], value.numpy())
        else:
            np.testing.assert_allclose(found[key], value, atol=1e-5)


def test_of_a_request_that_is_given_up_no_more_is_run(version):
    """The others have had their turn in between, too."""
    asked = {"row": np.zeros(4_096, np.int64)}
    run, order = version._run, []

    def note(key, inputs):
        order.append(len(inputs["row"]))
        return run(key, inputs)

    async def give_up():
        large = asyncio.ensure_future(version.predict("tag_names", asked))
        while len(order) < 2:
            await asyncio.sleep(0.001)
        one = {"row": np.zeros(1, np.int64)}
        small = await version.predict("tag_names", one)
        assert small["tags"].shape[0] == 1 and not large.done()
        large.cancel()
        await asyncio.gather(large, return_exceptions=True)
        after = len(order)
        await version.predict("tag_names", one)
        return after

    version._rows._run = note
    try:
        after = asyncio.run(give_up())
    finally:
        version._rows._run = run
    assert len(order) <= after + 2 < 64
    assert max(order) <= 32 + 1


def test_an_answer_that_is_too_large_is_refused_before_it_is_run(
    version, monkeypatch
):
    monkeypatch.setattr(served_version, "_MOST_VALUES", 100)
    before = len(version.counts)
    with pytest.raises(refusals.Refused, match="100 values.*Received: 384,"):
        ask(version, ("tag_names", {"row": np.zeros(4_096, np.int64)}))
    assert len(version.counts) - before < 5
