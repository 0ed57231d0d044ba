"""The dtype policy of the layers that a model is made of."""

import contextlib
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def policy(dtype: keras.DTypePolicy | str | None = None) -> Iterator[None]:
    """Gives the layers made inside the block this policy.

    Args:
        dtype: A policy or its name, such as `mixed_float16`; None keeps the
            global one.

    Raises:
        ValueError: Weights would have fewer bits than float32, with which batch
            norm does not train; as where ~/.keras/keras.json says float16.
    """
    before = keras.config.dtype_policy()
    if dtype is not None:
        keras.config.set_dtype_policy(dtype)
    try:
        _check(keras.config.dtype_policy())
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _check(asked: keras.DTypePolicy) -> None:
    if asked.variable_dtype in ("float16", "bfloat16"):
        raise ValueError(
            "Weights must be float32: give the model dtype='float32' or "
            "'mixed_float16', or call keras.config.set_floatx('float32') "
            "where ~/.keras/keras.json says otherwise. "
            f"Received: the policy {asked.name}."
        )
