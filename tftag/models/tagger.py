"""The tagger: from a waveform to a logit per tag."""

import dataclasses

import keras
import numpy as np
from keras import ops

from tftag import audio, layers
from tftag.models import backbone as backbone_lib
from tftag.models import front_end

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
    backbone = backbone_lib.backbone(audio_spec, config.backbone)
    dropout = keras.layers.Dropout(config.dropout, name="dropout")
    # float32 under mixed precision too: float16 logits end at 65,504.
    tag_logits = layers.MemberLogits(
        tag_count, config.backbone.members, name="tag_logits", dtype="float32"
    )
    # Graph
    inputs, x = front_end.spectrogram(audio_spec, config.backbone)
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
        A model from the tagger's inputs and the masks, as
        `front_end.masked_spectrogram` names them, to the logits of every
        member, `[batch, members, tags]`.
    """
    get_layer = tagger_model.get_layer
    inputs, x = front_end.masked_spectrogram(tagger_model)
    x = get_layer("dropout")(get_layer("backbone")(x))
    outputs = get_layer("tag_logits")(x)
    return keras.Model(inputs, outputs, name="masked_tagger")


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
