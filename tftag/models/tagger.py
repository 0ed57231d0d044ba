"""The tagger: from a waveform to a logit per tag."""

import dataclasses
from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from tftag import audio, layers
from tftag import tags as tags_lib
from tftag.models import clip_model, hidden_layer, precision
from tftag.models import front_end as front_end_lib
from tftag.models.backbones import backbone as backbone_lib

# A tag that all or none of the recordings have says nothing certain about
# the next one: log-odds of the prior stay within +-6.9.
_PRIOR_LIMIT = 1e-3


@dataclasses.dataclass(frozen=True)
class TaggerConfig:
    """Architecture and size of a tagger.

    Attributes:
        backbone: The part that turns a clip into one vector.
        dropout: Share of that vector dropped in training.
        head_units: Units of a hidden layer between that vector and the logits;
            0 for none.
        head_dropout: Share of these units dropped in training.
        head_members: Number of hidden layers side by side, each with logits of
            its own, which are averaged.
        head_components: Number of principal components of the vector, over the
            training recordings, that replace it; 0 keeps the vector.
    """

    backbone: backbone_lib.BackboneConfig = backbone_lib.BackboneConfig()
    dropout: float = 0.0
    head_units: int = 0
    head_dropout: float = 0.0
    head_members: int = 1
    head_components: int = 0

    def __post_init__(self) -> None:
        """Refuses invalid values."""
        hidden_layer.check(self)


@keras.saving.register_keras_serializable(package="tftag")
class Tagger(clip_model.TagModel):
    """A tagger with random weights: waveforms in, a logit per tag out.

    It takes waveforms `[batch, samples]`, or `{"waveform": [batch, samples],
    "peak": [batch]}` where a row is a crop of a longer recording, and returns
    float32 logits `[batch, tags]`.

    >>> import numpy as np
    >>> from tftag import audio, losses
    >>> from tftag.models import backbone, tagger
    >>> model = tagger.Tagger(
    ...     ["calm", "loud"],
    ...     audio.AudioSpec(clip_seconds=1.0),
    ...     tagger.TaggerConfig(backbone.BackboneConfig(width=1 / 64)),
    ... )
    >>> model.compile("adam", losses.BinaryCrossentropy())
    >>> waveforms = np.random.default_rng(0).normal(size=(4, 16_000))
    >>> labels = np.array([[1, 0], [0, 1], [1, 0], [0, 1]])
    >>> _ = model.fit(waveforms, labels, verbose=0)
    >>> model.predict(waveforms, verbose=0).shape
    (4, 2)

    Args:
        tags: Names of the tags, in the order of the outputs.
        audio_spec: Of the waveforms, which may have any length unless
            `config.backbone.fixes_clip_length`.
        config: What to build.
        tag_prior: `[tags]`, share of the recordings that have each tag. If
            given, the bias starts at its log-odds, so an untrained tagger
            predicts it (Lin et al. 2017, https://arxiv.org/abs/1708.02002).
        dtype: Policy of the layers, such as `mixed_float16`; None is the
            global one.

    Attributes:
        tags: As given, a tuple.
        front_end: Model from waveform and peak to `[batch, frames, mels]`.
        backbone: Model from those to `[batch, members * dim]`.
        head: Model from those to the logits of every member, `[batch, members,
            tags]`.

    Raises:
        ValueError: The arguments do not fit together.
    """

    config_class = TaggerConfig

    def __init__(
        self,
        tags: Sequence[str],
        audio_spec: audio.AudioSpec | None = None,
        config: TaggerConfig | None = None,
        tag_prior: npt.ArrayLike | None = None,
        *,
        dtype: keras.DTypePolicy | str | None = None,
        name: str = "tagger",
        trainable: bool = True,
    ):
        """Builds the parts and joins them."""
        # Any sequence but a string will do, and becomes a tuple.
        tags = tags_lib.TagVocabulary(tags).names  # type: ignore[arg-type]
        audio_spec = audio_spec or audio.AudioSpec()
        config = config or TaggerConfig()
        with precision.policy(dtype):
            # Parts, in the order in which their weights are drawn
            backbone = backbone_lib.backbone(audio_spec, config.backbone)
            head = _head(backbone.output.shape[1], len(tags), config)
            front_end = front_end_lib.front_end(audio_spec, config.backbone)
            # Graph
            super().__init__(
                front_end, backbone, head, name=name, trainable=trainable
            )
        if tag_prior is not None:
            bias = head.get_layer("tag_logits").bias
            bias.assign(log_odds(tag_prior, len(tags)))
        # Config
        self.tags = tags
        self.audio_spec = audio_spec
        self.config = config


def masked(model: clip_model.ClipModel) -> keras.Model:
    """Returns a tagger with SpecAugment before its backbone.

    Args:
        model: A tagger; the parts are shared, so training one trains the
            other.

    Returns:
        A model from the tagger's inputs and the masks (see
        `front_end.masked_spectrogram`) to the logits of every member, `[batch,
        members, tags]`.
    """
    inputs, x = front_end_lib.masked_spectrogram(model.front_end)
    outputs = model.head(model.backbone(x))
    return keras.Model(inputs, outputs, name="masked_tagger")


def log_odds(tag_prior: npt.ArrayLike, tag_count: int) -> keras.KerasTensor:
    """Returns the log-odds of shares, kept away from certainty.

    >>> print(log_odds([0.5, 0.0], 2).numpy().round(3))
    [ 0.    -6.907]

    Args:
        tag_prior: `[tags]`, share of the recordings that have each tag.
        tag_count: Number of tags that there should be.

    Returns:
        float32 `[tags]`.

    Raises:
        ValueError: The shares are not `[tags]`, or not from 0 to 1.
    """
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


def _head(dim: int, tag_count: int, config: TaggerConfig) -> keras.Model:
    """Model from `[batch, dim]` to logits `[batch, members, tags]`."""
    inputs = keras.Input((dim,), name="clip_vector")
    x = hidden_layer.apply(inputs, config)
    members = config.backbone.members
    if config.head_units:
        members = config.head_members
    # float32 under mixed precision too: float16 logits end at 65,504.
    tag_logits = layers.MemberLogits(
        tag_count, members, name="tag_logits", dtype="float32"
    )
    return keras.Model(inputs, tag_logits(x), name="head")
