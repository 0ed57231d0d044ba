"""The average of the weights is the textbook one, and leaves no trace."""

import keras
import numpy as np
import tiny_tagger

from experiments.training import weight_average


def make():
    tiny_tagger.seed_weights(1)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(2),
            keras.layers.BatchNormalization(),
        ]
    )
    return model, weight_average.WeightAverage(model, 0.9)


def test_it_follows_the_formula():
    model, average = make()
    expected = [w.astype(np.float64) for w in model.get_weights()]
    generator = np.random.default_rng(0)
    for step in range(1, 60):
        weights = [generator.normal(size=w.shape) for w in expected]
        model.set_weights(weights)
        average.update(step)
        decay = min(0.9, (1 + step) / (10 + step))
        expected = [
            decay * e + (1 - decay) * w
            for e, w in zip(expected, weights, strict=True)
        ]
    for a, b in zip(average.variables, expected, strict=True):
        np.testing.assert_allclose(a.numpy(), b, rtol=1e-4, atol=1e-5)


def test_a_weight_that_rests_is_its_own_average_to_the_bit():
    model, average = make()
    weights = model.get_weights()
    for step in range(1, 50):
        average.update(step)
    for a, b in zip(average.variables, weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b)


def test_in_place_puts_the_weights_back_even_after_an_error():
    model, average = make()
    first = model.get_weights()
    model.set_weights([w + 1 for w in first])
    try:
        with average.in_place():
            for a, b in zip(model.get_weights(), first, strict=True):
                np.testing.assert_array_equal(a, b)
            raise ValueError
    except ValueError:
        pass
    for a, b in zip(model.get_weights(), first, strict=True):
        np.testing.assert_array_equal(a, b + 1)
