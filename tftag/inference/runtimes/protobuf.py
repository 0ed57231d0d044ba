"""As much of Protocol Buffers as reading a model file takes.

TensorFlow's own classes for it are in the Python that is not to be imported.
"""

from collections.abc import Iterator
from typing import Any


def fields(message: memoryview) -> Iterator[tuple[int, Any]]:
    """Yields number and value of each field: an int, or a memoryview.

    Raises:
        IndexError: The message is cut short.
        KeyError: It is none.
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        if key >= 1 << 32:
            raise KeyError(key)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == 2:
            length, at = _varint(message, at)
        else:
            length = {1: 8, 5: 4}[kind]
        if at + length > len(message):
            raise IndexError
        yield number, message[at : at + length]
        at += length


def all_of(message: memoryview, field: int) -> list[Any]:
    """Returns all values of a field, in their order."""
    return [value for number, value in fields(message) if number == field]


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    found = 0
    for shift in range(0, 70, 7):
        byte = message[at]
        found |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return found, at
    raise IndexError
