import keras
import keras_checks
import numpy as np
import pytest
from keras import ops

from tftag import audio, layers


def _normalize(waveform, peak):
    layer = layers.WaveformNormalization()
    return ops.convert_to_numpy(layer(np.asarray(waveform), np.asarray(peak)))


def test_int16_at_full_scale_is_kept_to_the_sample():
    samples = np.arange(-32_767, 32_768, dtype="int16")[None]
    outputs = _normalize(samples, [32_767.0])
    assert outputs.dtype == "float32"
    np.testing.assert_array_equal(np.rint(outputs * 32_767), samples)
    assert outputs.min() == -1 and outputs.max() == 1


@pytest.mark.parametrize("scale", [1e-6, 0.3, 1.0, 2.0**15, 1e9])
def test_any_unit_gives_what_the_prepared_file_gives(scale):
    rng = np.random.default_rng(1)
    samples = (rng.normal(size=4_000) * scale).astype("float32")
    recording = audio.to_full_scale(samples)
    prepared = _normalize(recording.samples[None], [float(audio.FULL_SCALE)])
    direct = _normalize(samples[None], [np.float32(recording.peak)])
    # XLA's division, on the JAX backend, may fall on the other side of a tie.
    exact = keras.backend.backend() == "tensorflow"
    step = 0 if exact else 1.01 / audio.FULL_SCALE
    np.testing.assert_allclose(direct, prepared, rtol=0, atol=step)


def test_each_row_by_its_own_peak():
    rows = np.array([[1, -2, 4], [10, -20, 40]], "float32")
    outputs = _normalize(rows, [4.0, 40.0])
    np.testing.assert_array_equal(outputs[0], outputs[1])


def test_output_is_on_the_16_bit_grid():
    rng = np.random.default_rng(2)
    outputs = _normalize(rng.uniform(-1, 1, (2, 500)), [1.0, 1.3])
    steps = outputs.astype("float64") * audio.FULL_SCALE
    np.testing.assert_allclose(steps, np.rint(steps), atol=2e-3)


def test_silence_stays_silent():
    outputs = _normalize([[0.0, 0.0], [0.0, 1.0]], [0.0, 0.0])
    np.testing.assert_array_equal(outputs, np.zeros((2, 2)))


def test_the_smallest_peak_gives_no_nan():
    tiny = np.float32(1e-38)
    assert np.all(np.isfinite(_normalize([[tiny, -tiny, 0]], [tiny])))


def test_holds_to_the_checks_of_a_layer():
    rng = np.random.default_rng(3)
    waveform = rng.integers(-32_767, 32_768, (3, 100)).astype("float32")
    peak = np.abs(waveform).max(axis=1)
    keras_checks.check_round_trip(
        layers.WaveformNormalization(name="normalization"), waveform, peak
    )
    keras_checks.check_batch_independent(
        layers.WaveformNormalization(), waveform, peak
    )
    keras_checks.check_mixed_precision(
        layers.WaveformNormalization,
        waveform,
        peak,
        dtype="float32",
        tolerance={"float16": 0, "bfloat16": 0},
    )
