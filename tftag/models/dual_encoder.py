"""The dual encoder: clips and tags as vectors of one space."""

import dataclasses
import math

import keras
import numpy as np
from keras import ops

from tftag import audio, layers
from tftag.models import backbone as backbone_lib
from tftag.models import front_end, replica_gather


@dataclasses.dataclass(frozen=True)
class DualEncoderConfig:
    """What the dual encoder looks like.

    Attributes:
        backbone: What makes one vector of a clip. Each of its members gets
            an audio projection and a text tower of its own.
        dim: Length of a member's vector in the shared space.
        dropout: Share of the backbone's vector dropped in training.
        text_units: Width of the text tower's two layers.
        text_dropout: Share of their outputs dropped in training.
        word_noise: Length, on average, of the Gaussian noise added to a word
            vector (of length 1) in training: so that words near to a tag's
            come to lie near to the tag, and not anywhere between few points.
        initial_scale: Scale of the cosine before training (SigLIP: 10).
        initial_bias: Added to the scaled cosine before training: the log-odds
            of a clip having a tag, here of one tag in twenty. From 0, the
            first steps would do nothing but push all pairs apart. (SigLIP's
            -10 is for one text in thousands.)
        learned_scale: Whether scale and bias are trained. A loss on cosines
            takes `initial_scale=1, initial_bias=0, learned_scale=False`.
    """

    backbone: backbone_lib.BackboneConfig = backbone_lib.BackboneConfig()
    dim: int = 128
    dropout: float = 0.0
    text_units: int = 256
    text_dropout: float = 0.2
    word_noise: float = 0.0
    initial_scale: float = 10.0
    initial_bias: float = -3.0
    learned_scale: bool = True

    def __post_init__(self):
        """Refuses what no dual encoder can have."""
        for name in ("dim", "text_units"):
            if not getattr(self, name) >= 1:
                raise ValueError(
                    f"`{name}` must be >= 1. Received: {getattr(self, name)}."
                )
        if not 0 <= self.word_noise < math.inf:
            raise ValueError(
                f"`word_noise` must be >= 0. Received: {self.word_noise}."
            )
        for name in ("dropout", "text_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(
                    f"`{name}` must be in [0, 1). "
                    f"Received: {getattr(self, name)}."
                )


def audio_tower(
    audio_spec: audio.AudioSpec, config: DualEncoderConfig
) -> keras.Model:
    """Builds the way from a waveform to its vector.

    Up to and with the backbone it is the tagger; layer names are the same.

    Args:
        audio_spec: Of the waveforms; `samples` is free unless
            `config.backbone.pooling` is `flatten`.
        config: What to build.

    Returns:
        A model from `{"waveform": [batch, samples], "peak": [batch]}` to
        float32 `[batch, members * dim]` of unit length. Dot products are the
        mean of the members' cosines.

    Raises:
        ValueError: When an argument does not fit the other.
    """
    members = config.backbone.members
    inputs, x = front_end.spectrogram(audio_spec, config.backbone)
    x = backbone_lib.backbone(audio_spec, config.backbone)(x)
    x = keras.layers.Dropout(config.dropout, name="dropout")(x)
    x = layers.MemberDense(config.dim, members, name="audio_projection")(x)
    outputs = layers.UnitLength(members, name="audio_embedding")(x)
    return keras.Model(inputs, outputs, name="audio_tower")


def text_tower(word_dim: int, config: DualEncoderConfig) -> keras.Model:
    """Builds the way from the word vector of a tag to its vector.

    Two fully connected layers with batch norm, ReLU and dropout, then one to
    the shared space. The batch of its batch norm are the tags.

    Args:
        word_dim: Length of a word vector.
        config: What to build.

    Returns:
        A model from `[tags, word_dim]` to float32 `[tags, members * dim]` of
        unit length.
    """
    members = config.backbone.members
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


def dual_encoder(
    audio_spec: audio.AudioSpec,
    config: DualEncoderConfig,
    word_vectors: np.ndarray,
) -> keras.Model:
    """Builds a dual encoder with random weights.

    It answers like a tagger, so it is scored, calibrated and watched like
    one; `towers` takes it apart for tags it does not hold.

    Args:
        audio_spec: As for `audio_tower`.
        config: What to build.
        word_vectors: float `[tags, word_dim]`, of the tags to learn. Kept as
            a weight that is not trained.

    Returns:
        A model from `{"waveform": [batch, samples], "peak": [batch]}` to
        float32 logits `[batch, tags]`: scaled cosines with a bias, the mean
        of the members.

    Raises:
        ValueError: When an argument does not fit the others.
    """
    vectors = _checked_vectors(word_vectors)
    # Layers
    clips = audio_tower(audio_spec, config)
    tags = text_tower(vectors.shape[1], config)
    tag_vectors = layers.TagVectors(*vectors.shape, name="tag_vectors")
    similarity = layers.MemberSimilarity(
        config.backbone.members,
        initial_scale=config.initial_scale,
        initial_bias=config.initial_bias,
        learned=config.learned_scale,
        name="similarity",
    )
    # Graph
    outputs = similarity(clips.output, tags(tag_vectors(clips.output)))
    tag_vectors.assign(vectors)
    return keras.Model(
        clips.input, ops.mean(outputs, axis=1), name="dual_encoder"
    )


def masked(dual_encoder_model: keras.Model) -> keras.Model:
    """Returns the dual encoder as it is trained: with SpecAugment.

    Its loss is that of the whole batch under `tf.distribute` too: see
    `WholeBatchModel`.

    Args:
        dual_encoder_model: What `dual_encoder` returned; the layers are
            shared, so training one trains the other.

    Returns:
        A model from the dual encoder's inputs and the masks, as
        `front_end.masked_spectrogram` names them, to the logits of every
        member, `[batch, members, tags]`. It takes labels `[batch, 1, tags]`.
    """
    get_layer = dual_encoder_model.get_layer
    inputs, x = front_end.masked_spectrogram(dual_encoder_model)
    for name in ("backbone", "dropout", "audio_projection", "audio_embedding"):
        x = get_layer(name)(x)
    tags = get_layer("text_tower")(get_layer("tag_vectors")(x))
    outputs = get_layer("similarity")(x, tags)
    return WholeBatchModel(inputs, outputs, name="masked_dual_encoder")


def heads(dual_encoder_model: keras.Model) -> keras.Model:
    """Returns the part of the dual encoder behind its backbone.

    With the backbone fixed, all else can be trained in seconds on vectors
    that were computed once.

    Args:
        dual_encoder_model: What `dual_encoder` returned; the layers are
            shared, so training one trains the other.

    Returns:
        A model from the backbone's vectors, `[batch, members * dim]`, to the
        logits of every member, `[batch, members, tags]`. It takes labels
        `[batch, 1, tags]`.
    """
    get_layer = dual_encoder_model.get_layer
    width = get_layer("dropout").input.shape[1]
    inputs = keras.Input((width,), name="clip_vector")
    x = inputs
    for name in ("dropout", "audio_projection", "audio_embedding"):
        x = get_layer(name)(x)
    tags = get_layer("text_tower")(get_layer("tag_vectors")(x))
    outputs = get_layer("similarity")(x, tags)
    return WholeBatchModel(inputs, outputs, name="dual_encoder_heads")


def towers(
    dual_encoder_model: keras.Model,
) -> tuple[keras.Model, keras.Model]:
    """Takes a dual encoder apart, with its weights.

    Returns:
        Its audio tower and its text tower, as `audio_tower` and `text_tower`
        build them.
    """
    clips = keras.Model(
        dual_encoder_model.input,
        dual_encoder_model.get_layer("audio_embedding").output,
        name="audio_tower",
    )
    return clips, dual_encoder_model.get_layer("text_tower")


class WholeBatchModel(keras.Model):
    """A model whose loss sees the clips of all replicas.

    Every replica of `tf.distribute` computes the loss of the whole batch, so
    that clips on other replicas are negatives too. Keras divides a mean loss
    by the number of replicas and adds up their gradients; the gather adds up
    what the replicas say about a row. Together that is the gradient of the
    whole batch, once. It holds for losses that Keras divides: not for one with
    `reduction="sum"`, nor for one whose `call` returns a single number.
    """

    def compute_loss(
        self,
        x=None,
        y=None,
        y_pred=None,
        sample_weight=None,
        training=True,
    ):
        """Computes the compiled loss of labels and logits of all replicas."""
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


def _norm_relu_dropout(x, config, number):
    x = layers.BatchNormalization(
        momentum=config.backbone.batch_norm_momentum, name=f"text_norm_{number}"
    )(x)
    x = keras.layers.ReLU(name=f"text_relu_{number}")(x)
    return keras.layers.Dropout(
        config.text_dropout, name=f"text_dropout_{number}"
    )(x)


def _checked_vectors(word_vectors):
    vectors = np.asarray(word_vectors, "float32")
    if vectors.ndim != 2 or vectors.shape[0] < 2 or vectors.shape[1] < 1:
        raise ValueError(
            "`word_vectors` must be [tags, word_dim] of at least 2 tags: batch "
            f"norm compares them. Received: shape {vectors.shape}."
        )
    if not np.all(np.isfinite(vectors)):
        rows = np.flatnonzero(~np.isfinite(vectors).all(axis=1)).tolist()
        raise ValueError(
            "`word_vectors` must be finite: leave out tags without a vector. "
            f"Received: NaN or infinity in rows {rows}."
        )
    return vectors
