"""Optimisers do what their names and numbers say."""

import keras
import numpy as np
import pytest

from experiments.settings import optimizers


def make(name, learning_rate=0.1, **values):
    values = {"schedule": "constant", "steps": 10, **values}
    return optimizers.make(name, learning_rate=learning_rate, **values)


def step(made, gradient, value=1.0, name="kernel"):
    variable = keras.Variable(np.full(4, value, np.float32), name=name)
    made.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    return variable.numpy()


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam", "adamw"])
def test_every_optimizer_goes_downhill(name):
    assert np.all(step(make(name), np.ones(4, np.float32)) < 1.0)


def test_sgd_is_gradient_times_rate():
    made = make("sgd", learning_rate=0.001)
    np.testing.assert_allclose(
        step(made, np.full(4, 2.0, np.float32)), 1.0 - 0.002, rtol=1e-6
    )


def test_clipping_bounds_the_global_norm():
    made = make("sgd", learning_rate=1.0, clip_norm=0.5)
    moved = 1.0 - step(made, np.full(4, 100.0, np.float32))
    assert np.linalg.norm(moved) == pytest.approx(0.5, rel=1e-4)


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam", "adamw"])
def test_weights_decay_and_biases_do_not(name):
    nothing = np.zeros(4, np.float32)
    np.testing.assert_allclose(
        step(make(name, weight_decay=0.1), nothing), 0.99, rtol=1e-5
    )
    for kept in ("bias", "gamma", "beta"):
        assert np.all(
            step(make(name, weight_decay=0.1), nothing, name=kept) == 1.0
        )


def test_cosine_warms_up_to_the_rate_and_ends_at_zero():
    schedule = optimizers.make_schedule("cosine", 0.4, 80)
    rates = [optimizers.rate_at(schedule, n) for n in range(81)]
    # The first step moves the weights too.
    assert rates[:5] == pytest.approx([0.08, 0.16, 0.24, 0.32, 0.4])
    assert rates[42] == pytest.approx(0.2, rel=1e-3)
    assert rates[80] == pytest.approx(0.0, abs=1e-8)
    assert np.all(np.diff(rates[4:]) < 0)


def test_one_step_is_enough_for_a_schedule():
    schedule = optimizers.make_schedule("cosine", 0.4, 1)
    assert optimizers.rate_at(schedule, 0) == pytest.approx(0.4)
    assert optimizers.rate_at(
        optimizers.make_schedule("constant", 0.4, 1), 7
    ) == pytest.approx(0.4)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="Received: 'lamb'"):
        make("lamb")
    with pytest.raises(ValueError, match="Received: 'step'"):
        optimizers.make_schedule("step", 1.0, 1)


@pytest.mark.parametrize("weight_decay", [0.0, 0.5])
@pytest.mark.parametrize("is_scaled", [False, True])
def test_a_share_is_of_the_step_that_is_taken(weight_decay, is_scaled):
    def step(shares):
        weights = [keras.Variable(1.0, name=name) for name in ("a", "b")]
        optimizer = make("adamw", weight_decay=weight_decay)
        if is_scaled:  # as Keras does under mixed_float16
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, 1.0)
        if shares:
            paths = [weight.path for weight in weights]
            optimizers.scale_steps(
                optimizer, dict(zip(paths, shares, strict=True))
            )
        optimizer.build(weights)
        optimizer.apply([np.array(2.0, "float32")] * 2)
        return np.array([1.0 - float(weight.numpy()) for weight in weights])

    plain = step(())
    assert plain.min() > 0.09
    np.testing.assert_allclose(step((1.0, 0.25)), plain * [1, 0.25], rtol=1e-3)
    assert step((1.0, 0.0))[1] == 0
