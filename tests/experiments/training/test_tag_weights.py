"""Weights of tags: bounded, mean 1, higher for what is rare or bad."""

import numpy as np
import pytest

from experiments.training import tag_weights
from tftag import tags


def labels(seed=0, recordings=200, shares=(0.5, 0.2, 0.05, 0.01)):
    generator = np.random.default_rng(seed)
    drawn = generator.random((recordings, len(shares))) < np.array(shares)
    return drawn.astype(np.float32)


@pytest.mark.parametrize("seed", range(5))
def test_bounded_has_mean_one_within_bounds(seed):
    generator = np.random.default_rng(seed)
    weights = np.exp(generator.normal(0, 1.5, 30))
    found = tag_weights.bounded(weights)
    assert found.mean() == pytest.approx(1.0, abs=1e-5)
    assert found.min() >= 0.5
    assert found.max() <= 4.0
    order = np.argsort(weights)
    assert np.all(np.diff(found[order]) >= 0)
    np.testing.assert_allclose(
        tag_weights.bounded(weights * 17), found, rtol=1e-5
    )


def test_bounded_leaves_ones_alone():
    np.testing.assert_allclose(tag_weights.bounded(np.ones(5)), 1.0)


def test_rare_tags_weigh_more():
    found = tag_weights.by_frequency(labels())
    assert np.all(np.diff(found) >= 0)
    assert found.mean() == pytest.approx(1.0, abs=1e-5)
    never = tag_weights.by_frequency(np.zeros((10, 3), np.float32))
    np.testing.assert_allclose(never, 1.0)


def test_a_perfect_tag_is_one_over_chance_and_a_blind_one_zero():
    truth = labels()
    scores = np.zeros_like(truth)
    scores[:, 0] = truth[:, 0]
    found = tag_weights.over_chance(truth, scores)
    assert found[0] == pytest.approx(1.0)
    np.testing.assert_allclose(found[1:], 0.0, atol=1e-9)
    truth[:, 3], truth[:, 2] = 0, 1
    assert np.all(np.isnan(tag_weights.over_chance(truth, scores)[2:]))


def test_the_worst_tag_is_raised_and_the_best_lowered_within_bounds():
    weights = np.ones(5, np.float32)
    scores = np.array([0.9, 0.1, 0.5, np.nan, 0.6])
    first = tag_weights.adapted(weights, scores)
    assert first[1] == first.max() > 1.0
    assert first[0] == first.min() < 1.0
    for _ in range(50):
        weights = tag_weights.adapted(weights, scores)
        assert weights.mean() == pytest.approx(1.0, abs=1e-5)
        assert 0.5 - 1e-6 <= weights.min() <= weights.max() <= 4.0 + 1e-6
    assert np.argmax(weights) == 1
    unknown = np.full(5, np.nan)
    np.testing.assert_allclose(tag_weights.adapted(weights, unknown), weights)


def test_a_tenth_is_held_out_and_no_artist_is_on_both_sides():
    table = labels(recordings=120)
    artists = [f"artist {n // 4}" for n in range(120)]
    held = tag_weights.held_out(artists, table, seed=3)
    assert 6 <= held.sum() <= 24
    sides = {}
    for artist, side in zip(artists, held, strict=True):
        assert sides.setdefault(artist, side) == side
    np.testing.assert_array_equal(
        held, tag_weights.held_out(artists, table, seed=3)
    )


def test_equal_audio_is_on_one_side_whoever_made_it():
    artists = [f"artist {n // 4}" for n in range(120)]
    # The first recordings of two artists each are one.
    audio = [f"{n // 8}" if n % 4 == 0 else f"own {n}" for n in range(120)]
    table = labels(recordings=120)
    apart = tag_weights.held_out(artists, table, 3)
    held = tag_weights.held_out(artists, table, 3, audio)
    assert (apart[::8] != apart[4::8]).any()
    np.testing.assert_array_equal(held[::8], held[4::8])


def test_one_artist_cannot_be_held_out():
    with pytest.raises(ValueError):
        tag_weights.held_out(["one"] * 20, labels(recordings=20), seed=0)


def test_weights_come_from_a_file_by_name(tmp_path):
    vocabulary = tags.TagVocabulary(("rock", "jazz"))
    path = tmp_path / "weights.csv"
    path.write_text("tag,weight\nJazz,2\ngenre---rock,0.5\nother,1\n")
    found = tag_weights.from_file(str(path), vocabulary)
    np.testing.assert_array_equal(found, np.float32([0.5, 2.0]))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separators_of_tables_separate_weights(tmp_path, separator):
    vocabulary = tags.TagVocabulary(("rock, pop", "jazz"))
    path = tmp_path / "weights.csv"
    rows = [("note", "Weight ", "TAG"), ("x", "2", "Jazz")]
    rows.append(("", "0.5", '"Rock, Pop"'))
    text = "\r\n".join(map(separator.join, rows))
    for head in ("", "\ufeff", f"sep={separator}\n"):
        path.write_text(head + text, encoding="utf-8")
        found = tag_weights.from_file(str(path), vocabulary)
        np.testing.assert_array_equal(found, np.float32([0.5, 2.0]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tag,weight\nrock,1\n", "Every tag .* Received: none for jazz"),
        ("tag,weight\nrock,x\njazz,1\n", "must be a number.*'x' for 'rock'"),
        ("tag,weight\nrock,-1\njazz,1\n", "must be a number"),
        ("tag,weight\nrock,1\njazz,1\nRock,2\n", "one weight.*'rock' .*line 4"),
        ("name,value\nrock,1\n", "columns tag and weight"),
        ("", "columns tag and weight"),
    ],
)
def test_bad_files_say_what_is_wrong(tmp_path, text, message):
    vocabulary = tags.TagVocabulary(("rock", "jazz"))
    path = tmp_path / "weights.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        tag_weights.from_file(str(path), vocabulary)


def test_an_unknown_choice_is_a_missing_file():
    with pytest.raises(FileNotFoundError, match="Received: 'frequncy'"):
        tag_weights.from_file("frequncy", tags.TagVocabulary(("rock",)))
