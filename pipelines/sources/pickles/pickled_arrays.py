"""The numpy arrays inside a pickle, rebuilt from their bytes.

numpy's own functions trust the state that they are given, and a forged one
makes them read foreign memory; here it is checked first.
"""

import math
import re
import sys
from typing import Any, cast

import numpy as np

# Booleans, integers, floats, strings and, as O, plain Python values.
_TYPE_CODES = re.compile(r"b1|[iu][1248]|f[248]|[SU][1-9][0-9]{0,6}|O[48]?")


def word(value: str | bytes) -> str:
    """A short ASCII word, which Python 2 wrote as bytes."""
    if not isinstance(value, (str, bytes)):
        raise TypeError("a part of an array's type is no string")
    return value.decode("ascii") if isinstance(value, bytes) else value


class PendingType:
    """A dtype whose byte order comes after it."""

    def __init__(self, code: str | bytes):
        """Checks the code.

        Args:
            code: numpy's short name, as in `f4`.

        Raises:
            ValueError: It is no type of numbers, strings or plain values.
        """
        self._code = word(code)
        self._order = "|"
        if not _TYPE_CODES.fullmatch(self._code):
            raise ValueError(
                "arrays must be of numbers or strings. "
                f"Received: {self._code!r:.40}"
            )

    def set_state(self, state: tuple) -> None:
        """Takes the byte order and refuses types made of others.

        Args:
            state: As numpy writes it: version, order, sub-array, names,
                fields, and sizes that the code states too.
        """
        _, order, *parts = state
        self._order = word(order)
        if self._order not in ("<", ">", "|", "=") or any(
            part is not None for part in parts[:3]
        ):
            raise ValueError("arrays must be of numbers or strings.")

    @property
    def is_object(self) -> bool:
        """Whether the elements are Python values."""
        return self._code.startswith("O")

    @property
    def dtype(self) -> np.dtype:
        """The numpy dtype."""
        return np.dtype(self._order + self._code)


def fill(
    target: np.ndarray,
    data: bytes | list,
    dtype: PendingType,
    shape: tuple,
    fortran: bool,
) -> None:
    """Gives an array these contents.

    Args:
        target: An array that nobody uses yet.
        data: The elements' bytes, or the elements of an array of objects.
        dtype: Their type.
        shape: Length of each dimension, at most two of them.
        fortran: Whether the bytes run down the columns.

    Raises:
        ValueError: The parts do not fit together.
    """
    if type(dtype) is not PendingType:
        raise ValueError("an array needs a type of numbers or strings.")
    if (
        type(shape) is not tuple
        or len(shape) > 2
        or not all(type(n) is int and n >= 0 for n in shape)
    ):
        raise ValueError("an array must have at most two dimensions.")
    wanted = list if dtype.is_object else bytes
    if type(data) is not wanted:
        raise ValueError("the elements of an array do not fit its type.")
    held = len(data) if dtype.is_object else len(data) / dtype.dtype.itemsize
    # Each length by itself too: (10**9, 0) holds nothing and is a long list.
    if math.prod(shape) != held or max(shape, default=0) > held:
        raise ValueError(f"an array of {held} elements has the shape {shape}.")
    if dtype.dtype.kind == "U":
        letters = np.frombuffer(cast(bytes, data), dtype.dtype.byteorder + "u4")
        if letters.max(initial=0) > sys.maxunicode:
            raise ValueError("an array of strings holds what is no letter.")
    # Of NumPy 2 it wants a NumPy bool.
    state: Any = (1, shape, dtype.dtype, fortran, data)
    target.__setstate__(state)
