"""What every layer and every loss must hold to."""

import inspect
import json

import keras
import numpy as np
import pytest

from tftag.models import precision


def tensorflow():
    """TensorFlow, for what only its backend has; skips the test elsewhere."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("of the TensorFlow backend alone")
    return pytest.importorskip("tensorflow")


def gradient(loss, labels, logits):
    """Of a loss by the logits, float32 `[clips, tags]` or as they are."""
    tf = tensorflow()
    logits = tf.constant(logits, "float32")
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = loss(tf.constant(labels, "float32"), logits)
    return tape.gradient(value, logits).numpy()


def check_same_weights(one, other):
    """Two models or layers have equal weights, to the bit."""
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def check_same_body(model, other):
    """Two models are the same up to their heads."""
    check_same_weights(model.front_end, other.front_end)
    check_same_weights(model.backbone, other.backbone)


def check_variables_hold_all(variables, train):
    """A training that starts from the same variables ends with the same.

    Args:
        variables: All that a step is to change.
        train: Trains, and takes nothing.
    """
    start = [keras.ops.convert_to_numpy(v) for v in variables]
    ends = []
    for _ in range(2):
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value)
        train()
        ends.append([keras.ops.convert_to_numpy(v) for v in variables])
    for one, other in zip(*ends, strict=True):
        np.testing.assert_array_equal(one, other)


def check_round_trip(thing, *inputs, **options):
    """Arguments are attributes and in the config; the config rebuilds it.

    Args:
        thing: A layer or a loss.
        *inputs: What it is called with.
        **options: Passed to both calls, such as `training=False`.
    """
    before = _outputs(thing, *inputs, **options)
    config = thing.get_config()
    for name in inspect.signature(type(thing).__init__).parameters:
        if name not in ("self", "args", "kwargs"):
            assert hasattr(thing, name), name
            assert name in config, name
    saved = json.loads(json.dumps(keras.saving.serialize_keras_object(thing)))
    assert saved["registered_name"] == f"tftag>{type(thing).__name__}"
    copy = keras.saving.deserialize_keras_object(saved)
    assert type(copy) is type(thing)
    assert copy.get_config() == config
    _outputs(copy, *inputs, **options)
    if isinstance(thing, keras.layers.Layer):
        copy.set_weights(thing.get_weights())
    np.testing.assert_array_equal(_outputs(copy, *inputs, **options), before)


def check_batch_independent(layer, *inputs, tolerance=0.0, **options):
    """A row is the same alone, and beside neighbours a thousand times louder.

    Args:
        layer: A layer or a model.
        *inputs: Float arrays `[batch, ...]`, batch >= 2.
        tolerance: Largest absolute difference.
        **options: Passed to every call.
    """
    together = _outputs(layer, *inputs, **options)
    for row in range(len(together)):
        alone = _outputs(layer, *(x[row : row + 1] for x in inputs), **options)
        loud = [np.array(x) for x in inputs]
        for x in loud:
            x[np.arange(len(x)) != row] *= 1000
        beside = _outputs(layer, *loud, **options)
        for other in (alone[0], beside[row]):
            np.testing.assert_allclose(
                other, together[row], rtol=0, atol=tolerance
            )


def check_mixed_precision(make, *inputs, dtype, tolerance, **options):
    """Under a mixed policy: the stated output dtype, nearly equal values.

    Args:
        make: Makes the layer; called under each policy.
        *inputs: What it is called with.
        dtype: Of the output; None for that of the policy.
        tolerance: Largest difference from float32, per policy's half type.
        **options: Passed to every call.
    """
    expected = _outputs(make(), *inputs, **options)
    for half in ("float16", "bfloat16"):
        with precision.policy(f"mixed_{half}"):
            layer = make()
            outputs = layer(*inputs, **options)
        wanted = dtype or half
        assert keras.backend.standardize_dtype(outputs.dtype) == wanted
        assert {w.dtype for w in layer.weights} <= {"float32"}
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(keras.ops.cast(outputs, "float32")),
            expected,
            rtol=0,
            atol=tolerance[half],
        )


def _outputs(thing, *inputs, **options):
    return keras.ops.convert_to_numpy(thing(*inputs, **options))
