"""The backbones: from a log-mel spectrogram to one vector."""

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import cast

import keras
from keras import ops

from tftag import audio, layers
from tftag.models.backbones import descriptors, musicnn, patches, vgg

# Filters of each block: 3x3 convolution, batch norm, 2x2 max pooling, ReLU.
FILTERS = (128, 256, 256, 256, 512, 512, 256)
# Of the short-chunk CNN: Won et al., Evaluation of CNN-based automatic music
# tagging models, 2020, https://arxiv.org/abs/2006.00751.
SHORT_CHUNK_FILTERS = (128, 128, 256, 256, 256, 256, 512)

POOL_PADDINGS = ("same", "valid")
# Not what ~/.keras/keras.json says.
_DATA_FORMAT = "channels_last"
# Between the architectures of members that are not of one kind.
JOIN = "+"


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
            `both_and_embedding`. For short_chunk and vgg: `embedding`; for
            descriptors: `average`.
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
            et al. 2020), `musicnn`, `vgg` (fixes the clip length) or
            `descriptors`; the last three ignore `width` and `blocks`. Members
            of several kinds: one name for each, joined by `+`; their head
            needs a hidden layer.
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
        names = self.architecture.split(JOIN)
        if not all(name in ARCHITECTURES for name in names):
            raise ValueError(
                f"`architecture` must be one of {', '.join(ARCHITECTURES)}. "
                f"Received: {self.architecture!r}."
            )
        if not 1 <= self.blocks <= len(FILTERS):
            raise ValueError(
                f"`blocks` must be 1 to {len(FILTERS)}. "
                f"Received: {self.blocks}."
            )
        for name, kind in zip(names, self.kinds, strict=True):
            if self.pooling not in kind.poolings:
                raise ValueError(
                    f"`pooling` of {name} must be one of "
                    f"{', '.join(kind.poolings)}. Received: {self.pooling!r}."
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
        for name, least in (("members", 1), ("patch_frames", 0)):
            if not getattr(self, name) >= least:
                raise ValueError(
                    f"`{name}` must be >= {least}. "
                    f"Received: {getattr(self, name)}."
                )
        if not 0 <= self.shared_blocks < self.blocks:
            raise ValueError(
                f"`shared_blocks` must be 0 to {self.blocks - 1}: a member "
                f"needs a block of its own. Received: {self.shared_blocks}."
            )
        given = (self.members, self.shared_blocks)
        if len(names) > 1 and given != (len(names), 0):
            raise ValueError(
                f"`architecture` {self.architecture} has {len(names)} members "
                "that share no blocks; one name is that of all members. "
                f"Received: {given[0]} members, {given[1]} shared blocks."
            )

    @property
    def fixes_clip_length(self) -> bool:
        """Whether the network takes only clips of the `AudioSpec`'s length."""
        fixed = any(kind.fixes_clip_length for kind in self.kinds)
        return fixed or self.pooling == "flatten" or self.patch_frames > 0

    @property
    def kinds(self) -> tuple["Architecture", ...]:
        """The architecture of all members, or that of each."""
        names = self.architecture.split(JOIN)
        return tuple(ARCHITECTURES[name] for name in names)

    @property
    def filters(self) -> tuple[int, ...]:
        """Number of filters of each block: scaled by `width`, at least 1."""
        used = self.kinds[0].filters[: self.blocks]
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
        x, count = patches.cut(inputs, config.patch_frames)
    vectors = _vectors(x, audio_spec, config)
    outputs = vectors[0]
    if config.members > 1:
        outputs = keras.layers.Concatenate(name="members")(vectors)
    if config.patch_frames:
        outputs = patches.mean(outputs, x, count)
    return keras.Model(inputs, outputs, name="backbone")


def _vectors(
    x: keras.KerasTensor, audio_spec: audio.AudioSpec, config: BackboneConfig
) -> list[keras.KerasTensor]:
    """A vector `[batch, dim]` of each member."""
    prefixes = member_prefixes(config)
    names = config.architecture.split(JOIN)
    if len(names) == 1:
        return config.kinds[0].vectors(x, audio_spec, config, prefixes)
    vectors = []
    for name, kind, prefix in zip(names, config.kinds, prefixes, strict=True):
        one = dataclasses.replace(config, architecture=name, members=1)
        vectors += kind.vectors(x, audio_spec, one, [prefix])
    return vectors


def member_prefixes(config: BackboneConfig) -> list[str]:
    """Returns the prefix of each member's layer names."""
    if config.members == 1:
        return [""]
    return [f"member_{member}_" for member in range(1, config.members + 1)]


def _block_vectors(
    inputs: keras.KerasTensor,
    audio_spec: audio.AudioSpec,
    config: BackboneConfig,
    prefixes: list[str],
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
    for prefix in prefixes:
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
    return layers.PooledReLU(
        2,
        padding=config.pool_padding,
        data_format=_DATA_FORMAT,
        name=f"{name}_relu",
    )(x)


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
        vectors: Function of `[batch, frames, mels]`, the `AudioSpec`, the
            `BackboneConfig` and what the names of each member's layers begin
            with that returns a `[batch, dim]` for each member.
        poolings: Names of the poolings it has.
        filters: Number of filters of each block; empty without blocks.
        constants: If nothing in it is trained, all numbers that decide its
            vectors.
        fixes_clip_length: Whether the vector's length depends on the clip's.
    """

    vectors: Callable[
        [keras.KerasTensor, audio.AudioSpec, BackboneConfig, list[str]],
        list[keras.KerasTensor],
    ]
    poolings: Collection[str]
    filters: tuple[int, ...] = ()
    constants: tuple[float, ...] = ()
    fixes_clip_length: bool = False

    @property
    def learns(self) -> bool:
        """Whether anything in it is trained."""
        return not self.constants


def _musicnn_vectors(
    inputs: keras.KerasTensor,
    audio_spec: audio.AudioSpec,
    config: BackboneConfig,
    prefixes: list[str],
) -> list[keras.KerasTensor]:
    musicnn.check_bands(audio_spec.mel_bands)
    own = (config.pooling, config.batch_norm_momentum)
    return [musicnn.vector(inputs, *own, prefix) for prefix in prefixes]


def _vgg_vectors(
    inputs: keras.KerasTensor,
    audio_spec: audio.AudioSpec,
    config: BackboneConfig,
    prefixes: list[str],
) -> list[keras.KerasTensor]:
    vgg.check(inputs.shape[1], audio_spec.mel_bands)
    momentum = config.batch_norm_momentum
    return [vgg.vector(inputs, momentum, prefix) for prefix in prefixes]


def _descriptor_vectors(
    inputs: keras.KerasTensor,
    audio_spec: audio.AudioSpec,
    config: BackboneConfig,
    prefixes: list[str],
) -> list[keras.KerasTensor]:
    descriptors.check(audio_spec)
    return [descriptors.vector(inputs)] * len(prefixes)


ARCHITECTURES = {
    "blocks": Architecture(_block_vectors, POOLINGS, FILTERS),
    "short_chunk": Architecture(
        _block_vectors, {"embedding": _embedding}, SHORT_CHUNK_FILTERS
    ),
    "musicnn": Architecture(_musicnn_vectors, musicnn.POOLINGS),
    "vgg": Architecture(_vgg_vectors, vgg.POOLINGS, fixes_clip_length=True),
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
