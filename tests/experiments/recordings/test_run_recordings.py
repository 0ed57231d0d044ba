"""A run takes the splits there are, and refuses data that do not fit."""

import pytest
import tone_manifest

from experiments.recordings import run_recordings
from experiments.settings import baseline_config, dual_encoder_config, flags


def settings_of(**values):
    return flags.replace(
        baseline_config.demo(), {**tone_manifest.SMALL, **values}
    )


def test_every_split_goes_to_its_use(tmp_path):
    made = tone_manifest.make(tmp_path / "data", test=6)
    read = run_recordings.read(settings_of(data=str(tmp_path / "data")))
    assert read.fingerprint == made.fingerprint
    parts = run_recordings.parts(settings_of(), read)
    assert [len(part.tracks) for part in parts] == [16, 8, 6]
    assert [set(part.split_counts) for part in parts] == [
        {"train"},
        {"validation"},
        {"test"},
    ]


def test_without_a_test_split_there_is_none(tmp_path):
    made = tone_manifest.make(tmp_path / "data")
    train, validation, test = run_recordings.parts(settings_of(), made)
    assert (len(train.tracks), len(validation.tracks), test) == (16, 8, None)


def test_all_are_trained_on_when_that_is_asked(tmp_path):
    made = tone_manifest.make(tmp_path / "data", test=6)
    parts = run_recordings.parts(settings_of(train_on="all"), made)
    assert parts == (made, None, None)


def test_splits_that_are_missing_are_named(tmp_path):
    made = tone_manifest.make(tmp_path / "data", train=8, validation=0)
    with pytest.raises(ValueError, match="validation split; --train-on all"):
        run_recordings.parts(settings_of(), made)


def test_data_of_another_rate_are_refused(tmp_path):
    tone_manifest.make(tmp_path / "data", train=2, validation=0)
    settings = settings_of(data=str(tmp_path / "data"), sample_rate_hz=16_000)
    with pytest.raises(ValueError, match="16000 Hz.*8000 Hz.*--sample-rate-hz"):
        run_recordings.read(settings)


@pytest.mark.parametrize(
    ("config", "package", "place"),
    [
        (baseline_config, "synthetic", run_recordings.SYNTHETIC_FOLDER),
        (dual_encoder_config, "synthetic_unseen", run_recordings.UNSEEN_FOLDER),
    ],
)
def test_the_embedded_set_is_made_when_no_data_are_named(
    tmp_path, monkeypatch, config, package, place
):
    asked = []

    def make(folder, sample_rate_hz):
        asked.append((folder, sample_rate_hz))
        return tone_manifest.make(tmp_path / "data").folder

    monkeypatch.setattr(getattr(run_recordings, package), "make", make)
    settings = flags.replace(config.demo(), tone_manifest.SMALL)
    assert len(run_recordings.read(settings).tracks) == 24
    assert asked == [(place, tone_manifest.RATE_HZ)]


def test_the_sample_is_the_same_every_time(tmp_path):
    made = tone_manifest.make(tmp_path / "data", train=110, validation=0)
    first = run_recordings.sample(made, seed=2)
    assert len(first.tracks) == run_recordings.TRAIN_SAMPLE
    assert first.tracks == run_recordings.sample(made, seed=2).tracks
    assert first.tracks != run_recordings.sample(made, seed=3).tracks
