"""A trace says how large logits are, and which nothing pulls back."""

import numpy as np
import pytest

from experiments.training import logit_trace
from tftag import losses

# The second tag of the first recording is as wrong as can be.
LABELS = np.array([[1.0, 1.0], [0.0, 1.0]], np.float32)
LOGITS = np.array([[20.0, -20.0], [0.0, 4.0]], np.float32)


def traced(loss, *batches):
    found = {}
    for metric in logit_trace.traces(loss):
        for labels, logits in batches:
            metric.update_state(labels, logits)
        found[metric.name] = float(metric.result())
    return found


def test_a_clipped_probability_is_stuck_and_a_logit_is_not():
    clipped = traced(losses.SigmoidBinaryCrossentropy(), (LABELS, LOGITS))
    assert clipped["stuck_share"] == 1.0
    pulled = traced(losses.BinaryCrossentropy(), (LABELS, LOGITS))
    assert pulled["stuck_share"] == 0.0


def test_the_gradient_is_how_far_probabilities_are_from_labels():
    found = traced(losses.BinaryCrossentropy(), (LABELS, LOGITS))
    far = np.abs(1 / (1 + np.exp(-LOGITS.astype(float))) - LABELS)
    assert found["logit_gradient"] == pytest.approx(far.mean(), rel=1e-5)


def test_the_largest_logit_is_that_of_all_batches():
    small = np.zeros((2, 2), np.float32)
    found = traced(
        losses.BinaryCrossentropy(), (LABELS, LOGITS), (LABELS, small)
    )
    assert found["largest_logit"] == 20.0
