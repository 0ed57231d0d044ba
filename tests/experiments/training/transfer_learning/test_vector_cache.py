"""Clip vectors on disk are the body's, and are computed once."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
import tone_manifest
import tone_training

from experiments.scoring import evaluation
from experiments.settings import baseline_config, flags
from experiments.training import tagger_training
from experiments.training.transfer_learning import vector_cache
from tftag.models.backbones import backbone


@pytest.fixture(scope="module")
def cached(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cached")
    made = tone_manifest.make(folder / "data", train=6, validation=0)
    settings = tone_training.settings()
    model = tagger_training.build(settings, made)
    clips, lost = vector_cache.clip_vectors(
        model, made, settings.audio, folder / "vectors"
    )
    assert not lost
    return made, settings, model, folder / "vectors", clips


def test_vectors_are_those_of_the_body(cached):
    made, settings, model, _, clips = cached
    own = evaluation.clip_vectors(model.body(), made, settings.audio, 4)
    np.testing.assert_array_equal(clips.rows, own.rows)
    np.testing.assert_allclose(clips.vectors, own.vectors, atol=1e-5)


def test_a_part_of_the_recordings_reads_what_all_computed(cached, monkeypatch):
    made, settings, model, folder, clips = cached

    def compute(*_):
        raise AssertionError("computed again")

    monkeypatch.setattr(vector_cache.evaluation, "clip_vectors", compute)
    part = made.subset(np.array([4, 1]))
    again, _ = vector_cache.clip_vectors(model, part, settings.audio, folder)
    for place, row in enumerate((4, 1)):
        np.testing.assert_array_equal(
            again.vectors[again.rows == place], clips.vectors[clips.rows == row]
        )


def test_what_a_killed_run_has_left_changes_no_bit(
    cached, tmp_path, monkeypatch
):
    made, settings, model, _, _ = cached

    def outputs(_, batch):
        # As rounding does, it depends on all that is in the batch.
        return batch["waveform"][:, :8] + tf.reduce_mean(batch["waveform"])

    monkeypatch.setattr(evaluation, "_outputs", outputs)
    for rows in ([4], [1, 2], range(6)):
        resumed, _ = vector_cache.clip_vectors(
            model, made.subset(np.array(rows)), settings.audio, tmp_path / "a"
        )
    at_once, _ = vector_cache.clip_vectors(
        model, made, settings.audio, tmp_path / "b"
    )
    np.testing.assert_array_equal(resumed.vectors, at_once.vectors)


def test_another_body_or_signal_has_files_of_its_own(cached):
    made, settings, _, folder, clips = cached
    before = set(folder.rglob("*.npy"))
    other = tagger_training.build(dataclasses.replace(settings, seed=1), made)
    found, _ = vector_cache.clip_vectors(other, made, settings.audio, folder)
    assert len(set(folder.rglob("*.npy"))) == 2 * len(before)
    assert np.abs(found.vectors - clips.vectors).max() > 1e-3
    step = dataclasses.replace(settings.audio, clip_step_seconds=0.25)
    found, _ = vector_cache.clip_vectors(other, made, step, folder)
    assert len(found.rows) > len(clips.rows)


def test_heads_of_any_shape_share_them(cached):
    made, settings, model, folder, _ = cached
    before = set(folder.rglob("*.npy"))
    hidden = flags.replace(settings, {"head_units": 8, "dropout": 0.5})
    other = tagger_training.build(hidden, made)
    other.front_end.set_weights(model.front_end.get_weights())
    other.backbone.set_weights(model.backbone.get_weights())
    vector_cache.clip_vectors(other, made, settings.audio, folder)
    assert set(folder.rglob("*.npy")) == before


def test_a_recording_that_cannot_be_read_is_named_and_the_rest_is_kept(
    cached, tmp_path
):
    _, settings, model, _, _ = cached
    made = tone_manifest.make(tmp_path / "data", train=3, validation=0, seed=9)
    path = made.folder / made.tracks[1].path
    path.write_bytes(path.read_bytes()[:200])
    clips, lost = vector_cache.clip_vectors(
        model, made, settings.audio, tmp_path / "vectors"
    )
    assert list(lost) == [made.tracks[1].path]
    assert made.tracks[1].path in lost[made.tracks[1].path]
    assert set(clips.rows) == {0, 2}
    means = clips.means()
    assert not means[1].any() and np.abs(means[[0, 2]]).max(axis=1).all()
    with pytest.raises(ValueError, match=made.tracks[1].path):
        vector_cache.clip_vectors(
            model, made.subset([1]), settings.audio, tmp_path / "vectors"
        )


def test_a_body_without_weights_is_told_by_its_constants(tmp_path, monkeypatch):
    made = tone_manifest.make(tmp_path / "data", train=2, validation=0)
    settings = flags.replace(
        baseline_config.descriptors(), {"clip_seconds": 1.0, "patch_frames": 8}
    )
    model = tagger_training.build(settings, made)
    keys = {vector_cache._body_key(model, settings.audio)}
    body = backbone.ARCHITECTURES["descriptors"]
    assert body.constants
    for place in range(len(body.constants)):
        changed = list(body.constants)
        changed[place] += 1
        monkeypatch.setitem(
            backbone.ARCHITECTURES,
            "descriptors",
            dataclasses.replace(body, constants=tuple(changed)),
        )
        keys.add(vector_cache._body_key(model, settings.audio))
    assert len(keys) == 1 + len(body.constants)
