"""The dual encoder: clips and tags as vectors of one space."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from tftag import audio, layers
from tftag import tags as tags_lib
from tftag.models import (
    clip_model,
    hidden_layer,
    precision,
    replica_gather,
)
from tftag.models import front_end as front_end_lib
from tftag.models.backbones import backbone as backbone_lib


@dataclasses.dataclass(frozen=True)
class DualEncoderConfig:
    """Architecture and size of a dual encoder.

    Attributes:
        backbone: The part that turns a clip into one vector. Each of its
            members gets an audio projection and a text tower of its own.
        joint: All members share one projection and one text tower, and so one
            vector of length `dim`. With `head_units`, the projection sees the
            backbone's vector beside these units.
        dim: Length of a member's vector in the shared space.
        dropout: Share of the backbone's vector dropped in training.
        head_units: Units of a hidden layer between that vector and the shared
            space; 0 for none.
        head_dropout: Share of these units dropped in training.
        head_members: Number of hidden layers side by side, each with an audio
            projection and a text tower of its own.
        head_components: Number of principal components of the vector, over the
            training recordings, that replace it; 0 keeps the vector.
        text_units: Width of the text tower's two layers.
        text_dropout: Share of their outputs dropped in training.
        word_noise: Mean length of the Gaussian noise added in training to word
            vectors (of length 1), so that words near a tag's word end up near
            the tag and not anywhere between a few points.
        initial_scale: Scale of the cosine before training (SigLIP: 10).
        initial_bias: Added to the scaled cosine before training: the log-odds
            of a clip having a tag, here of one tag in twenty. From 0, the
            first steps would only push all pairs apart. (SigLIP's -10 is for
            one text in thousands.)
        learned_scale: Train scale and bias. Losses on cosines need
            `initial_scale=1, initial_bias=0, learned_scale=False`.
    """

    backbone: backbone_lib.BackboneConfig = backbone_lib.BackboneConfig()
    joint: bool = False
    dim: int = 128
    dropout: float = 0.0
    head_units: int = 0
    head_dropout: float = 0.0
    head_members: int = 1
    head_components: int = 0
    text_units: int = 256
    text_dropout: float = 0.2
    word_noise: float = 0.0
    initial_scale: float = 10.0
    initial_bias: float = -3.0
    learned_scale: bool = True

    def __post_init__(self) -> None:
        """Refuses invalid values."""
        for name in ("dim", "text_units"):
            if not getattr(self, name) >= 1:
                raise ValueError(
                    f"`{name}` must be >= 1. Received: {getattr(self, name)}."
                )
        if not 0 <= self.word_noise < math.inf:
            raise ValueError(
                f"`word_noise` must be >= 0. Received: {self.word_noise}."
            )
        if not 0 <= self.text_dropout < 1:
            raise ValueError(
                "`text_dropout` must be in [0, 1). "
                f"Received: {self.text_dropout}."
            )
        hidden_layer.check(self)

    @property
    def towers(self) -> int:
        """Number of audio projections and of text towers."""
        if self.joint:
            return 1
        return self.head_members if self.head_units else self.backbone.members


class WholeBatchModel(keras.Model):
    """A model whose loss sees the clips of all replicas.

    Every replica of `tf.distribute` computes the loss of the whole batch, so
    clips on other replicas are negatives too. Keras divides a mean loss by the
    number of replicas and sums their gradients; the gather sums the gradients
    that the replicas have for a row. Together that is the gradient of the whole
    batch, once. This holds for losses that Keras divides, so neither for
    `reduction="sum"` nor for a `call` that returns a single number.
    """

    def compute_loss(
        self,
        x: object = None,
        y: keras.KerasTensor | None = None,
        y_pred: keras.KerasTensor | None = None,
        sample_weight: keras.KerasTensor | None = None,
        training: bool = True,
    ) -> keras.KerasTensor:
        """Computes the compiled loss of labels and logits of all replicas.

        Raises:
            ValueError: There is a `sample_weight`.
        """
        if sample_weight is not None:
            raise ValueError(
                "Contrastive losses have no weight per clip: scale the labels "
                f"instead. Received: sample_weight={sample_weight}."
            )
        return super().compute_loss(
            x,
            replica_gather.gather(y),
            replica_gather.gather(y_pred),
            training=training,
        )


@keras.saving.register_keras_serializable(package="tftag")
class DualEncoder(WholeBatchModel, clip_model.TagModel):
    """A dual encoder with random weights.

    Like a tagger it returns float32 logits `[batch, tags]`: scaled cosines
    with a bias, averaged over the members. So it is trained, scored and
    calibrated like one; its towers rank any other words too.

    >>> import numpy as np
    >>> from tftag import audio, losses
    >>> from tftag.models import backbone, dual_encoder
    >>> from tftag.words import sources
    >>> known = sources.open_source("shipped")
    >>> vectors, _ = known.embed(["calm", "loud"])
    >>> encoder = dual_encoder.DualEncoder(
    ...     ["calm", "loud"],
    ...     vectors,
    ...     audio.AudioSpec(clip_seconds=1.0),
    ...     dual_encoder.DualEncoderConfig(
    ...         backbone.BackboneConfig(width=1 / 64)
    ...     ),
    ... )
    >>> encoder.compile("adam", losses.MultiPositiveInfoNCE())
    >>> waveforms = np.random.default_rng(0).normal(size=(4, 16_000))
    >>> labels = np.array([[1, 0], [0, 1], [1, 0], [0, 1]])
    >>> _ = encoder.fit(waveforms, labels, verbose=0)
    >>> clips = encoder.audio_tower.predict(waveforms, verbose=0)
    >>> peaceful, _ = known.embed(["peaceful", "no drums"])
    >>> (clips @ encoder.text_tower.predict(peaceful, verbose=0).T).shape
    (4, 2)

    Args:
        tags: Names of the tags to learn, in the order of the outputs.
        word_vectors: float `[tags, word_dim]`, of these tags. Kept as a
            weight that is not trained.
        audio_spec: Of the waveforms, which may have any length unless
            `config.backbone.fixes_clip_length`.
        config: What to build.
        dtype: Policy of the layers, such as `mixed_float16`; None is the
            global one.

    Attributes:
        tags: As given, a tuple.
        front_end: Model from waveform and peak to `[batch, frames, mels]`.
        backbone: Model from those to `[batch, members * dim]`. Front end and
            backbone are those of a tagger.
        head: Model from the vectors to the logits of every member, `[batch,
            members, tags]`.
        audio_tower: Model from waveforms to float32 `[batch, members * dim]`
            of unit length. Dot products are means of the members' cosines.
        text_tower: Model from word vectors `[tags, word_dim]` to that space.
        comparison: Model from vectors of the audio tower to the logits of
            every member.

    Raises:
        ValueError: The arguments do not fit together.
    """

    config_class = DualEncoderConfig

    def __init__(
        self,
        tags: Sequence[str],
        word_vectors: npt.ArrayLike,
        audio_spec: audio.AudioSpec | None = None,
        config: DualEncoderConfig | None = None,
        *,
        dtype: keras.DTypePolicy | str | None = None,
        name: str = "dual_encoder",
        trainable: bool = True,
    ):
        """Builds the parts and joins them."""
        # Any sequence but a string will do, and becomes a tuple.
        tags = tags_lib.TagVocabulary(tags).names  # type: ignore[arg-type]
        vectors = _checked_vectors(word_vectors, len(tags))
        audio_spec = audio_spec or audio.AudioSpec()
        config = config or DualEncoderConfig()
        with precision.policy(dtype):
            # Parts, in the order in which their weights are drawn
            front_end = front_end_lib.front_end(audio_spec, config.backbone)
            backbone = backbone_lib.backbone(audio_spec, config.backbone)
            projection = _projection(backbone.output.shape[1], config)
            text_tower = _text_tower(vectors.shape[1], config)
            tag_vectors = layers.TagVectors(*vectors.shape, name="tag_vectors")
            comparison = _comparison(tag_vectors, text_tower, config)
            # Graph
            clips = keras.Input((backbone.output.shape[1],), name="clip_vector")
            head = keras.Model(
                clips, comparison(projection(clips)), name="head"
            )
            super().__init__(
                front_end, backbone, head, name=name, trainable=trainable
            )
            self.audio_tower = clip_model.ClipModel(
                front_end, backbone, projection, name="audio_tower"
            )
        tag_vectors.assign(vectors)
        self.text_tower = text_tower
        self.comparison = comparison
        self.tag_vectors = tag_vectors
        # Config
        self.tags = tags
        self.audio_spec = audio_spec
        self.config = config

    @property
    def word_vectors(self) -> npt.NDArray[np.float32]:
        """The word vectors of the tags, float32 `[tags, word_dim]`."""
        return np.asarray(ops.convert_to_numpy(self.tag_vectors.vectors))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments, as JSON has them."""
        vectors = self.word_vectors.tolist()
        return {**super().get_config(), "word_vectors": vectors}


def masked(model: DualEncoder) -> keras.Model:
    """Returns the dual encoder as it is trained: with SpecAugment.

    Under `tf.distribute` its loss is that of the whole batch; see
    `WholeBatchModel`.

    Args:
        model: The parts are shared, so training one trains the other.

    Returns:
        A model from the dual encoder's inputs and the masks (see
        `front_end.masked_spectrogram`) to the logits of every member, `[batch,
        members, tags]`. It takes labels `[batch, 1, tags]`.
    """
    inputs, x = front_end_lib.masked_spectrogram(model.front_end)
    outputs = model.head(model.backbone(x))
    return WholeBatchModel(inputs, outputs, name="masked_dual_encoder")


def heads(model: DualEncoder) -> keras.Model:
    """Returns the part of a dual encoder that follows its backbone.

    While the backbone is fixed, this part trains in seconds on vectors that
    are computed once.

    Args:
        model: The parts are shared, so training one trains the other.

    Returns:
        A model from the backbone's vectors, `[batch, members * dim]`, to the
        logits of every member, `[batch, members, tags]`. It takes labels
        `[batch, 1, tags]`.
    """
    inputs = keras.Input(model.head.input.shape[1:], name="clip_vector")
    return WholeBatchModel(
        inputs, model.head(inputs), name="dual_encoder_heads"
    )


def _projection(dim: int, config: DualEncoderConfig) -> keras.Model:
    """Model from the backbone's vectors to those of the shared space."""
    members = config.towers
    inputs = keras.Input((dim,), name="clip_vector")
    x = hidden_layer.apply(inputs, config)
    if config.joint and config.head_units:
        x = keras.layers.Concatenate(name="hidden_and_vector")([x, inputs])
    x = layers.MemberDense(config.dim, members, name="audio_projection")(x)
    outputs = layers.UnitLength(members, name="audio_embedding")(x)
    return keras.Model(inputs, outputs, name="projection")


def _text_tower(word_dim: int, config: DualEncoderConfig) -> keras.Model:
    """Model from the word vector of a tag to its vector.

    Two fully connected layers with batch norm, ReLU and dropout, then one to
    the shared space. The batch of its batch norm are the tags.
    """
    members = config.towers
    inputs = keras.Input((word_dim,), name="word_vector")
    x = keras.layers.GaussianNoise(
        config.word_noise / math.sqrt(word_dim), name="word_noise"
    )(inputs)
    # Every member sees all of the word vector, and its own part from then on.
    x = keras.layers.Dense(members * config.text_units, name="text_dense_1")(x)
    x = _norm_relu_dropout(x, config, 1)
    x = layers.MemberDense(config.text_units, members, name="text_dense_2")(x)
    x = _norm_relu_dropout(x, config, 2)
    x = layers.MemberDense(config.dim, members, name="text_projection")(x)
    outputs = layers.UnitLength(members, name="text_embedding")(x)
    return keras.Model(inputs, outputs, name="text_tower")


def _comparison(
    tag_vectors: layers.TagVectors,
    text_tower: keras.Model,
    config: DualEncoderConfig,
) -> keras.Model:
    """Model from vectors of clips to the logits of every member."""
    members = config.towers
    similarity = layers.MemberSimilarity(
        members,
        initial_scale=config.initial_scale,
        initial_bias=config.initial_bias,
        learned=config.learned_scale,
        name="similarity",
    )
    inputs = keras.Input((members * config.dim,), name="embedding")
    outputs = similarity(inputs, text_tower(tag_vectors(inputs)))
    return keras.Model(inputs, outputs, name="comparison")


def _norm_relu_dropout(
    x: keras.KerasTensor, config: DualEncoderConfig, number: int
) -> keras.KerasTensor:
    x = layers.BatchNormalization(
        momentum=config.backbone.batch_norm_momentum, name=f"text_norm_{number}"
    )(x)
    x = keras.layers.ReLU(name=f"text_relu_{number}")(x)
    return keras.layers.Dropout(
        config.text_dropout, name=f"text_dropout_{number}"
    )(x)


def _checked_vectors(
    word_vectors: npt.ArrayLike, tag_count: int
) -> npt.NDArray[np.float32]:
    vectors = np.asarray(word_vectors, "float32")
    if vectors.ndim != 2 or vectors.shape[0] < 2 or vectors.shape[1] < 1:
        raise ValueError(
            "`word_vectors` must be [tags, word_dim] of at least 2 tags: batch "
            f"norm compares them. Received: shape {vectors.shape}."
        )
    if len(vectors) != tag_count:
        raise ValueError(
            f"`word_vectors` must have a row per tag, {tag_count}. "
            f"Received: shape {vectors.shape}."
        )
    if not np.all(np.isfinite(vectors)):
        rows = np.flatnonzero(~np.isfinite(vectors).all(axis=1)).tolist()
        raise ValueError(
            "`word_vectors` must be finite: leave out tags without a vector. "
            f"Received: NaN or infinity in rows {rows}."
        )
    return vectors
