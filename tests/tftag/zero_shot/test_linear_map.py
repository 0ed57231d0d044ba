"""The linear map: its closed form, what it finds, what it must not read."""

import numpy as np
import pytest

from tftag import metrics
from tftag.words import unit_vectors
from tftag.zero_shot import linear_map


def _world(seed, recordings=300, tags=40, dim=6):
    """Tags that are directions of a space which is seen through a mixture."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(tags, dim))
    sound = rng.normal(size=(recordings, dim))
    logits = sound @ vectors.T + rng.normal(size=(recordings, tags))
    labels = (logits > np.quantile(logits, 0.75, axis=0)).astype(float)
    mixture = rng.normal(size=(dim, 12))
    noise = 0.1 * rng.normal(size=(recordings, 12))
    return sound @ mixture + noise + 3, labels, vectors


@pytest.mark.parametrize("seed", range(3))
def test_ranks_tags_that_it_never_saw(seed):
    embeddings, labels, vectors = _world(seed)
    fitted = linear_map.linear_map(
        embeddings[:200], labels[:200, :30], vectors[:30]
    )
    scores = fitted.score(embeddings[200:], vectors[30:])
    assert metrics.roc_auc(labels[200:, 30:], scores).mean() > 0.85


def test_equals_the_closed_form_written_out():
    embeddings, labels, vectors = _world(0)
    fitted = linear_map.linear_map(embeddings, labels, vectors)
    x = embeddings - embeddings.mean(axis=0)
    y = (labels - labels.mean(axis=0)) / labels.std(axis=0)
    s = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    gram, words = x.T @ x, s.T @ s
    gram += fitted.embedding_ridge * np.trace(gram) / 12 * np.eye(12)
    words += fitted.word_ridge * np.trace(words) / 6 * np.eye(6)
    expected = np.linalg.inv(gram) @ x.T @ y @ s @ np.linalg.inv(words)
    np.testing.assert_allclose(fitted.matrix, expected, rtol=1e-6, atol=1e-9)


def test_the_ridges_chosen_are_the_best_on_what_was_left_out():
    embeddings, labels, vectors = _world(5, recordings=100)
    vectors = unit_vectors.unit(vectors, "vectors")
    rng = np.random.default_rng(7)
    tag_fold = rng.permutation(40) % 5
    row_fold = rng.permutation(100) % 5
    means = {}
    for one in linear_map.RIDGES:
        for other in linear_map.RIDGES:
            areas = []
            for fold in range(5):
                rows, tags = row_fold == fold, tag_fold == fold
                fitted = linear_map._Parts(
                    embeddings[~rows], labels[~rows][:, ~tags], vectors[~tags]
                ).fit(one, other)
                scores = fitted.score(embeddings[rows], vectors[tags])
                areas.extend(metrics.roc_auc(labels[rows][:, tags], scores))
            means[one, other] = np.nanmean(areas)
    fitted = linear_map.linear_map(embeddings, labels, vectors, seed=7)
    chosen = means[fitted.embedding_ridge, fitted.word_ridge]
    assert chosen == pytest.approx(max(means.values()))
    assert chosen > min(means.values())
    again = linear_map.linear_map(embeddings, labels, vectors, seed=7)
    np.testing.assert_array_equal(again.matrix, fitted.matrix)


def test_scale_and_place_of_the_embeddings_change_no_score():
    embeddings, labels, vectors = _world(2)
    scores = linear_map.linear_map(embeddings, labels, vectors).score(
        embeddings, vectors
    )
    moved = 100 * embeddings - 7
    again = linear_map.linear_map(moved, labels, 3 * vectors)
    np.testing.assert_allclose(again.score(moved, vectors / 5), scores)


def test_recordings_of_an_artist_share_a_fold():
    artists = [f"artist {row % 7}" for row in range(70)] + [""] * 30
    artists[:7] = [name.upper().replace(" ", "  ") for name in artists[:7]]
    folds = linear_map._recording_folds(artists, 100, np.random.default_rng(0))
    for artist in range(7):
        assert len(set(folds[artist:70:7])) == 1
    assert set(folds[70:]) == set(range(5))


def test_a_tag_that_all_or_none_carry_does_no_harm():
    embeddings, labels, vectors = _world(3)
    labels[:, 0], labels[:, 1] = 0, 1
    fitted = linear_map.linear_map(embeddings, labels, vectors)
    assert np.isfinite(fitted.matrix).all()


def test_refuses_what_cannot_be_fitted():
    embeddings, labels, vectors = _world(4, recordings=60)
    fit = linear_map.linear_map
    with pytest.raises(ValueError, match="`embeddings` must be"):
        fit(embeddings[1:], labels, vectors)
    with pytest.raises(ValueError, match="3 artists"):
        fit(embeddings, labels, vectors, artists=["a", "b", "c"])
    with pytest.raises(ValueError, match="must be finite"):
        fit(embeddings * np.nan, labels, vectors)
    with pytest.raises(ValueError, match="0 or 1"):
        fit(embeddings, labels / 2, vectors)
    with pytest.raises(ValueError, match="left out"):
        fit(embeddings, labels * 0, vectors)
    with pytest.raises(ValueError, match="left out"):
        fit(embeddings, labels, vectors, artists=["one"] * 60)
    with pytest.raises(ValueError, match="All embeddings are equal"):
        fit(embeddings * 0, labels, vectors)


def test_refuses_to_score_what_is_of_another_space():
    """One number for all dimensions would be a score too, of nothing."""
    embeddings, labels, vectors = _world(0)
    fitted = linear_map.linear_map(embeddings, labels, vectors)
    for wrong in (embeddings[:, :1], embeddings[0], embeddings[:, :11]):
        with pytest.raises(ValueError, match=r"\[recordings, 12\]"):
            fitted.score(wrong, vectors)
    with pytest.raises(ValueError, match=r"\[tags, 6\]"):
        fitted.score(embeddings, vectors[:, :5])
