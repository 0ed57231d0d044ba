"""A model as it is exported: in float32, whatever it was trained in."""

from typing import Any

import keras


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


def _in_float32(config: Any) -> Any:
    match config:
        case {"class_name": "DTypePolicy"}:
            return {**config, "config": {"name": "float32"}}
        case dict():
            return {key: _in_float32(item) for key, item in config.items()}
        case list() | tuple():
            return type(config)(_in_float32(item) for item in config)
    return config
