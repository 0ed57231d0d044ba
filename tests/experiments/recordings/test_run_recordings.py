"""A run takes the splits there are, and refuses data that do not fit."""

import pytest
import tone_manifest
import tone_training

from experiments.recordings import run_recordings


def test_every_split_goes_to_its_use(tmp_path):
    made = tone_manifest.make(tmp_path / "data", test=6)
    settings = tone_training.settings(data=str(made.folder))
    read = run_recordings.read(settings)
    assert read.fingerprint == made.fingerprint
    parts = run_recordings.parts(settings, read)
    assert [part.split_counts for part in parts] == [
        {"train": 16},
        {"validation": 8},
        {"test": 6},
    ]
    without = read.subset(range(24))
    train, validation, test = run_recordings.parts(settings, without)
    assert (len(train.tracks), len(validation.tracks), test) == (16, 8, None)
    settings = tone_training.settings(train_on="all")
    assert run_recordings.parts(settings, read) == (read, None, None)


def test_splits_that_are_missing_are_named(tmp_path):
    made = tone_manifest.make(tmp_path / "data", train=8, validation=0)
    with pytest.raises(ValueError, match="validation split; --train-on all"):
        run_recordings.parts(tone_training.settings(), made)


def test_data_of_another_rate_are_refused(tmp_path):
    tone_manifest.make(tmp_path / "data", train=2, validation=0)
    settings = tone_training.settings(
        data=str(tmp_path / "data"), sample_rate_hz=16_000
    )
    with pytest.raises(ValueError, match="16000 Hz.*8000 Hz.*--sample-rate-hz"):
        run_recordings.read(settings)


@pytest.mark.parametrize(
    ("settings", "package", "place"),
    [
        (
            tone_training.settings(),
            "synthetic",
            run_recordings.SYNTHETIC_FOLDER,
        ),
        (
            tone_training.dual_settings(),
            "synthetic_unseen",
            run_recordings.UNSEEN_FOLDER,
        ),
    ],
)
def test_the_embedded_set_is_made_when_no_data_are_named(
    tmp_path, monkeypatch, settings, package, place
):
    asked = []

    def make(folder, sample_rate_hz):
        asked.append((folder, sample_rate_hz))
        return tone_manifest.make(tmp_path / "data").folder

    monkeypatch.setattr(getattr(run_recordings, package), "make", make)
    assert len(run_recordings.read(settings).tracks) == 24
    assert asked == [(place, tone_manifest.RATE_HZ)]


def test_the_sample_is_the_same_every_time(tmp_path):
    made = tone_manifest.make(tmp_path / "data", train=110, validation=0)
    first = run_recordings.sample(made, seed=2)
    assert len(first.tracks) == run_recordings.TRAIN_SAMPLE
    assert first.tracks == run_recordings.sample(made, seed=2).tracks
    assert first.tracks != run_recordings.sample(made, seed=3).tracks
