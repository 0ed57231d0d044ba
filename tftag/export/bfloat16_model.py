"""A model that answers in bfloat16, for processors that are quick at it."""

import pathlib

import keras

from tftag.models import precision

# Kernels of convolutions and matrix products are made of these instructions;
# without them each value is widened first, which takes longer than float32.
_INSTRUCTIONS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})


def bfloat16_copy(model: keras.Model) -> keras.Model:
    """Copies a model; its layers compute in bfloat16, its weights stay float32.

    Spectrogram, normalisation and logits stay in float32.

    Args:
        model: One that is built of a policy, as `models.tagger.Tagger`.

    Raises:
        ValueError: It has no policy to change.
    """
    config = model.get_config()
    if "dtype" not in config:
        raise ValueError(
            "Only a tagger whose layers are built of one policy can be "
            "exported in bfloat16; leave the precision at float32. "
            f"Received: {type(model).__name__} {model.name!r}."
        )
    policy = keras.DTypePolicy("mixed_bfloat16")
    copy = type(model).from_config(
        {**config, "dtype": precision.to_config(policy)}
    )
    copy.set_weights(model.get_weights())
    return copy


def is_fast_here() -> bool | None:
    """Whether this processor has instructions for bfloat16; None: unknown."""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return None
    flags = {
        word
        for line in text.splitlines()
        if line.startswith(("flags", "Features"))
        for word in line.split()
    }
    return bool(flags & _INSTRUCTIONS) if flags else None
