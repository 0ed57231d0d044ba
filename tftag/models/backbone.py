"""The backbones: from a log-mel spectrogram to one vector."""

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import cast

import keras
from keras import ops

from tftag import audio, layers
from tftag.models import descriptors, musicnn

# Filters of each block: 3x3 convolution, batch norm, 2x2 max pooling, ReLU.
FILTERS = (128, 256, 256, 256, 512, 512, 256)
# Of the short-chunk CNN: Won et al., Evaluation of CNN-based automatic music
# tagging models, 2020, https://arxiv.org/abs/2006.00751.
SHORT_CHUNK_FILTERS = (128, 128, 256, 256, 256, 256, 512)

POOL_PADDINGS = ("same", "valid")
# Not what ~/.keras/keras.json says.
_DATA_FORMAT = "channels_last"


@dataclasses.dataclass(frozen=True)
class BackboneConfig:
    """Architecture and size of the backbone.

    Attributes:
        width: Factor on the number of filters of every block.
        blocks: Number of blocks; the first ones of the architecture.
        pooling: How the last block's output becomes one vector: `average` or
            `max` over frames and bands, `both` (concatenated, twice as long),
            or `flatten` (all of it; fixes the clip length). For musicnn:
            `embedding`, `both` (the pooled features before it), or
            `both_and_embedding`. For short_chunk: `embedding`.
        pool_padding: `same` keeps an odd last frame or band when halving,
            `valid` drops it.
        batch_norm_momentum: Share of the moving statistics kept by each step.
        members: Number of networks side by side, each with blocks of its own
            after the first `shared_blocks`. Their vectors are concatenated; a
            tagger averages their logits.
        shared_blocks: Number of first blocks that all members share. These
            see the most cells and cost the most; the last are nearly free.
        patch_frames: Length of patches, evenly spaced over the clip, whose
            vectors are averaged; 0 takes the whole clip. Fixes the clip
            length. Patches beyond the end of a short recording do not count.
        architecture: `blocks` (the reference experiment), `short_chunk` (Won
            et al. 2020), `musicnn` or `descriptors`; the last two ignore
            `width` and `blocks`.
    """

    width: float = 1.0
    blocks: int = 7
    pooling: str = "both"
    pool_padding: str = "same"
    batch_norm_momentum: float = 0.99
    members: int = 1
    shared_blocks: int = 0
    patch_frames: int = 0
    architecture: str = "blocks"

    def __post_init__(self) -> None:
        """Refuses invalid values."""
        if not self.width > 0:
            raise ValueError(f"`width` must be > 0. Received: {self.width}.")
        if self.architecture not in ARCHITECTURES:
            raise ValueError(
                f"`architecture` must be one of {', '.join(ARCHITECTURES)}. "
                f"Received: {self.architecture!r}."
            )
        if not 1 <= self.blocks <= len(FILTERS):
            raise ValueError(
                f"`blocks` must be 1 to {len(FILTERS)}. "
                f"Received: {self.blocks}."
            )
        poolings = ARCHITECTURES[self.architecture].poolings
        if self.pooling not in poolings:
            raise ValueError(
                f"`pooling` of {self.architecture} must be one of "
                f"{', '.join(poolings)}. Received: {self.pooling!r}."
            )
        if self.pool_padding not in POOL_PADDINGS:
            raise ValueError(
                f"`pool_padding` must be one of {', '.join(POOL_PADDINGS)}. "
                f"Received: {self.pool_padding!r}."
            )
        if not 0 <= self.batch_norm_momentum < 1:
            raise ValueError(
                "`batch_norm_momentum` must be in [0, 1). "
                f"Received: {self.batch_norm_momentum}."
            )
        if not self.members >= 1:
            raise ValueError(
                f"`members` must be >= 1. Received: {self.members}."
            )
        if not 0 <= self.shared_blocks < self.blocks:
            raise ValueError(
                f"`shared_blocks` must be 0 to {self.blocks - 1}: a member "
                f"needs a block of its own. Received: {self.shared_blocks}."
            )
        if not self.patch_frames >= 0:
            raise ValueError(
                f"`patch_frames` must be >= 0. Received: {self.patch_frames}."
            )

    @property
    def fixes_clip_length(self) -> bool:
        """Whether the network takes only clips of the `AudioSpec`'s length."""
        return self.pooling == "flatten" or self.patch_frames > 0

    @property
    def filters(self) -> tuple[int, ...]:
        """Number of filters of each block: scaled by `width`, at least 1."""
        used = ARCHITECTURES[self.architecture].filters[: self.blocks]
        return tuple(max(1, round(filters * self.width)) for filters in used)


def backbone(
    audio_spec: audio.AudioSpec, config: BackboneConfig
) -> keras.Model:
    """Builds the backbone.

    Args:
        audio_spec: Gives the `mel_bands` of the input, and the clip length,
            the only one that `flatten` and patches accept.
        config: What to build.

    Returns:
        A model from `[batch, frames, mels]` to `[batch, members * dim]`, the
        members' vectors concatenated.

    Raises:
        ValueError: There are more blocks than halvings of the mel bands (with
            `valid` padding, of the frames of a clip), or a patch is longer
            than a clip.
    """
    frames = audio_spec.clip_frames if config.fixes_clip_length else None
    inputs = x = keras.Input((frames, audio_spec.mel_bands), name="log_mel")
    if config.patch_frames:
        x, count = _patches(inputs, config.patch_frames)
    build = ARCHITECTURES[config.architecture].vectors
    vectors = build(x, audio_spec, config)
    outputs = vectors[0]
    if config.members > 1:
        outputs = keras.layers.Concatenate(name="members")(vectors)
    if config.patch_frames:
        outputs = _mean_of_patches(outputs, x, count)
    return keras.Model(inputs, outputs, name="backbone")


def _patches(
    x: keras.KerasTensor, patch_frames: int
) -> tuple[keras.KerasTensor, int]:
    """Cuts `[batch, frames, mels]` into `[batch * count, patch, mels]`."""
    _, frames, mels = x.shape
    spare = frames - patch_frames
    if spare < 0:
        raise ValueError(
            f"`patch_frames` must be <= {frames}, the frames of a clip. "
            f"Received: {patch_frames}."
        )
    count = round(frames / patch_frames)
    patches = []
    for number in range(count):
        start = round(spare * number / max(count - 1, 1))
        # In float32: descriptors are differences of near-equal numbers. A
        # layer that learns casts to its own precision.
        cut = keras.layers.Cropping1D(
            (start, spare - start), name=f"patch_{number + 1}", dtype="float32"
        )
        patches.append(cut(x))
    return ops.reshape(ops.stack(patches, 1), (-1, patch_frames, mels)), count


def _mean_of_patches(
    vectors: keras.KerasTensor, patches: keras.KerasTensor, count: int
) -> keras.KerasTensor:
    """Averages `[batch * count, dim]` to `[batch, dim]`.

    A patch in which nothing changes is the silence after a short recording.
    Where all are silent, all count.
    """
    changes = ops.not_equal(patches[:, 1:], patches[:, :-1])
    shares = ops.cast(ops.any(changes, axis=(1, 2)), vectors.dtype)
    shares = ops.reshape(shares, (-1, count, 1))
    sounding = ops.sum(shares, axis=1, keepdims=True)
    shares = ops.where(
        sounding > 0, shares / ops.maximum(sounding, 1), 1 / count
    )
    vectors = ops.reshape(vectors, (-1, count, vectors.shape[-1]))
    return ops.sum(shares * vectors, axis=1)


def member_prefixes(config: BackboneConfig) -> list[str]:
    """Returns the prefix of each member's layer names."""
    if config.members == 1:
        return [""]
    return [f"member_{member}_" for member in range(1, config.members + 1)]


def _block_vectors(
    inputs: keras.KerasTensor,
    audio_spec: audio.AudioSpec,
    config: BackboneConfig,
) -> list[keras.KerasTensor]:
    """The convolution blocks: a vector of each member."""
    check_halvings(audio_spec, config)
    x = ops.expand_dims(inputs, -1)  # [batch, frames, mels, 1]
    numbered = list(enumerate(config.filters, start=1))
    for number, filters in numbered[: config.shared_blocks]:
        x = _block(x, filters, config, f"block_{number}")
    # What is made of blocks has functions for its poolings.
    poolings_of = ARCHITECTURES[config.architecture].poolings
    pools = cast(Mapping[str, _Pooling], poolings_of)
    vectors = []
    for prefix in member_prefixes(config):
        own = x
        for number, filters in numbered[config.shared_blocks :]:
            own = _block(own, filters, config, f"{prefix}block_{number}")
        vectors.append(pools[config.pooling](own, prefix))
    return vectors


def _block(
    x: keras.KerasTensor, filters: int, config: BackboneConfig, name: str
) -> keras.KerasTensor:
    # No bias: batch norm takes the mean away, and has an offset of its own.
    x = keras.layers.Conv2D(
        filters,
        3,
        padding="same",
        use_bias=False,
        data_format=_DATA_FORMAT,
        name=f"{name}_conv",
    )(x)
    x = layers.BatchNormalization(
        momentum=config.batch_norm_momentum, name=f"{name}_norm"
    )(x)
    # ReLU is monotonic, so max(relu(x)) = relu(max(x)): pooling first gives
    # the same output and gradient, and ReLU runs on a quarter of the values.
    x = keras.layers.MaxPooling2D(
        2,
        padding=config.pool_padding,
        data_format=_DATA_FORMAT,
        name=f"{name}_pool",
    )(x)
    return keras.layers.ReLU(name=f"{name}_relu")(x)


def _flatten(x: keras.KerasTensor, prefix: str) -> keras.KerasTensor:
    return keras.layers.Flatten(
        data_format=_DATA_FORMAT, name=f"{prefix}flatten"
    )(x)


def _average(x: keras.KerasTensor, prefix: str) -> keras.KerasTensor:
    return keras.layers.GlobalAveragePooling2D(
        data_format=_DATA_FORMAT, name=f"{prefix}average"
    )(x)


def _max(x: keras.KerasTensor, prefix: str) -> keras.KerasTensor:
    return keras.layers.GlobalMaxPooling2D(
        data_format=_DATA_FORMAT, name=f"{prefix}max"
    )(x)


def _both(x: keras.KerasTensor, prefix: str) -> keras.KerasTensor:
    return keras.layers.Concatenate(name=f"{prefix}average_and_max")(
        [_average(x, prefix), _max(x, prefix)]
    )


_Pooling = Callable[[keras.KerasTensor, str], keras.KerasTensor]


def _embedding(x: keras.KerasTensor, prefix: str) -> keras.KerasTensor:
    """Maximum, dense layer, batch norm, ReLU."""
    x = _max(x, prefix)
    x = keras.layers.Dense(
        x.shape[-1], use_bias=False, name=f"{prefix}embedding"
    )(x)
    x = layers.BatchNormalization(name=f"{prefix}embedding_norm")(x)
    return keras.layers.ReLU(name=f"{prefix}embedding_relu")(x)


# From `[batch, frames, mels, filters]` and the prefix of the layers' names to
# `[batch, dim]`.
POOLINGS: dict[str, _Pooling] = {
    "average": _average,
    "max": _max,
    "both": _both,
    "flatten": _flatten,
}


@dataclasses.dataclass(frozen=True)
class Architecture:
    """One kind of backbone.

    Attributes:
        vectors: Function of `[batch, frames, mels]`, the `AudioSpec` and the
            `BackboneConfig` that returns a `[batch, dim]` for each member; its
            layers are named by `member_prefixes`.
        poolings: Names of the poolings it has.
        filters: Number of filters of each block.
        constants: If nothing in it is trained, all numbers that decide its
            vectors.
    """

    vectors: Callable[
        [keras.KerasTensor, audio.AudioSpec, BackboneConfig],
        list[keras.KerasTensor],
    ]
    poolings: Collection[str]
    filters: tuple[int, ...] = FILTERS
    constants: tuple[float, ...] = ()

    @property
    def learns(self) -> bool:
        """Whether anything in it is trained."""
        return not self.constants


def _musicnn_vectors(
    inputs: keras.KerasTensor,
    audio_spec: audio.AudioSpec,
    config: BackboneConfig,
) -> list[keras.KerasTensor]:
    musicnn.check_bands(audio_spec.mel_bands)
    return [
        musicnn.vector(
            inputs, config.pooling, config.batch_norm_momentum, prefix
        )
        for prefix in member_prefixes(config)
    ]


def _descriptor_vectors(
    inputs: keras.KerasTensor,
    audio_spec: audio.AudioSpec,
    config: BackboneConfig,
) -> list[keras.KerasTensor]:
    descriptors.check(audio_spec)
    return [descriptors.vector(inputs)] * config.members


ARCHITECTURES = {
    "blocks": Architecture(_block_vectors, POOLINGS),
    "short_chunk": Architecture(
        _block_vectors, {"embedding": _embedding}, SHORT_CHUNK_FILTERS
    ),
    "musicnn": Architecture(_musicnn_vectors, musicnn.POOLINGS),
    "descriptors": Architecture(
        _descriptor_vectors,
        descriptors.POOLINGS,
        constants=descriptors.CONSTANTS,
    ),
}


def poolings() -> list[str]:
    """Returns the names of the poolings of all architectures."""
    return list(
        dict.fromkeys(
            name for made in ARCHITECTURES.values() for name in made.poolings
        )
    )


def check_halvings(audio_spec: audio.AudioSpec, config: BackboneConfig) -> None:
    """Refuses more blocks than the spectrogram can be halved.

    Args:
        audio_spec: Of the clips.
        config: Of an architecture made of blocks.

    Raises:
        ValueError: There are too many; says how many are possible.
    """
    lengths = {"mel bands": audio_spec.mel_bands}
    if config.pool_padding == "valid":
        # With `same`, half of one frame is still one.
        lengths["frames of a clip"] = (
            config.patch_frames or audio_spec.clip_frames
        )
    for unit, length in lengths.items():
        limit = length.bit_length() - 1
        if config.blocks > limit:
            raise ValueError(
                f"`blocks` must be <= {limit}: each block halves, and "
                f"{length} {unit} can be halved {limit} times. Use fewer "
                f"blocks or more {unit}. Received: {config.blocks}."
            )
