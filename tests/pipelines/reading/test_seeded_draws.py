import numpy as np
import pytest

from pipelines.reading import seeded_draws


def test_recordings_no_longer_than_a_clip_start_at_zero():
    starts = seeded_draws.starts([1, 2], np.array([1, 99, 100], np.int64), 100)
    assert starts.numpy().tolist() == [0, 0, 0]


def test_starts_of_hours_of_audio_are_not_quantised():
    samples = np.full(5_000, 3 * 3_600 * 48_000, np.int64)
    starts = seeded_draws.starts([1, 2], samples, 30).numpy()
    assert starts.min() >= 0 and starts.max() <= samples[0] - 30
    assert len(set(starts % 1_024)) > 900


def test_masks_lie_inside_and_take_every_width():
    masks = seeded_draws.masks(
        [3, 4], [5_000, 2], max_width=5, length=16
    ).numpy()
    assert masks.shape == (5_000, 2, 2) and masks.dtype == np.int32
    start, width = masks[..., 0], masks[..., 1]
    assert set(width.ravel()) == set(range(6))
    for each in range(6):
        assert set(start[width == each]) == set(range(16 - each + 1))
    assert seeded_draws.masks([3, 4], [7, 0], 16, 16).shape == (7, 0, 2)


@pytest.mark.parametrize("alpha", [0.01, 0.2, 1.0, 8.0])
def test_mixup_weights_have_the_moments_of_a_beta(alpha):
    weights = seeded_draws.mixup_weights([5, 6], 20_000, alpha).numpy()
    assert np.isfinite(weights).all()
    assert weights.min() >= 0 and weights.max() <= 1
    # Variance of Beta(alpha, alpha).
    variance = 1 / (4 * (2 * alpha + 1))
    np.testing.assert_allclose(weights.var(), variance, rtol=0.05)
    np.testing.assert_allclose(weights.mean(), 0.5, atol=0.015)


def test_rows_follow_their_probabilities():
    """In four groups of recordings, alike within a group."""
    shares = np.array([0.5, 0.0, 0.2, 0.3])
    rows = seeded_draws.rows(
        [9, 1], 20_000, np.repeat(shares / 5_000, 5_000)
    ).numpy()
    drawn = np.bincount(rows // 5_000, minlength=4) / 20_000
    np.testing.assert_allclose(drawn, shares, atol=0.018)
    assert drawn[1] == 0
    assert 0.6 < len(set(rows[rows < 5_000])) / 5_000 < 0.9  # 1 - exp(-2)


def test_full_balance_draws_a_tag_then_one_of_its_recordings():
    labels = np.array(
        [[1, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 0], [0, 0, 1]], np.uint8
    )
    slow = np.zeros(5)
    for tag in labels.T:
        slow += tag / tag.sum() / labels.shape[1]
    np.testing.assert_allclose(
        seeded_draws.row_probabilities(labels, 1.0), slow
    )


def test_no_balance_is_uniform_and_untagged_recordings_keep_a_floor():
    labels = np.array([[1, 0], [1, 0], [0, 1], [0, 0]], np.uint8)
    np.testing.assert_allclose(
        seeded_draws.row_probabilities(labels, 0.0), 0.25
    )
    full = seeded_draws.row_probabilities(labels, 1.0)
    assert full[3] == full[0] < full[2]
    half = seeded_draws.row_probabilities(labels, 0.5)
    assert full[3] < half[3] < 0.25


def test_tags_without_recordings_change_nothing():
    labels = np.array([[1, 0, 0], [0, 1, 0]], np.uint8)
    np.testing.assert_allclose(seeded_draws.row_probabilities(labels, 1.0), 0.5)


def test_balance_without_any_tag_is_refused():
    with pytest.raises(ValueError, match="tag_balance.*3 recordings"):
        seeded_draws.row_probabilities(np.zeros((3, 2), np.uint8), 1.0)


def test_draws_stay_what_they_were():
    """A resumed run draws the same under another TensorFlow."""
    rows = seeded_draws.rows([1, 2], 8, None).numpy()
    assert rows.tolist() == [4, 2, 1, 7, 3, 6, 0, 5]
    starts = seeded_draws.starts([1, 2], np.full(4, 10_000, np.int64), 100)
    assert starts.numpy().tolist() == [7450, 9601, 1741, 8470]
    masks = seeded_draws.masks([1, 2], [2, 1], 5, 16).numpy()
    assert masks.tolist() == [[[1, 1]], [[12, 2]]]
    weights = seeded_draws.mixup_weights([1, 2], 3, 0.4)
    np.testing.assert_allclose(
        weights, [0.34875062, 0.94128704, 0.62192303], rtol=1e-6
    )
