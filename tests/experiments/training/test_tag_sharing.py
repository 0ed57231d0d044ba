"""Tags take a part of their logits from those that they go with."""

import numpy as np
import pytest
import tiny_tagger

from experiments.training import tag_sharing
from tftag import layers

DRAW = np.random.default_rng(0)
LABELS = (DRAW.random((40, 3)) < [0.3, 0.5, 0.2]).astype(np.float32)


def made(part):
    """Logits of 40 recordings before and after, `[recordings, 2, tags]`."""
    tiny_tagger.seed_weights(0)
    layer = layers.MemberLogits(3, members=2)
    vectors = DRAW.normal(size=(40, 10)).astype(np.float32)
    layer.build(vectors.shape)
    layer.bias.assign([1.0, -2.0, 0.5])
    before = np.asarray(layer(vectors))
    tag_sharing.share(layer, before, LABELS, part)
    return before, np.asarray(layer(vectors))


def test_the_correlation_of_tags_is_pearsons():
    np.testing.assert_allclose(
        tag_sharing.correlation(LABELS), np.corrcoef(LABELS.T), atol=1e-12
    )


def test_a_tag_of_all_recordings_goes_with_itself_alone():
    labels = np.concatenate([LABELS, np.ones((40, 1)), np.zeros((40, 1))], 1)
    found = tag_sharing.correlation(labels)
    np.testing.assert_array_equal(found[3:], np.eye(5)[3:])
    np.testing.assert_array_equal(found[:, 3:], np.eye(5)[:, 3:])


def test_no_part_changes_nothing():
    before, after = made(0.0)
    np.testing.assert_allclose(after, before, atol=1e-5)


@pytest.mark.parametrize("part", [0.1, 1.0])
def test_a_part_of_what_is_above_the_mean_comes_from_other_tags(part):
    before, after = made(part)
    together = np.corrcoef(LABELS.T)
    mean = before.mean(axis=(0, 1))
    expected = np.empty_like(before)
    for tag in range(3):
        lent = sum(
            together[other, tag] * (before[..., other] - mean[other])
            for other in range(3)
        )
        own = before[..., tag] - mean[tag]
        expected[..., tag] = mean[tag] + (1 - part) * own + part * lent
    np.testing.assert_allclose(after, expected, atol=1e-5)
    # As many recordings as before have a tag, on average.
    np.testing.assert_allclose(after.mean(axis=(0, 1)), mean, atol=1e-5)
