"""TF-Hub modules by handle: `hub:HANDLE`, wherever one may be named."""

from typing import Any

from tftag.storage import plain_path

PREFIX = "hub:"


def load(handle: str) -> Any:
    """Downloads a module where that is needed, and loads it.

    A module is code: TensorFlow runs what its author wrote. Name only a
    publisher that you trust.

    Args:
        handle: a handle or folder, with or without `hub:` before it.

    Returns:
        What `tf.saved_model.load` returns.

    Raises:
        ValueError: tensorflow-hub is missing, or the module is of
            TensorFlow 1 and cannot be called.
    """
    import tensorflow as tf

    try:
        import tensorflow_hub
    except ImportError as error:
        raise ValueError(
            f"{PREFIX} needs tensorflow-hub and setuptools<81. "
            f"Received: {error}"
        ) from error
    place = tensorflow_hub.resolve(handle.removeprefix(PREFIX))
    with plain_path.plain(place) as path:
        module = tf.saved_model.load(path)
    if not callable(module):
        raise ValueError(
            "A module must be one of TensorFlow 2, which can be called. "
            f"Received: {handle}"
        )
    return module
