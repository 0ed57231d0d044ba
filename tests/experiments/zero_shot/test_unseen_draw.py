"""A draw scores all tags by methods that never saw the unseen ones."""

import keras_checks
import numpy as np
import pytest
import tone_manifest
import tone_training

from experiments.recordings import unseen_tags
from experiments.runs import run_folder
from experiments.scoring import evaluation
from experiments.settings import flags
from experiments.training import dual_encoder_training, tagger_training
from experiments.training.transfer_learning import cached_clips, vector_cache
from experiments.zero_shot import unseen_draw
from tftag.words import sources

pytestmark = [pytest.mark.usefixtures("no_graphs"), pytest.mark.slow]


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("draw")
    # An odd number of artists: each has high and low tones.
    made = tone_manifest.make(
        folder / "data", train=20, validation=0, test=12, artists=5, seconds=1.0
    )
    settings = tone_training.dual_settings(train_on="all")
    plan = unseen_tags.plan(
        settings.protocol,
        made.split("train"),
        made.split("test"),
        {"unseen": ("noise",)},
    )
    (folder / "run").mkdir()
    return settings, plan, sources.shipped(), folder / "run"


def test_every_method_scores_every_tag_and_is_kept(done, monkeypatch):
    _, plan, *_ = done
    found, seconds = unseen_draw.run_draw(*done)
    assert set(found) == set(seconds) == set(unseen_draw.METHODS)
    for scores in found.values():
        assert scores.shape == (len(plan.test.tracks), 3)
        assert np.isfinite(scores).all()
    for method in (unseen_draw.DUAL, unseen_draw.RANDOM):
        assert np.abs(found[method]).max() <= 1 + 1e-5

    def refuse(*_):
        raise AssertionError("trained")

    monkeypatch.setattr(unseen_draw, "_train_and_score", refuse)
    again, _ = unseen_draw.run_draw(*done)
    for method, scores in found.items():
        np.testing.assert_array_equal(again[method], scores)


@pytest.mark.parametrize(
    "values",
    [
        {"body": "own"},
        # No text tower is trained.
        {"body": "outputs", "dim": 128, "text_units": 256, "word_noise": 0.0},
    ],
)
def test_towers_on_a_body_that_stays_are_of_vectors_computed_once(
    done, tmp_path, monkeypatch, values
):
    settings, plan, vectors, _ = done
    seen, test = plan.learnt, plan.test
    monkeypatch.setenv("TFTAG_CACHE", str(tmp_path / "cache"))
    of_tagger = flags.replace(
        dual_encoder_training.tagger_settings(settings), {"average_decay": 0.0}
    )
    start = run_folder.RunDir(tmp_path, "baseline", "start")
    start.write_json("config.json", flags.leaves(of_tagger))
    start.write_json("data.json", {"tags": list(plan.split.seen)})
    body = tagger_training.train_tagger(of_tagger, seen, None, start).model
    settings = flags.replace(
        settings,
        {
            **values,
            "init_from": str(start.path),
            "freeze": True,
            "head_units": 8,
            "head_members": 2,
            "head_components": 4,
            "average_decay": 0.0,
            "epochs": 3,
        },
    )
    # Whatever is heard twice is heard while it is computed.
    heard = []
    compute = vector_cache._compute

    def counted(body, manifest, rows, *more):
        heard.extend(manifest.tracks[row].track_id for row in rows)
        return compute(body, manifest, rows, *more)

    monkeypatch.setattr(vector_cache, "_compute", counted)
    folder = tmp_path / "draw"
    folder.mkdir()
    found, _ = unseen_draw.run_draw(settings, plan, vectors, folder)
    assert sorted(heard) == sorted(
        track.track_id for part in (seen, test) for track in part.tracks
    )
    for scores in found.values():
        assert scores.shape == (len(test.tracks), 3)
        assert np.isfinite(scores).all()
    trained = dual_encoder_training.train(
        settings, seen, None, vectors, run_folder.RunDir(tmp_path, "", "again")
    )
    keras_checks.check_same_weights(trained.model.backbone, body.backbone)
    cached = dual_encoder_training.embed_recordings(
        trained.model, test, settings
    )
    by_network = cached_clips.embed(
        trained.model,
        evaluation.clip_vectors(trained.model.body(), test, settings.audio, 4),
    )
    np.testing.assert_allclose(cached, by_network, atol=1e-5)
    tags = dual_encoder_training.embed_tags(
        trained.model, test.vocabulary.names, vectors
    )
    np.testing.assert_allclose(
        found[unseen_draw.DUAL], cached @ tags.T, atol=1e-5
    )
