"""The dtype policy of the layers that a model is made of."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras


@contextlib.contextmanager
def policy(dtype: keras.DTypePolicy | str | None = None) -> Iterator[None]:
    """Layers made inside have this policy.

    Args:
        dtype: A policy or its name, such as `mixed_float16`; None keeps the
            global one.
    """
    before = keras.config.dtype_policy()
    if dtype is not None:
        keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def to_config(dtype_policy: keras.DTypePolicy) -> dict[str, Any]:
    """A policy as Keras writes it into the config of a layer."""
    return keras.dtype_policies.serialize(dtype_policy)


def from_config(config: dict[str, Any]) -> keras.DTypePolicy:
    """The policy that `to_config` wrote."""
    return keras.dtype_policies.deserialize(config)
