import json
import shutil

import numpy as np
import pytest
import soundfile
import tensorflow as tf
import tiny_tagger
from alike import assert_alike

from tftag import audio
from tftag.inference import saved_tagger

CLIP = tiny_tagger.CLIP
RATE = tiny_tagger.SPEC.sample_rate_hz


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    """44.1 kHz, stereo, FLAC: three clips and a half."""
    path = tmp_path_factory.mktemp("songs") / "song.flac"
    left = tiny_tagger.music(int(44_100 * CLIP / RATE * 3.5))
    right = tiny_tagger.music(len(left), seed=1)
    stereo = np.stack([left, right], axis=1) / 8
    soundfile.write(path, stereo, 44_100)
    return path


def test_the_card_tells_names_rate_and_thresholds(tagger):
    assert tagger.tag_names == tiny_tagger.NAMES
    assert tagger.sample_rate_hz == RATE
    assert tagger.card["command"] == "tests"
    np.testing.assert_array_equal(
        tagger.thresholds, tiny_tagger.CALIBRATION.thresholds
    )


def test_a_file_is_tagged_as_the_model_scores_it(tagger, song, tagger_model):
    samples = audio.decode_file(song, RATE).samples.astype(np.float32)
    expected = tiny_tagger.reference(tagger_model, samples).mean(axis=0)
    tagged = tagger.tag_file(song)
    np.testing.assert_allclose(tagged.probabilities, expected, atol=1e-5)
    np.testing.assert_allclose(
        tagged.calibrated, tiny_tagger.CALIBRATION.apply(expected), atol=1e-5
    )


def test_prepared_and_original_file_are_tagged_alike(tagger, song, tmp_path):
    prepared = tmp_path / "prepared.wav"
    audio.write_wav(prepared, audio.decode_file(song, RATE).samples, RATE)
    np.testing.assert_array_equal(
        tagger.tag_file(song).probabilities,
        tagger.tag_file(prepared).probabilities,
    )


def test_scale_and_kind_of_numbers_do_not_matter(tagger, song):
    samples = audio.decode_file(song, RATE).samples
    expected = tagger.tag_samples(samples).probabilities
    for same in (samples / 32_768, samples.astype(np.int32), list(samples)):
        np.testing.assert_allclose(
            tagger.tag_samples(same).probabilities, expected, atol=1e-6
        )


def test_a_batch_is_each_alone(tagger):
    batch = [
        tiny_tagger.music(length, seed)
        for seed, length in enumerate((1, CLIP * 11, CLIP, 7, CLIP * 3 // 2))
    ]
    together = tagger.tag_batch(batch)
    assert len(together) == len(batch)
    for samples, tagged in zip(batch, together, strict=True):
        alone = tagger.tag_samples(samples)
        assert_alike(tagged.probabilities, alone.probabilities)
        assert_alike(tagged.calibrated, alone.calibrated)
    assert tagger.tag_batch([]) == []
    stacked = tagger.tag_batch(np.stack([batch[1], batch[1]]))
    np.testing.assert_allclose(
        [one.probabilities for one in stacked],
        [together[1].probabilities] * 2,
        atol=1e-5,
    )


def test_short_recordings_share_the_network(tagger, monkeypatch):
    batches = []
    tag_batch = tagger.tag_batch
    monkeypatch.setattr(
        tagger,
        "tag_batch",
        lambda batch: batches.append(len(batch)) or tag_batch(batch),
    )
    clips = [1] * 9 + [10, 1, 10, 3, 5, 1]
    recordings = [
        tiny_tagger.music(count * CLIP, seed)
        for seed, count in enumerate(clips)
    ]
    read = []

    def read_one_by_one():
        for samples in recordings:
            read.append(len(samples))
            yield samples

    tagged = tagger.tag_each(read_one_by_one())
    first = next(tagged)
    assert len(read) == 9
    for samples, found in zip(recordings, [first, *tagged], strict=True):
        expected = tagger.tag_samples(samples)
        assert_alike(found.probabilities, expected.probabilities)
    assert batches == [8, 1, 1, 1, 1, 2, 1]


def test_the_timeline_adds_up_to_the_recording(tagger, song):
    timeline = tagger.timeline_file(song)
    samples = audio.decode_file(song, RATE).samples
    starts = audio.clip_starts(len(samples), tiny_tagger.SPEC)
    np.testing.assert_allclose(timeline.start_seconds, starts / RATE)
    assert len(starts) == 4
    np.testing.assert_allclose(
        timeline.probabilities.mean(axis=0),
        tagger.tag_file(song).probabilities,
        atol=1e-6,
    )
    np.testing.assert_allclose(
        timeline.calibrated,
        tiny_tagger.CALIBRATION.apply(timeline.probabilities),
        atol=1e-6,
    )


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((2, 5)), r"Received: shape \(2, 5\)"),
        (np.zeros(9), "row [01]: All samples are zero"),
    ],
)
def test_what_is_no_recording_is_refused(tagger, samples, message):
    with pytest.raises(ValueError, match=message):
        tagger.tag_samples(samples)
    with pytest.raises(ValueError, match=message):
        tagger.tag_batch([np.ones(9), samples])


def test_unusable_files_say_why(tagger, tmp_path):
    (tmp_path / "text.mp3").write_text("no music")
    with pytest.raises(audio.UnusableAudio, match="text.mp3"):
        tagger.tag_file(tmp_path / "text.mp3")
    with pytest.raises(FileNotFoundError):
        tagger.timeline_file(tmp_path / "absent.mp3")


@pytest.mark.slow
def test_an_export_of_before_statuses_is_opened(
    tagger, tagger_folder, tmp_path, monkeypatch
):
    """Its answers are numbers alone, and it has fewer signatures."""
    loaded = tf.saved_model.load(str(tagger_folder))

    def of_numbers(name):
        run = loaded.signatures[name]
        _, inputs = run.structured_input_signature

        def numbers(*values):
            answer = run(**dict(zip(inputs, values, strict=True)))
            return {
                key: value
                for key, value in answer.items()
                if value.dtype != tf.string
            }

        return tf.function(numbers, input_signature=list(inputs.values()))

    earlier = tmp_path / "earlier" / "1"
    names = ("serving_default", "tag_batch", "timeline")
    signatures = {name: of_numbers(name) for name in names}
    tf.saved_model.save(loaded, str(earlier), signatures)
    shutil.copytree(
        tagger_folder / "assets", earlier / "assets", dirs_exist_ok=True
    )
    opened = saved_tagger.SavedTagger(earlier)
    batch = [tiny_tagger.music(CLIP * 2), tiny_tagger.music(CLIP)]
    for ours, theirs in zip(
        tagger.tag_batch(batch), opened.tag_batch(batch), strict=True
    ):
        np.testing.assert_array_equal(ours.calibrated, theirs.calibrated)
    monkeypatch.setattr(saved_tagger, "_LONG_SECONDS", 0)
    expected = tagger.tag_samples(batch[0]).probabilities
    fast = saved_tagger.SavedTagger(earlier, starts_fast=True)
    for one in (opened, fast):
        found = one.tag_samples(batch[0]).probabilities
        np.testing.assert_array_equal(found, expected)


def test_no_model_is_told_from_a_damaged_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="with neither"):
        saved_tagger.SavedTagger(tmp_path)
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(ValueError, match="one that tftag wrote"):
        saved_tagger.SavedTagger(tmp_path)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def change_a_weight(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x40
    path.write_bytes(bytes(data))


def drop_a_tag(path):
    card = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**card, "tags": card["tags"][1:]}), "utf-8")


def forget_thresholds(path):
    card = json.loads(path.read_text("utf-8"))
    del card["calibration"]["thresholds"]
    path.write_text(json.dumps(card))


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("saved_model.pb", cut),
        ("variables/variables.data-00000-of-00001", cut),
        ("variables/variables.data-00000-of-00001", change_a_weight),
        ("variables/variables.index", lambda path: path.unlink()),
        ("assets/tftag.json", cut),
        ("assets/tftag.json", forget_thresholds),
        ("assets/tftag.json", drop_a_tag),
    ],
)
def test_a_damaged_model_is_one_clear_error(
    tagger_folder, tmp_path, name, damage
):
    broken = tmp_path / "1"
    shutil.copytree(tagger_folder, broken)
    damage(broken / name)
    with pytest.raises(ValueError, match="damaged.*Received: ") as raised:
        saved_tagger.SavedTagger(broken)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("clips", [2, 7.3, 16, 33.9])
def test_a_long_recording_is_answered_as_a_signature_does(
    tagger, monkeypatch, clips
):
    samples = tiny_tagger.music(int(CLIP * clips))
    samples[: len(samples) // 2] /= 100  # the level is that of the whole
    int16 = audio.to_full_scale(samples).samples
    expected = tagger.tag_samples(int16)
    monkeypatch.setattr(saved_tagger, "_LONG_SECONDS", 0)
    run = tagger._run

    def run_clips(signature, **inputs):
        assert signature == "tag_clips", "passed as a whole"
        return run(signature, **inputs)

    monkeypatch.setattr(tagger, "_run", run_clips)
    for tagged in (tagger.tag_samples(int16), *tagger.tag_each([int16])):
        for name in ("probabilities", "calibrated"):
            np.testing.assert_allclose(
                getattr(tagged, name), getattr(expected, name), atol=1e-6
            )


def test_a_long_timeline_is_that_of_the_signature(
    tagger, monkeypatch, tmp_path
):
    samples = audio.to_full_scale(tiny_tagger.music(int(CLIP * 19.6))).samples
    audio.write_wav(tmp_path / "long.wav", samples, RATE)
    expected = tagger.timeline_file(tmp_path / "long.wav")
    monkeypatch.setattr(saved_tagger, "_LONG_SECONDS", 0)
    found = tagger.timeline_file(tmp_path / "long.wav")
    for name in ("start_seconds", "probabilities", "calibrated"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), atol=1e-6
        )


@pytest.mark.parametrize("wrong", [[0.0], [np.nan], [np.inf]])
def test_what_is_no_recording_is_refused_however_long(
    tagger, monkeypatch, wrong
):
    monkeypatch.setattr(saved_tagger, "_LONG_SECONDS", 0)
    with pytest.raises(ValueError, match="zero|finite"):
        tagger.tag_samples(np.array(wrong * (2 * CLIP), np.float32))


@pytest.mark.slow
@pytest.mark.usefixtures("rewritten_graphs")
def test_what_starts_fast_answers_alike(tagger_folder, monkeypatch):
    fast = saved_tagger.SavedTagger(tagger_folder, starts_fast=True)
    tagger = saved_tagger.SavedTagger(tagger_folder)
    batch = [tiny_tagger.music(CLIP * n, seed=n) for n in (1, 3, 2)]
    # The last is long: signatures do not take it.
    for long_seconds in (saved_tagger._LONG_SECONDS, 0):
        monkeypatch.setattr(saved_tagger, "_LONG_SECONDS", long_seconds)
        for found, expected in zip(
            [*fast.tag_batch(batch), fast.tag_samples(batch[1])],
            [*tagger.tag_batch(batch), tagger.tag_samples(batch[1])],
            strict=True,
        ):
            for name in ("probabilities", "calibrated"):
                np.testing.assert_array_equal(
                    getattr(found, name), getattr(expected, name)
                )
    assert "_python" not in vars(fast)
    assert fast.signatures.keys() == tagger.signatures.keys()
