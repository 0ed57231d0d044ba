"""How training clips are varied: masks, mixup, rare tags more often."""

import dataclasses
import math

import tensorflow as tf

from tftag import audio


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """How training clips are varied beyond the random crop.

    Masks are those of SpecAugment (https://arxiv.org/abs/1904.08779), mixing is
    mixup (https://arxiv.org/abs/1710.09412).

    Attributes:
        mel_masks: Number of masks over mel bands per clip.
        mel_mask_bands: Largest width of a mel mask; widths are uniform.
        time_masks: Number of masks over frames per clip.
        time_mask_frames: Largest width of a time mask; widths are uniform.
        mixup_alpha: Mix clips in pairs, with a weight from Beta(alpha, alpha);
            0 mixes nothing.
        tag_balance: 0 reads each recording once per epoch. Otherwise recordings
            are drawn with replacement, with probabilities proportional to
            `sum(1 / recordings of tag, over its tags) ** tag_balance`: 1 is
            like drawing a tag uniformly, then one of its recordings. One
            without tags counts like the least likely one with tags.
    """

    mel_masks: int = 0
    mel_mask_bands: int = 16
    time_masks: int = 0
    time_mask_frames: int = 40
    mixup_alpha: float = 0.0
    tag_balance: float = 0.0

    def __post_init__(self):
        """Refuses invalid values."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            whole = field.type is int
            if not 0 <= value < math.inf or (whole and value != int(value)):
                raise ValueError(
                    f"`{field.name}` must be a {'whole ' * whole}number >= 0. "
                    f"Received: {value}."
                )


NONE = Augmentation()


def check_masks(augmentation: Augmentation, spec: audio.AudioSpec) -> None:
    """Refuses masks wider than the spectrogram of a clip.

    Args:
        augmentation: How clips are varied.
        spec: Of the clips.

    Raises:
        ValueError: A mask may be too wide.
    """
    for count, name, length, axis in (
        ("mel_masks", "mel_mask_bands", spec.mel_bands, "mel bands"),
        ("time_masks", "time_mask_frames", spec.clip_frames, "frames"),
    ):
        width = getattr(augmentation, name)
        if getattr(augmentation, count) and width > length:
            raise ValueError(
                f"`{name}` must be at most {length}, the {axis} of a clip. "
                f"Received: {width}."
            )


def mixed(values: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """Mixes each row with the one before it.

    Args:
        values: float32 `[rows, ...]`. If there is one row more than weights,
            the first row is only mixed in.
        weight: Of each row itself, float32 `[weights, 1]`.

    Returns:
        float32 `[weights, ...]`.
    """
    before = tf.roll(values, 1, axis=0)
    extra = values.shape[0] - weight.shape[0]
    return weight * values[extra:] + (1 - weight) * before[extra:]
