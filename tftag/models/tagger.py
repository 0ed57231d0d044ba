"""The tagger: from a waveform to a logit per tag."""

import dataclasses

import keras
import numpy as np
from keras import ops

from tftag import audio, layers
from tftag.models import backbone as backbone_lib

# A tag that all or none of the recordings have says nothing certain about
# the next one: log-odds of the prior stay within +-6.9.
_PRIOR_LIMIT = 1e-3


@dataclasses.dataclass(frozen=True)
class TaggerConfig:
    """What the tagger looks like.

    Attributes:
        backbone: What makes one vector of a clip.
        dropout: Share of that vector dropped in training.
    """

    backbone: backbone_lib.BackboneConfig = backbone_lib.BackboneConfig()
    dropout: float = 0.0

    def __post_init__(self):
        """Refuses what no tagger can have."""
        if not 0 <= self.dropout < 1:
            raise ValueError(
                f"`dropout` must be in [0, 1). Received: {self.dropout}."
            )


def tagger(
    audio_spec: audio.AudioSpec,
    config: TaggerConfig,
    tag_count: int,
    tag_prior: np.ndarray | None = None,
) -> keras.Model:
    """Builds a tagger with random weights.

    Args:
        audio_spec: Of the waveforms; `samples` is free unless
            `config.backbone.pooling` is `flatten`.
        config: What to build.
        tag_count: Number of tags.
        tag_prior: `[tags]`, share of the recordings that have each tag. When
            given, an untrained tagger answers with it: the bias starts at its
            log-odds (Lin et al. 2017, https://arxiv.org/abs/1708.02002).

    Returns:
        A model from `{"waveform": [batch, samples], "peak": [batch]}` to
        float32 logits `[batch, tags]`.

    Raises:
        ValueError: When an argument does not fit the others.
    """
    if tag_count < 1:
        raise ValueError(f"`tag_count` must be >= 1. Received: {tag_count}.")
    # Layers
    log_mel = log_mel_layer(audio_spec)
    # Standardises every band, so that 0, what SpecAugment fills its masks
    # with, is the mean of the band. Nothing in it is trained: with a scale,
    # each training step would have to take gradients through the first
    # convolution, a quarter of the step's time at width 1/8.
    mel_norm = layers.BatchNormalization(
        momentum=config.backbone.batch_norm_momentum,
        center=False,
        scale=False,
        name="mel_norm",
        dtype="float32",
    )
    backbone = backbone_lib.backbone(audio_spec, config.backbone)
    dropout = keras.layers.Dropout(config.dropout, name="dropout")
    # float32 under mixed precision too: float16 logits end at 65,504.
    tag_logits = layers.MemberLogits(
        tag_count, config.backbone.members, name="tag_logits", dtype="float32"
    )
    # Graph
    fixed = config.backbone.pooling == "flatten"
    inputs = waveform_inputs(audio_spec.clip_samples if fixed else None)
    x = layers.WaveformNormalization(name="normalization")(**inputs)
    x = mel_norm(log_mel(x))
    outputs = ops.mean(tag_logits(dropout(backbone(x))), axis=1)
    if tag_prior is not None:
        tag_logits.bias.assign(log_odds(tag_prior, tag_count))
    return keras.Model(inputs, outputs, name="tagger")


def masked(tagger_model: keras.Model) -> keras.Model:
    """Returns the tagger with SpecAugment before its backbone.

    Args:
        tagger_model: What `tagger` returned; the layers are shared, so
            training one trains the other.

    Returns:
        A model from the tagger's inputs and `{"mel_masks": int32
        [batch, masks, 2], "time_masks": int32 [batch, masks, 2]}` to logits.
    """
    get_layer = tagger_model.get_layer
    samples = tagger_model.input["waveform"].shape[1]
    waveform = waveform_inputs(samples)
    masks = {
        name: keras.Input((None, 2), name=name, dtype="int32")
        for name in ("mel_masks", "time_masks")
    }
    x = get_layer("mel_norm")(
        get_layer("log_mel")(get_layer("normalization")(**waveform))
    )
    x = layers.SpecAugment(name="masks", dtype="float32")(x, **masks)
    x = get_layer("dropout")(get_layer("backbone")(x))
    outputs = get_layer("tag_logits")(x)
    return keras.Model({**waveform, **masks}, outputs, name="masked_tagger")


def log_mel_layer(audio_spec: audio.AudioSpec) -> layers.LogMelSpectrogram:
    """Builds the layer that gives the spectrograms of a spec."""
    return layers.LogMelSpectrogram(
        sample_rate_hz=audio_spec.sample_rate_hz,
        window_samples=audio_spec.window_samples,
        hop_samples=audio_spec.hop_samples,
        mel_bands=audio_spec.mel_bands,
        min_hz=audio_spec.min_hz,
        max_hz=audio_spec.max_hz,
        log_floor=audio_spec.log_floor,
        name="log_mel",
    )


def waveform_inputs(samples: int | None = None) -> dict[str, keras.KerasTensor]:
    """The inputs of a tagger; `samples` None takes any length."""
    return {
        "waveform": keras.Input((samples,), name="waveform", dtype="float32"),
        "peak": keras.Input((), name="peak", dtype="float32"),
    }


def log_odds(tag_prior: np.ndarray, tag_count: int):
    """Logits `[tags]` of shares of recordings, kept away from certainty."""
    prior = np.asarray(tag_prior, "float64")
    if prior.shape != (tag_count,):
        raise ValueError(
            f"`tag_prior` must have one value per tag, {tag_count}. "
            f"Received: shape {prior.shape}."
        )
    if not np.all((prior >= 0) & (prior <= 1)):
        raise ValueError(
            f"`tag_prior` must be in [0, 1]. Received: {prior.tolist()}."
        )
    prior = np.clip(prior, _PRIOR_LIMIT, 1 - _PRIOR_LIMIT)
    return ops.convert_to_tensor(np.log(prior / (1 - prior)), "float32")
