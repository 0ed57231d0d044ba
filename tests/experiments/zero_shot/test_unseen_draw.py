"""A draw scores all tags by methods that never saw the unseen ones."""

import dataclasses

import numpy as np
import pytest
import tone_manifest

from experiments.settings import dual_encoder_config, flags
from experiments.zero_shot import unseen_draw
from tftag.words import sources
from tftag.zero_shot import tag_split

SPLIT = tag_split.TagSplit(("high", "low"), ("noise",))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("draw")
    # An odd number of artists: each has high and low tones.
    made = tone_manifest.make(
        folder / "data", train=20, validation=0, test=12, artists=5, seconds=1.0
    )
    settings = flags.replace(
        dual_encoder_config.demo(),
        {
            **tone_manifest.SMALL,
            "epochs": 1,
            "dim": 8,
            "text_units": 16,
            "heads_epochs": 2,
            "train_on": "all",
        },
    )
    train, test = made.split("train"), made.split("test")
    asked = (SPLIT, sources.shipped(), folder / "run")
    (folder / "run").mkdir()
    return settings, train, test, asked


def test_every_method_scores_every_tag_and_is_kept(done, monkeypatch):
    settings, train, test, asked = done
    draw = unseen_draw.run_draw(settings, train, test, *asked)
    assert set(draw.scores) == set(unseen_draw.METHODS)
    for scores in draw.scores.values():
        assert scores.shape == (len(test.tracks), 3)
        assert np.isfinite(scores).all()
    for method in (unseen_draw.DUAL, unseen_draw.RANDOM):
        assert np.abs(draw.scores[method]).max() <= 1 + 1e-5
    assert draw.recordings == len(train.tracks)

    def refuse(*_):
        raise AssertionError("trained")

    monkeypatch.setattr(unseen_draw, "_train_and_score", refuse)
    again = unseen_draw.run_draw(settings, train, test, *asked)
    for method, scores in draw.scores.items():
        np.testing.assert_array_equal(again.scores[method], scores)


def test_a_test_recording_in_training_is_refused(done):
    settings, train, test, asked = done
    mixed = dataclasses.replace(train, tracks=(*train.tracks, test.tracks[0]))
    with pytest.raises(ValueError, match="recordings"):
        unseen_draw.run_draw(settings, mixed, test, *asked)
