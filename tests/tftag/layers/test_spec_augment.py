import keras
import keras_checks
import numpy as np
from keras import ops

from tftag import layers


def _apply(x, mel_masks, time_masks):
    return ops.convert_to_numpy(
        layers.SpecAugment()(
            x, np.asarray(mel_masks, "int32"), np.asarray(time_masks, "int32")
        )
    )


def _reference(x, mel_masks, time_masks):
    x = x.copy()
    for row in range(len(x)):
        for start, width in mel_masks[row]:
            x[row, :, start : start + width] = 0
        for start, width in time_masks[row]:
            x[row, start : start + width] = 0
    return x


def test_masks_what_it_is_told_to():
    rng = np.random.default_rng(0)
    for masks in (0, 1, 3):
        x = rng.normal(size=(4, 11, 7)).astype("float32")
        mel_masks = rng.integers(0, 6, (4, masks, 2))
        time_masks = rng.integers(0, 9, (4, masks + 1, 2))
        np.testing.assert_array_equal(
            _apply(x, mel_masks, time_masks),
            _reference(x, mel_masks, time_masks),
        )


def test_no_mask_changes_nothing():
    x = np.random.default_rng(1).normal(size=(2, 5, 4)).astype("float32")
    none = np.zeros((2, 0, 2))
    np.testing.assert_array_equal(_apply(x, none, none), x)
    empty = np.array([[[3, 0]], [[0, 0]]])
    np.testing.assert_array_equal(_apply(x, empty, empty), x)


def test_a_masked_infinity_is_gone():
    x = np.full((1, 2, 2), np.inf, "float32")
    np.testing.assert_array_equal(_apply(x, [[[0, 2]]], [[[0, 0]]]), 0)


def test_fits_into_a_functional_model():
    inputs = keras.Input((3, 4))
    masks = {
        "mel_masks": keras.Input((None, 2), dtype="int32"),
        "time_masks": keras.Input((None, 2), dtype="int32"),
    }
    outputs = layers.SpecAugment()(inputs, **masks)
    assert outputs.shape == (None, 3, 4)


def test_holds_to_the_checks_of_a_layer():
    x = np.random.default_rng(2).normal(size=(2, 6, 5)).astype("float32")
    masks = np.array([[[1, 2]], [[0, 1]]], "int32")
    keras_checks.check_round_trip(
        layers.SpecAugment(name="masks"), x, masks, masks
    )
    keras_checks.check_mixed_precision(
        layers.SpecAugment,
        x,
        masks,
        masks,
        dtype=None,
        tolerance={"float16": 2e-3, "bfloat16": 2e-2},
    )
