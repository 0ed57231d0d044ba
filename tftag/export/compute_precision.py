"""What a model computes in as it is exported, whatever it was trained in."""

import pathlib
from typing import Any

import keras

from tftag.models import averaged_tagger

# Kernels of convolutions and matrix products are made of these instructions;
# without them each value is widened first, which takes longer than float32.
_INSTRUCTIONS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})


def float32_copy(model: keras.Model) -> tuple[keras.Model, bool]:
    """Copies a model without its optimizer, computing in float32.

    Args:
        model: Any model that keeps its configuration.

    Returns:
        The copy, and whether `model` computes in anything else.
    """
    config = model.get_config()
    exact_config = _in_float32(config)
    # Before Keras takes the configuration apart.
    is_mixed = exact_config != config
    copy = type(model).from_config(exact_config)
    copy.set_weights(model.get_weights())
    return copy, is_mixed


def bfloat16_copy(model: keras.Model) -> keras.Model:
    """Copies a model; its layers compute in bfloat16, its weights stay float32.

    Spectrogram, normalisation and logits stay in float32.

    Args:
        model: One that is built of a policy, as `models.tagger.Tagger`, or an
            average of such.

    Raises:
        ValueError: It has no policy to change.
    """
    if isinstance(model, averaged_tagger.AveragedTagger):
        parts = [bfloat16_copy(part) for part in model.parts]
        return averaged_tagger.AveragedTagger(
            parts, model.shares, name=model.name
        )
    config = model.get_config()
    if "dtype" not in config:
        raise ValueError(
            "Only a tagger whose layers are built of one policy can be "
            "exported in bfloat16; leave the precision at float32. "
            f"Received: {type(model).__name__} {model.name!r}."
        )
    policy = keras.DTypePolicy("mixed_bfloat16")
    copy = type(model).from_config(
        {**config, "dtype": keras.dtype_policies.serialize(policy)}
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


def _in_float32(config: Any) -> Any:
    match config:
        case {"class_name": "DTypePolicy"}:
            return {**config, "config": {"name": "float32"}}
        case dict():
            return {key: _in_float32(item) for key, item in config.items()}
        case list() | tuple():
            return type(config)(_in_float32(item) for item in config)
    return config
