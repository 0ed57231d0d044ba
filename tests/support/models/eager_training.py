"""Training in which every operation runs at once.

Of the few steps that tests train, most time would go into tracing graphs.
That graphs train as they should is what tests of training itself show.
"""

import contextlib

import keras
import pytest
import tensorflow as tf

from experiments.scoring import evaluation
from experiments.training import weight_average


@contextlib.contextmanager
def eager_training():
    """What is built inside trains, averages and is scored without graphs."""
    compile_model = keras.Model.compile

    def compile_eagerly(model, *arguments, **options):
        options = {"run_eagerly": True, **options}
        return compile_model(model, *arguments, **options)

    def update_eagerly(average, step):
        average._move(tf.constant(step, tf.float32))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Model, "compile", compile_eagerly)
        patch.setattr(weight_average.WeightAverage, "update", update_eagerly)
        for name in ("_probabilities", "_outputs"):
            traced = getattr(evaluation, name)
            patch.setattr(evaluation, name, traced.python_function)
        yield
