"""Calibration: what it recovers, what it must leave as it is."""

import json

import numpy as np
import pytest

from tftag import metrics
from tftag.metrics import calibration


def _sigmoid(logits):
    return 1 / (1 + np.exp(-logits))


def _drawn(seed, recordings=1500, tags=12, slope=1.0, shift=0.0):
    """Truth drawn from probabilities, and those probabilities distorted."""
    rng = np.random.default_rng(seed)
    logits = 1.5 * rng.normal(size=(recordings, tags))
    logits += rng.uniform(-3, 0, tags)
    truth = rng.random(logits.shape) < _sigmoid(logits)
    return truth.astype(np.float32), _sigmoid(logits * slope + shift)


def test_calibrated_probabilities_stay():
    truth, probabilities = _drawn(0)
    fitted = calibration.fit(truth, probabilities)
    assert fitted.slope == pytest.approx(1.0, abs=0.1)
    np.testing.assert_allclose(fitted.offsets, 0.0, atol=0.35)
    changed = fitted.apply(probabilities) - probabilities
    assert np.abs(changed).mean() < 0.015


@pytest.mark.parametrize("slope, shift", [(3.0, 0.0), (0.4, 2.0), (2.0, -5.0)])
def test_recovers_a_scaled_and_shifted_logit(slope, shift):
    truth, probabilities = _drawn(1, 4000, slope=slope, shift=shift)
    fitted = calibration.fit(truth, probabilities)
    assert fitted.slope == pytest.approx(1 / slope, rel=0.07)
    np.testing.assert_allclose(fitted.offsets, -shift / slope, atol=0.35)


def test_recovers_an_offset_per_tag():
    shift = np.linspace(-2, 2, 12)
    truth, probabilities = _drawn(2, 6000, shift=shift)
    fitted = calibration.fit(truth, probabilities)
    np.testing.assert_allclose(fitted.offsets, -shift, atol=0.4)


def test_a_tag_without_positives_takes_the_shared_offset():
    truth, probabilities = _drawn(3, 800, shift=2.0)
    truth[:, 4] = 0
    rest = np.arange(12) != 4
    fitted = calibration.fit(truth[:20], probabilities[:20])
    assert fitted.offsets[4] < fitted.offsets[rest].mean()
    fitted = calibration.fit(truth, probabilities)
    assert np.isfinite(fitted.offsets[4])
    assert fitted.offsets[4] < fitted.offsets[rest].min()


def test_ranking_stays_as_it_was():
    truth, probabilities = _drawn(4, slope=2.5, shift=1.0)
    probabilities = np.round(probabilities, 2)
    calibrated = calibration.fit(truth, probabilities).apply(probabilities)
    for figure in (metrics.average_precision, metrics.roc_auc):
        np.testing.assert_array_equal(
            figure(truth, calibrated), figure(truth, probabilities)
        )


def test_order_is_kept_as_near_to_0_and_1_as_float32_tells_apart():
    fitted = calibration.Calibration(1.7, np.array([2.0]), np.array([0.5]))
    steps = np.array([[2e-7], [1e-6], [0.5], [1 - 1e-6], [1 - 2e-7]])
    assert (np.diff(fitted.apply(steps)[:, 0]) > 0).all()
    ends = fitted.apply([[0.0], [1e-30], [1 - 1e-12], [1.0]])[:, 0]
    assert 0 < ends[0] == ends[1] < ends[2] == ends[3] < 1


@pytest.mark.parametrize("seed", range(3))
def test_calibration_error_falls_on_recordings_not_seen(seed):
    """And hardly rises where there was none."""
    for distortion, share, more in (
        ({"slope": 2.0, "shift": -1.0}, 0.5, 0.0),
        ({}, 1.0, 0.01),
    ):
        truth, probabilities = _drawn(seed, 1200, **distortion)
        fitted = calibration.fit(truth[:600], probabilities[:600])
        before, after = (
            calibration.calibration_error(truth[600:], each[600:])
            for each in (probabilities, fitted.apply(probabilities))
        )
        assert after < share * before + more


def test_calibration_error_asks_nothing_of_the_order():
    """Of equal probabilities none comes first: not even sorted by the truth."""
    rng = np.random.default_rng(0)
    probabilities = rng.integers(0, 4, (60, 2)) / 4 + 0.1
    truth = (rng.random((60, 2)) < probabilities).astype(int)
    found = calibration.calibration_error(truth, probabilities, bins=7)
    for order in (rng.permutation(60), np.argsort(truth[:, 0])):
        again = calibration.calibration_error(
            truth[order], probabilities[order], bins=7
        )
        assert again == pytest.approx(found, rel=1e-12)
    # Half of them, all told alike: right, wherever they stand.
    half = np.full((4, 1), 0.5)
    truth = np.array([[1], [1], [0], [0]])
    assert calibration.calibration_error(truth, half, bins=2) == 0.0
    with pytest.raises(ValueError, match="Received: 0"):
        calibration.calibration_error(truth, half, bins=0)


def test_calibration_error_of_what_is_known():
    truth = np.tile([[0.0], [1.0]], (50, 2))
    half = np.full(truth.shape, 0.5)
    assert calibration.calibration_error(truth, truth) == 0.0
    assert calibration.calibration_error(truth, half, bins=5) < 0.02
    assert calibration.calibration_error(truth, 1 - truth, 10) == 1.0


def test_probabilities_of_exactly_0_and_1():
    rng = np.random.default_rng(5)
    truth = (rng.random((60, 4)) < 0.3).astype(np.float32)
    wrong = rng.random(truth.shape) < 0.1
    probabilities = np.where(wrong, 1 - truth, truth).astype(np.float32)
    fitted = calibration.fit(truth, probabilities)
    calibrated = fitted.apply(probabilities)
    assert np.isfinite(calibrated).all()
    assert calibrated.mean() == pytest.approx(truth.mean(), abs=0.01)
    assert calibrated[probabilities == 0].max() < 0.25
    separated = calibration.fit(truth, truth)
    assert np.isfinite(separated.slope)
    np.testing.assert_array_equal(separated.decide(truth), truth > 0)


def test_scores_that_are_worse_than_none_still_get_a_positive_slope():
    truth, probabilities = _drawn(6, 500)
    fitted = calibration.fit(truth, 1 - probabilities)
    assert 0 < fitted.slope < 0.2


def test_threshold_has_the_highest_f1_of_all():
    truth, probabilities = _drawn(7, 200, tags=5, slope=1.5)
    probabilities = np.round(probabilities, 2)
    fitted = calibration.fit(truth, probabilities)
    calibrated = fitted.apply(probabilities)

    def f1(tag, threshold):
        given = calibrated[:, tag] >= threshold
        hits = (given * truth[:, tag]).sum()
        return 2 * hits / (given.sum() + truth[:, tag].sum())

    for tag in range(5):
        best = max(f1(tag, score) for score in calibrated[:, tag])
        assert f1(tag, fitted.thresholds[tag]) == pytest.approx(best)
        assert fitted.thresholds[tag] not in calibrated[:, tag]


def test_tags_with_few_positives_share_a_threshold():
    truth, probabilities = _drawn(8, 300)
    truth[:, 2], truth[:, 9] = 0, 0
    truth[:4, 2] = 1
    thresholds = calibration.fit(truth, probabilities).thresholds
    assert thresholds[2] == thresholds[9]
    assert len(set(thresholds)) == 11
    everyone = calibration.fit(truth, probabilities, min_positives=10_000)
    assert set(everyone.thresholds) == {thresholds[2]}


def test_cross_fitting_never_lets_a_recording_judge_itself():
    truth, probabilities = _drawn(9, 60, tags=3)
    calibrated, decisions = calibration.cross_fitted(truth, probabilities)
    for row in (0, 17, 59):
        other = truth.copy()
        other[row] = 1 - other[row]
        after, decided = calibration.cross_fitted(other, probabilities)
        np.testing.assert_array_equal(after[row], calibrated[row])
        np.testing.assert_array_equal(decided[row], decisions[row])
        changed = (after != calibrated).any(axis=1)
        assert changed.sum() == 48


def test_cross_fitting_agrees_with_a_fit_on_plenty():
    truth, probabilities = _drawn(10, 3000, slope=2.0, shift=1.0)
    fitted = calibration.fit(truth, probabilities)
    calibrated, decisions = calibration.cross_fitted(truth, probabilities)
    apart = np.abs(calibrated - fitted.apply(probabilities))
    assert apart.mean() < 0.01
    assert (decisions == fitted.decide(probabilities)).mean() > 0.95
    again = calibration.cross_fitted(truth, probabilities)
    np.testing.assert_array_equal(again[0], calibrated)


@pytest.mark.parametrize("recordings, folds", [(2, 2), (10, 5), (21, 5)])
def test_two_recordings_with_a_tag_are_enough_to_cross_fit(recordings, folds):
    for seed in range(20):
        truth = np.zeros((recordings, 3))
        draw = np.random.default_rng(seed)
        truth[draw.choice(recordings, 2, replace=False), 1] = 1
        probabilities = draw.random(truth.shape)
        calibrated, _ = calibration.cross_fitted(
            truth, probabilities, folds, seed
        )
        assert np.isfinite(calibrated).all()


def test_json_and_back_is_the_same():
    truth, probabilities = _drawn(11, 300)
    fitted = calibration.fit(truth, probabilities)
    fields = json.loads(json.dumps(fitted.to_dict()))
    again = calibration.Calibration.from_dict(fields)
    np.testing.assert_array_equal(
        again.apply(probabilities), fitted.apply(probabilities)
    )
    np.testing.assert_array_equal(again.thresholds, fitted.thresholds)


def test_identity_changes_nothing_and_takes_any_leading_shape():
    probabilities = np.random.default_rng(12).random((2, 3, 4))
    same = calibration.identity(4)
    np.testing.assert_allclose(same.apply(probabilities), probabilities)
    np.testing.assert_array_equal(
        same.decide(probabilities), probabilities >= 0.5
    )
    np.testing.assert_allclose(same.apply(probabilities[0, 0]).shape, (4,))


def test_refuses_what_it_cannot_use():
    truth, probabilities = _drawn(13, 20, tags=3)
    with pytest.raises(ValueError, match="not logits"):
        calibration.fit(truth, probabilities * 3)
    with pytest.raises(ValueError, match="not logits"):
        calibration.fit(truth, np.full_like(probabilities, np.nan))
    with pytest.raises(ValueError, match="one per tag"):
        calibration.fit(truth, probabilities[:, :2])
    with pytest.raises(ValueError, match="shape of `truth`"):
        calibration.fit(truth, probabilities[:5])
    with pytest.raises(ValueError, match="`truth`"):
        calibration.fit(truth / 2, probabilities)
    with pytest.raises(ValueError, match="nothing to fit"):
        calibration.fit(truth * 0, probabilities)
    with pytest.raises(ValueError, match="`folds`"):
        calibration.cross_fitted(truth, probabilities, folds=21)
    with pytest.raises(ValueError, match="`slope`"):
        calibration.Calibration(0.0, np.zeros(2), np.zeros(2))
    with pytest.raises(ValueError, match=r"both be \[tags\]"):
        calibration.Calibration(1.0, np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="finite"):
        calibration.Calibration(1.0, np.zeros(2), np.full(2, np.nan))
