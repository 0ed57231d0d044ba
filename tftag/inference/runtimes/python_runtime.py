"""Runs a SavedModel by TensorFlow's Python, which has all that is in it."""

import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.console import tensorflow_start
from tftag.storage import plain_path

with tensorflow_start.prepared():
    import tensorflow as tf


class PythonRuntime:
    """A SavedModel that is open.

    Attributes:
        saved_model: As TensorFlow has it; its signatures hold its variables
            weakly.
    """

    def __init__(self, folder: pathlib.Path):
        """Opens it.

        Args:
            folder: The folder that `saved_model.pb` is in.
        """
        with plain_path.plain(folder) as plain:
            self.saved_model: Any = tf.saved_model.load(plain)

    @property
    def names(self) -> set[str]:
        """The signatures."""
        return set(self.saved_model.signatures)

    def width(self, signature: str, output: str) -> int:
        """The last dimension of an output.

        Raises:
            KeyError: There is no such signature or output.
        """
        found = self.saved_model.signatures[signature].structured_outputs
        return found[output].shape[-1] or 0

    @property
    def run_clips(
        self,
    ) -> Callable[[Mapping[str, npt.ArrayLike]], dict[str, Any]] | None:
        """What takes clips in exports that have no signature for it.

        As `SavedTagger.run_clips`; None where there is nothing.
        """
        names = ("run_clips", "hear_clips")
        functions = (getattr(self.saved_model, name, None) for name in names)
        function = next(filter(None, functions), None)
        if function is None:
            return None

        def run(clips: Mapping[str, npt.ArrayLike]) -> dict[str, Any]:
            tensors = {name: tf.constant(one) for name, one in clips.items()}
            return {n: one.numpy() for n, one in function(tensors).items()}

        return run

    def run(
        self, signature: str, inputs: Mapping[str, npt.ArrayLike]
    ) -> dict[str, npt.NDArray[Any]]:
        """Runs a signature.

        Args:
            signature: Its name.
            inputs: All its inputs, by name; numbers are cast.

        Returns:
            All its outputs, by name; strings as objects that are `bytes`.
        """
        run = self.saved_model.signatures[signature]
        _, specs = run.structured_input_signature
        # TensorFlow copies an array twice: int16 ones are widened after that.
        tensors = {
            name: tf.cast(value, specs[name].dtype)
            for name, value in inputs.items()
        }
        return {
            name: np.asarray(v.numpy()) for name, v in run(**tensors).items()
        }
