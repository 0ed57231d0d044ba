"""Figures on seen and unseen tags against slow, obvious references."""

import json

import numpy as np
import pytest
from sklearn import metrics as reference

from tftag import metrics, zero_shot
from tftag.zero_shot import tag_split

NAMES = tuple(f"tag {letter}" for letter in "abcdefghijklmno")
SPLIT = tag_split.TagSplit(
    tuple(n for at, n in enumerate(NAMES) if at % 3),
    NAMES[::3],
)
SEEN, UNSEEN = SPLIT.places(NAMES)
FIGURES = ("map", "roc_auc", "p_at_10", "r_precision")


def _random(seed, recordings=40):
    """Scores with ties; row 0 has no tag, row 1 all, row 2 only unseen."""
    rng = np.random.default_rng(seed)
    truth = rng.random((recordings, len(NAMES))) < 0.3
    truth[0], truth[1] = False, True
    truth[2, SEEN] = False
    scores = np.round(rng.normal(size=truth.shape) + truth, 1)
    return truth.astype(int), scores


def _values(result):
    """Every figure's value, by its place in the result."""
    if "value" in result:
        return {(): result["value"]}
    return {
        (key, *path): value
        for key, part in result.items()
        if isinstance(part, dict)
        for path, value in _values(part).items()
    }


@pytest.mark.parametrize("seed", range(3))
def test_tag_to_recordings_is_the_summary_of_the_columns(seed):
    truth, scores = _random(seed)
    result = zero_shot.evaluate(truth, scores, NAMES, SPLIT, draws=20)
    found = result["tag_to_recordings"]
    for side, tags in (("seen", SEEN), ("unseen", UNSEEN), ("both", range(15))):
        tags = list(tags)
        expected = metrics.summarize(truth[:, tags], scores[:, tags], draws=20)
        found[side]["map"].pop("random_order")
        for name in FIGURES:
            assert found[side][name] == expected[name]
        assert found[side]["tags_counted"] == len(tags)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("side, tags", [("seen", SEEN), ("unseen", UNSEEN)])
def test_recording_to_tags_ranks_right_tags_among_those_it_lacks(
    seed, side, tags
):
    truth, scores = _random(seed)
    result = zero_shot.evaluate(truth, scores, NAMES, SPLIT, draws=0)
    found = result["recording_to_tags"]["among_all"][side]
    expected = {name: [] for name in (*FIGURES, "chance", "ceiling")}
    for row in range(len(truth)):
        listed = [t for t in range(15) if t in tags or not truth[row, t]]
        right = [truth[row, t] and t in tags for t in listed]
        if not any(right):
            continue
        given = scores[row, listed]
        hits = [right[at] for at in np.argsort(-given, kind="stable")]
        expected["map"].append(reference.average_precision_score(right, given))
        if not all(right):
            expected["roc_auc"].append(reference.roc_auc_score(right, given))
        expected["p_at_10"].append(np.mean(hits[:10]))
        expected["r_precision"].append(np.mean(hits[: sum(right)]))
        expected["chance"].append(np.mean(right))
        expected["ceiling"].append(np.mean(sorted(right)[::-1][:10]))
    for name in FIGURES:
        assert found[name]["value"] == pytest.approx(
            np.mean(expected[name]), abs=1e-9
        )
        assert found[name]["recordings_counted"] == len(expected[name])
        assert found[name]["ci95"] is None
    assert found["map"]["chance"] == pytest.approx(np.mean(expected["chance"]))
    assert found["p_at_10"]["ceiling"] == pytest.approx(
        np.mean(expected["ceiling"])
    )


def test_both_ranks_all_tags_and_own_only_the_side():
    truth, scores = _random(3)
    result = zero_shot.evaluate(truth, scores, NAMES, SPLIT, draws=0)
    found = result["recording_to_tags"]
    for part, tags in (
        (found["among_all"]["both"], range(15)),
        (found["among_own"]["seen"], SEEN),
        (found["among_own"]["unseen"], UNSEEN),
    ):
        tags = list(tags)
        expected = metrics.average_precision(
            truth[:, tags].T, scores[:, tags].T
        )
        assert part["map"]["value"] == pytest.approx(np.nanmean(expected))
        hits = metrics.recording_precision_at(truth[:, tags], scores[:, tags])
        assert part["p_at_10"]["value"] == pytest.approx(np.nanmean(hits))


def test_favouring_seen_tags_shows_only_where_tags_compete():
    truth, scores = _random(4)
    fair = zero_shot.evaluate(truth, scores, NAMES, SPLIT, draws=0)
    scores[:, SEEN] += 100
    biased = zero_shot.evaluate(truth, scores, NAMES, SPLIT, draws=0)
    for path, value in _values(fair).items():
        if "among_all" not in path:
            assert _values(biased)[path] == pytest.approx(value)
    joint = biased["recording_to_tags"]["among_all"]
    before = fair["recording_to_tags"]["among_all"]
    assert joint["unseen"]["map"]["value"] < before["unseen"]["map"]["value"]
    assert joint["unseen"]["map"]["value"] < joint["seen"]["map"]["value"]
    assert (
        joint["harmonic_mean"]["map"]["value"]
        < before["harmonic_mean"]["map"]["value"]
    )


def test_harmonic_mean_is_of_the_two_sides():
    truth, scores = _random(5)
    result = zero_shot.evaluate(truth, scores, NAMES, SPLIT, draws=50)
    for part in (
        result["tag_to_recordings"],
        result["recording_to_tags"]["among_all"],
    ):
        for name in FIGURES:
            one, two = (part[s][name]["value"] for s in ("seen", "unseen"))
            mean = part["harmonic_mean"][name]
            assert mean["value"] == pytest.approx(2 / (1 / one + 1 / two))
            low, high = mean["ci95"]
            assert low < mean["value"] < high


@pytest.mark.parametrize("seed", range(3))
def test_orders_and_increasing_changes_leave_the_figures(seed):
    rng = np.random.default_rng(seed)
    truth = rng.random((30, 15)) < 0.3
    scores = rng.normal(size=truth.shape) + truth
    before = _values(zero_shot.evaluate(truth, scores, NAMES, SPLIT, draws=0))
    rows, tags = rng.permutation(30), rng.permutation(15)
    moved = zero_shot.evaluate(
        truth[rows][:, tags],
        np.exp(scores[rows][:, tags]),
        [NAMES[tag] for tag in tags],
        SPLIT,
        draws=0,
    )
    assert _values(moved) == pytest.approx(before, abs=1e-12)


def test_random_order_is_what_shuffled_scores_reach():
    truth, _ = _random(9)
    rng = np.random.default_rng(0)
    results = [
        zero_shot.evaluate(
            truth, rng.random(truth.shape), NAMES, SPLIT, draws=0
        )
        for _ in range(30)
    ]
    for direction in (
        lambda result: result["tag_to_recordings"],
        lambda result: result["recording_to_tags"]["among_all"],
    ):
        for side in ("seen", "unseen", "both"):
            level = direction(results[0])[side]["map"]["random_order"]
            means = [direction(r)[side]["map"]["value"] for r in results]
            assert np.mean(means) == pytest.approx(level, abs=0.014)
            assert level > direction(results[0])[side]["map"]["chance"] + 0.02


def test_perfect_scores_reach_one_and_the_ceiling():
    truth, _ = _random(6)
    result = zero_shot.evaluate(truth, truth, NAMES, SPLIT, draws=0)
    for path, value in _values(result).items():
        if "p_at_10" not in path:
            assert value == pytest.approx(1.0)
    for side in ("seen", "unseen", "both"):
        figure = result["recording_to_tags"]["among_all"][side]["p_at_10"]
        assert figure["value"] == pytest.approx(figure["ceiling"])


def test_result_is_json_and_counts_its_tags():
    truth, scores = _random(7)
    result = zero_shot.evaluate(truth, scores, NAMES, SPLIT, draws=10)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert (result["seen_tags"], result["unseen_tags"]) == (10, 5)
    again = zero_shot.evaluate(truth, scores, NAMES, SPLIT, draws=10)
    assert again == result


def test_refuses_what_has_no_figure():
    truth, scores = _random(8)
    with pytest.raises(ValueError, match="both be"):
        zero_shot.evaluate(truth, scores[:, :3], NAMES, SPLIT)
    with pytest.raises(ValueError, match="`names` must"):
        zero_shot.evaluate(truth, scores, NAMES[:3], SPLIT)
    with pytest.raises(ValueError, match="`names` must name each"):
        zero_shot.evaluate(truth[:, :3], scores[:, :3], NAMES, SPLIT)
    with pytest.raises(ValueError, match="finite"):
        zero_shot.evaluate(truth, scores * np.nan, NAMES, SPLIT)
    truth[:, UNSEEN] = 0
    with pytest.raises(ValueError, match="none for the 5 unseen"):
        zero_shot.evaluate(truth, scores, NAMES, SPLIT)
