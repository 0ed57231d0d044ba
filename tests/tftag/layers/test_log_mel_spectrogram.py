import keras
import keras_checks
import numpy as np
import pytest
import slow_musicnn
from keras import ops

from tftag import audio, layers
from tftag.models import front_end
from tftag.models.backbones import descriptors
from tftag.pretrained import published_taggers

SMALL = {
    "window_samples": 64,
    "hop_samples": 24,
    "mel_bands": 6,
    "min_hz": 0.0,
}


def _spectrogram(waveform, **arguments):
    layer = layers.LogMelSpectrogram(**arguments)
    return ops.convert_to_numpy(layer(np.asarray(waveform, "float32")))


@pytest.mark.parametrize(
    "samples, arguments",
    [
        (5_000, {}),
        (300, {}),
        (1, {}),
        (700, SMALL),
        (700, {**SMALL, "window_samples": 63}),
        (700, {**SMALL, "hop_samples": 8}),
        (700, {**SMALL, "hop_samples": 48}),
        (700, {**SMALL, "hop_samples": 64}),
        (700, {**SMALL, "hop_samples": 100}),
        (900, {**SMALL, "sample_rate_hz": 22_050, "max_hz": 11_025.0}),
        (700, {**SMALL, "mel_scale": "slaney"}),
        (700, {**SMALL, "mel_norm": "slaney"}),
        (700, {**SMALL, "mel_scale": "octave", "min_hz": 500.0}),
        (700, {**SMALL, "edges": "reflect", "window_samples": 63}),
    ],
)
def test_equals_the_slow_reference(samples, arguments):
    waveform = np.random.default_rng(0).normal(size=samples) * 0.2
    expected = slow_musicnn.mel_power(waveform, **arguments)
    outputs = _spectrogram(waveform[None], **arguments)[0]
    decibel = 10 / np.log(10)
    np.testing.assert_allclose(
        outputs * decibel,
        np.log(expected + 1e-5) * decibel,
        rtol=0,
        atol=0.05,
    )


@pytest.mark.parametrize("samples", [1, 2, 3, 24, 31, 32, 33, 200])
def test_a_mirrored_edge_goes_back_and_forth(samples):
    waveform = np.random.default_rng(0).normal(size=samples) * 0.2
    arguments = {**SMALL, "edges": "reflect"}
    outputs = _spectrogram(waveform[None], **arguments)[0]
    expected = np.log(slow_musicnn.mel_power(waveform, **arguments) + 1e-5)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=0.01)


def test_bands_of_octaves_are_the_semitones():
    layer = front_end.log_mel_layer(descriptors.AUDIO)
    for note, hz in ((0, 55.0), (36, 440.0), (63, 55.0 * 2 ** (63 / 12))):
        tone = np.sin(2 * np.pi * hz * np.arange(16_000) / 16_000)
        bands = ops.convert_to_numpy(layer(tone[None].astype("float32")))
        assert bands[0, 8].argmax() == note


def test_log10_is_relative_to_the_floor():
    waveform = np.random.default_rng(0).normal(size=(1, 900)) * 0.2
    natural = _spectrogram(waveform, **SMALL, log_floor=1e-4)
    outputs = _spectrogram(
        waveform, **SMALL, log_floor=1e-4, compression="log10"
    )
    expected = (natural - np.log(1e-4)) / np.log(10)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-5)
    silence = _spectrogram(np.zeros((1, 900)), **SMALL, compression="log10")
    np.testing.assert_array_equal(silence, 0)


def test_the_front_end_of_the_published_taggers():
    waveform = np.random.default_rng(0).normal(size=5_000) * 0.2
    layer = front_end.log_mel_layer(published_taggers.AUDIO)
    outputs = ops.convert_to_numpy(layer(waveform[None].astype("float32")))
    expected = slow_musicnn.log_mel(waveform)
    np.testing.assert_allclose(outputs[0], expected, rtol=0, atol=1e-4)


def test_a_layer_from_before_the_choices_is_as_it_was():
    config = layers.LogMelSpectrogram(**SMALL).get_config()
    old = {k: v for k, v in config.items() if k not in audio.CHOICES}
    assert len(old) == len(config) - 4
    assert layers.LogMelSpectrogram.from_config(old).get_config() == config


def test_frames_at_every_residue_of_the_hop():
    layer = layers.LogMelSpectrogram(**SMALL)
    for samples in range(1, 3 * 24 + 2):
        frames = 1 + samples // 24
        outputs = layer(np.zeros((1, samples), "float32"))
        assert outputs.shape == (1, frames, 6)
        assert layer.compute_output_shape((1, samples)) == (1, frames, 6)
        symbolic = layer(keras.KerasTensor((None, samples)))
        assert symbolic.shape == (None, frames, 6)


def test_frame_i_is_centred_on_sample_i_times_hop():
    waveform = np.zeros((1, 200))
    waveform[0, 3 * 24] = 1.0
    loudness = _spectrogram(waveform, **SMALL)[0].sum(axis=1)
    assert np.argmax(loudness) == 3
    assert loudness[2] == pytest.approx(loudness[4], abs=1e-4)


def test_silence_gives_the_floor():
    outputs = _spectrogram(np.zeros((2, 2_000)), log_floor=1e-3)
    assert np.unique(outputs).size == 1
    assert outputs[0, 0, 0] == pytest.approx(np.log(1e-3), rel=2e-7)


def test_a_sine_peaks_in_the_band_that_holds_it():
    seconds = np.arange(16_000) / 16_000
    outputs = _spectrogram(np.sin(2 * np.pi * 440 * seconds)[None])[0]
    mel = 2595 * np.log10(1 + np.array([20.0, 8_000.0, 440.0]) / 700)
    centres = np.linspace(mel[0], mel[1], 130)[1:-1]
    nearest = np.argmin(np.abs(centres - mel[2]))
    assert np.all(np.argmax(outputs, axis=1) == nearest)


def test_each_row_by_itself():
    rng = np.random.default_rng(1)
    waveform = rng.normal(size=(3, 3_000)).astype("float32") * 1e-3
    keras_checks.check_batch_independent(
        layers.LogMelSpectrogram(), waveform, tolerance=2e-5
    )


def test_integers_are_taken_as_they_are():
    waveform = np.arange(-500, 500, dtype="int16")[None]
    layer = layers.LogMelSpectrogram(**SMALL)
    np.testing.assert_array_equal(
        layer(waveform), layer(waveform.astype("float32"))
    )


def test_any_length_in_one_traced_function():
    tf = keras_checks.tensorflow()
    layer = layers.LogMelSpectrogram(**SMALL)
    traced = tf.function(
        layer, input_signature=[tf.TensorSpec([None, None], "float32")]
    )
    rng = np.random.default_rng(2)
    for samples in (1, 23, 24, 25, 500):
        waveform = rng.normal(size=(2, samples)).astype("float32")
        np.testing.assert_allclose(traced(waveform), layer(waveform), atol=1e-5)


def test_a_saved_model_keeps_its_filterbank(tmp_path, monkeypatch):
    waveform = np.random.default_rng(3).normal(size=(1, 300)).astype("float32")
    inputs = keras.Input((None,))
    model = keras.Model(inputs, layers.LogMelSpectrogram(**SMALL)(inputs))
    expected = ops.convert_to_numpy(model(waveform))
    model.save(tmp_path / "model.keras")
    monkeypatch.setattr(
        layers.LogMelSpectrogram, "_mel_filters", lambda self: np.ones((33, 6))
    )
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(waveform), expected)
    assert not loaded.trainable_variables


def test_holds_to_the_checks_of_a_layer():
    rng = np.random.default_rng(4)
    waveform = rng.normal(size=(2, 200)).astype("float32")
    keras_checks.check_round_trip(
        layers.LogMelSpectrogram(**SMALL, name="log_mel"), waveform
    )
    keras_checks.check_mixed_precision(
        lambda: layers.LogMelSpectrogram(**SMALL),
        waveform,
        dtype="float32",
        tolerance={"float16": 0, "bfloat16": 0},
    )


def test_empty_bands_are_refused():
    with pytest.raises(ValueError, match=r"\d+ of 128 bands hold none"):
        layers.LogMelSpectrogram(window_samples=512)


@pytest.mark.parametrize(
    "arguments",
    [
        {"sample_rate_hz": 0},
        {"window_samples": 1},
        {"hop_samples": 0},
        {"mel_bands": 0},
        {"log_floor": 0.0},
        {"min_hz": -1.0},
        {"min_hz": 8_000.0},
        {"min_hz": 0.0, "mel_scale": "octave"},
        {"max_hz": 8_001.0},
        {"mel_scale": "mel2000"},
        {"mel_norm": 7},
        {"edges": "wrap10"},
        {"compression": "log1p"},
    ],
)
def test_arguments_out_of_range_are_refused(arguments):
    with pytest.raises(ValueError, match="Received: .*[0-9]"):
        layers.LogMelSpectrogram(**arguments)
