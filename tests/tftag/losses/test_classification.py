import keras
import keras_checks
import numpy as np
import pytest
from keras import ops

from tftag import losses
from tftag.models import precision

ALL = [
    losses.BinaryCrossentropy,
    losses.FocalCrossentropy,
    losses.SigmoidBinaryCrossentropy,
]


def _batch(seed=0, scale=3.0):
    rng = np.random.default_rng(seed)
    labels = rng.uniform(size=(6, 5)).astype("float32")
    labels[:3] = labels[:3] > 0.5
    return labels, (rng.normal(size=(6, 5)) * scale).astype("float32")


def _reference(labels, logits, weights=1.0, gamma=0.0):
    labels, logits = labels.astype("float64"), logits.astype("float64")
    p = 1 / (1 + np.exp(-logits))
    present = labels * (1 - p) ** gamma * np.log(p)
    absent = (1 - labels) * p**gamma * np.log(1 - p)
    return -np.mean(weights * (present + absent))


@pytest.mark.parametrize("seed", range(3))
def test_equal_the_formulas_in_the_papers(seed):
    labels, logits = _batch(seed)
    weights = np.random.default_rng(seed).uniform(0, 3, 5)
    for loss, expected in (
        (losses.BinaryCrossentropy(), _reference(labels, logits)),
        (
            losses.BinaryCrossentropy(weights),
            _reference(labels, logits, weights),
        ),
        (
            losses.FocalCrossentropy(1.5),
            _reference(labels, logits, gamma=1.5),
        ),
        (losses.FocalCrossentropy(0.0), _reference(labels, logits)),
        (losses.SigmoidBinaryCrossentropy(), _reference(labels, logits)),
    ):
        assert float(loss(labels, logits)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("make", ALL)
def test_unchanged_by_the_order_of_the_batch_and_of_the_tags(make):
    labels, logits = _batch()
    order = np.random.default_rng(1).permutation
    rows, tags = order(6), order(5)
    assert float(make()(labels, logits)) == pytest.approx(
        float(make()(labels[rows][:, tags], logits[rows][:, tags])), rel=1e-6
    )


@pytest.mark.parametrize("gamma", [None, 0.0, 0.5, 2.0])
def test_stable_at_any_logit(gamma):
    loss = losses.BinaryCrossentropy()
    if gamma is not None:
        loss = losses.FocalCrossentropy(gamma)
    for size in (1e2, 1e4):
        logits = np.array([[size, -size, size, -size]], "float32")
        labels = np.array([[1, 0, 0, 1]], "float32")
        assert float(loss(labels, logits)) == pytest.approx(size / 2, rel=1e-6)
        gradient = keras_checks.gradient(loss, labels, logits)
        np.testing.assert_allclose(
            gradient, np.array([[0, 0, 1, -1]]) / 4, atol=1e-6
        )


def test_gradient_is_probability_minus_label():
    labels, logits = _batch()
    logits[0] = 0  # where an untrained tagger without a prior stands
    expected = (1 / (1 + np.exp(-logits)) - labels) / labels.size
    np.testing.assert_allclose(
        keras_checks.gradient(losses.BinaryCrossentropy(), labels, logits),
        expected,
        atol=1e-7,
    )


def test_the_sigmoid_form_stops_learning_once_saturated():
    labels = np.array([[1.0, 0.0]])
    logits = np.array([[-20.0, 20.0]])
    stuck = keras_checks.gradient(
        losses.SigmoidBinaryCrossentropy(), labels, logits
    )
    np.testing.assert_array_equal(stuck, [[0, 0]])
    moved = keras_checks.gradient(losses.BinaryCrossentropy(), labels, logits)
    np.testing.assert_allclose(moved, [[-0.5, 0.5]], rtol=1e-6)


def test_the_unclipped_form_is_no_number_even_where_it_is_right():
    """A float32 probability rounds to 1, and 0 times log 0 is no number."""
    labels = np.array([[1.0]], np.float32)
    unclipped = losses.SigmoidBinaryCrossentropy(clip=0.0)
    for logit, is_number in ((16.0, True), (18.0, False)):
        found = float(unclipped(labels, np.array([[logit]], np.float32)))
        assert np.isfinite(found) == is_number
    with pytest.raises(ValueError, match="Received: 0.5"):
        losses.SigmoidBinaryCrossentropy(clip=0.5)


def test_focal_counts_what_is_right_already_less():
    labels = np.array([[1.0]])
    ratios = [
        float(losses.FocalCrossentropy(2.0)(labels, np.array([[logit]])))
        / float(losses.BinaryCrossentropy()(labels, np.array([[logit]])))
        for logit in (-3.0, 0.0, 3.0)
    ]
    assert ratios[0] > ratios[1] > ratios[2]
    assert ratios[1] == pytest.approx(0.25)


def test_weights_can_change_during_training():
    loss = losses.BinaryCrossentropy(weights=[1.0, 1.0])
    inputs = keras.Input((1,))
    dense = keras.layers.Dense(2, kernel_initializer="zeros")
    model = keras.Model(inputs, dense(inputs))
    model.compile(keras.optimizers.SGD(1.0), loss)
    batch = np.ones((2, 1), "float32"), np.ones((2, 2), "float32")
    first = model.train_on_batch(*batch)
    moved = ops.convert_to_numpy(dense.bias)
    assert first == pytest.approx(np.log(2))
    assert moved[0] == moved[1] > 0
    if keras.backend.backend() == "jax":
        return  # its compiled step holds the weights as constants
    loss.assign_weights([0.0, 3.0])
    model.train_on_batch(*batch)
    again = ops.convert_to_numpy(dense.bias)
    assert again[0] == moved[0] and again[1] > moved[1]
    assert loss.get_config()["weights"] == [0.0, 3.0]


def test_weights_are_not_normalised():
    labels, logits = _batch()
    one = float(losses.BinaryCrossentropy(np.ones(5))(labels, logits))
    two = float(losses.BinaryCrossentropy(np.full(5, 2.0))(labels, logits))
    assert two == pytest.approx(2 * one, rel=1e-6)


def test_float32_inside_whatever_comes_in():
    labels, logits = _batch()
    logits = np.round(logits * 8) / 8  # exact in half precision
    for make in ALL:
        expected = float(make()(labels, logits))
        with precision.policy("mixed_float16"):
            value = make()(labels, ops.cast(logits, "float16"))
        assert keras.backend.standardize_dtype(value.dtype) == "float32"
        assert float(value) == expected


def test_hold_to_the_checks_of_a_loss():
    for loss in (
        losses.BinaryCrossentropy(),
        losses.BinaryCrossentropy([1.0, 2.0, 0.5, 0.0, 1.0], name="weighted"),
        losses.FocalCrossentropy(1.0),
        losses.SigmoidBinaryCrossentropy(reduction="sum"),
    ):
        keras_checks.check_round_trip(loss, *_batch())


def test_what_makes_no_sense_is_refused():
    for weights in ([-1.0], [np.inf], [[1.0]], 1.0):
        with pytest.raises(ValueError, match="per tag"):
            losses.BinaryCrossentropy(weights)
    with pytest.raises(ValueError, match="start with `weights`"):
        losses.BinaryCrossentropy().assign_weights([1.0])
    for gamma in (-1.0, np.inf, np.nan):
        with pytest.raises(ValueError, match="gamma"):
            losses.FocalCrossentropy(gamma)


@pytest.mark.parametrize("make", ALL)
def test_labels_and_weights_are_never_broadcast(make):
    labels, logits = _batch()
    for wrong in (labels[:, :1], labels[:1], labels[:, :4]):
        with pytest.raises(ValueError, match="Received: labels of shape"):
            make()(wrong, logits)
    with pytest.raises(ValueError, match=r"logits of shape \(6, 1\)"):
        make()(labels, logits[:, :1])
    members = np.stack([logits, logits], axis=1)
    for wrong in (labels[:1, None], labels[:, None, :1], labels[:, None, :4]):
        with pytest.raises(ValueError, match="Received: labels of shape"):
            make()(wrong, members)
    for count in (1, 4):
        with pytest.raises(ValueError, match=f"Received: {count} weights"):
            losses.BinaryCrossentropy(np.ones(count))(labels, logits)
    with pytest.raises(ValueError, match="Received: 5 weights"):
        losses.BinaryCrossentropy(np.ones(5))(labels[:, :1], logits[:, :1])


@pytest.mark.parametrize("make", ALL)
def test_labels_without_an_axis_for_the_members_are_refused(make):
    labels, _ = _batch()
    # As many members as clips: only the ranks tell what is meant.
    logits = np.random.default_rng(0).normal(size=(6, 6, 5)).astype("float32")
    with pytest.raises(ValueError, match=r"Received: labels of shape \(6, 5\)"):
        make()(labels, logits)
    expected = np.mean([make()(labels, logits[:, m]) for m in range(6)])
    np.testing.assert_allclose(make()(labels[:, None], logits), expected, 1e-6)
