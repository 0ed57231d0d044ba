"""From a waveform to the input of the backbone, alike in every network."""

import keras
from keras import ops

from tftag import audio, layers
from tftag.models.backbones import backbone as backbone_lib


def front_end(
    audio_spec: audio.AudioSpec, config: backbone_lib.BackboneConfig
) -> keras.Model:
    """Builds the front end: normalisation and log-mel spectrogram.

    Args:
        audio_spec: Of the waveforms, which may have any length unless
            `config.fixes_clip_length`.
        config: Of the backbone that comes next.

    Returns:
        A model from `{"waveform": [batch, samples], "peak": [batch]}` to the
        standardised spectrogram, float32 `[batch, frames, mels]`.
    """
    fixed = config.fixes_clip_length
    inputs = waveform_inputs(audio_spec.clip_samples if fixed else None)
    x = layers.WaveformNormalization(name="normalization")(**inputs)
    x = log_mel_layer(audio_spec)(x)
    # Standardises every band, so that 0, what SpecAugment fills its masks
    # with, is the mean of the band. Nothing in it is trained: with a scale,
    # each training step would have to take gradients through the first
    # convolution, a quarter of the step's time at width 1/8.
    mel_norm = layers.BatchNormalization(
        momentum=config.batch_norm_momentum,
        center=False,
        scale=False,
        name="mel_norm",
        dtype="float32",
    )
    return keras.Model(inputs, mel_norm(x), name="front_end")


def masked_spectrogram(
    front: keras.Model,
) -> tuple[dict[str, keras.KerasTensor], keras.KerasTensor]:
    """Appends SpecAugment to a front end.

    Args:
        front: What `front_end` built; its layers are shared.

    Returns:
        The inputs, with `mel_masks` and `time_masks`, int32 `[batch, masks,
        2]`, added; and the masked spectrogram.
    """
    waveform = waveform_inputs(front.input["waveform"].shape[1])
    masks = {
        name: keras.Input((None, 2), name=name, dtype="int32")
        for name in ("mel_masks", "time_masks")
    }
    x = layers.SpecAugment(name="masks", dtype="float32")(
        front(waveform), **masks
    )
    return {**waveform, **masks}, x


def log_mel_layer(audio_spec: audio.AudioSpec) -> layers.LogMelSpectrogram:
    """Builds the layer that gives the spectrograms of a spec."""
    settings = {name: getattr(audio_spec, name) for name in audio.FRONT_END}
    return layers.LogMelSpectrogram(**settings, name="log_mel")


def waveform_inputs(samples: int | None = None) -> dict[str, keras.KerasTensor]:
    """Makes the inputs of a network; with `samples` None, of any length."""
    return {
        "waveform": keras.Input((samples,), name="waveform", dtype="float32"),
        "peak": keras.Input((), name="peak", dtype="float32"),
    }


def with_peak(
    inputs: keras.KerasTensor | dict[str, keras.KerasTensor],
) -> dict[str, keras.KerasTensor]:
    """Adds the peak of each row to waveforms that come without.

    >>> import numpy as np
    >>> with_peak(np.array([[0.1, -0.5]]))["peak"].numpy().tolist()
    [0.5]

    Args:
        inputs: `{"waveform": [batch, samples], "peak": [batch]}`, returned
            unchanged, or `[batch, samples]` alone.

    Returns:
        The dictionary. An added peak is the row's own loudest sample, which
        is right for a whole recording; a crop needs the recording's peak.

    Raises:
        ValueError: Waveforms alone that are not `[batch, samples]`.
    """
    if isinstance(inputs, dict):
        return inputs
    waveform = ops.cast(inputs, "float32")
    if len(waveform.shape) != 2:
        raise ValueError(
            "Waveforms must be [batch, samples]; one alone is "
            f"`waveform[None]`. Received: shape {tuple(waveform.shape)}."
        )
    return {"waveform": waveform, "peak": ops.max(ops.abs(waveform), axis=-1)}
