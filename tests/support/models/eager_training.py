"""Training in which every operation runs at once.

Of the few steps that tests train, most time would go into tracing graphs.
That graphs train as they should is what tests of training itself show.
"""

import contextlib

import keras
import pytest


@contextlib.contextmanager
def eager_training():
    """Models that are compiled inside train and predict without graphs."""
    compile_model = keras.Model.compile

    def compile_eagerly(model, *arguments, **options):
        options = {"run_eagerly": True, **options}
        return compile_model(model, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Model, "compile", compile_eagerly)
        yield
