"""The signatures of a SavedModel, read from its file alone.

Reads as much of Protocol Buffers as that takes: TensorFlow's own classes for
it are in the Python that is not to be imported.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

# Numbers of fields, in saved_model.proto, meta_graph.proto, tensor_shape.proto.
_META_GRAPH, _SIGNATURE = 2, 5
_KEY, _VALUE = 1, 2
_INPUT, _OUTPUT = 1, 2
_NAME, _DTYPE, _SHAPE = 1, 2, 3
_DIM, _SIZE = 2, 1


@dataclasses.dataclass(frozen=True)
class Tensor:
    """An input or output.

    Attributes:
        operation: Its name in the graph.
        index: Which result of that it is.
        dtype: Number of `tensorflow.DataType`.
        width: Its last dimension; 0 where that is open, or none.
    """

    operation: str
    index: int
    dtype: int
    width: int


@dataclasses.dataclass(frozen=True)
class Signature:
    """What a signature takes and gives, by name."""

    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]


def read(content: bytes) -> dict[str, Signature]:
    """Reads all signatures.

    Args:
        content: Of `saved_model.pb`.

    Returns:
        By name.

    Raises:
        ValueError: It is damaged.
    """
    try:
        graphs = _all(memoryview(content), _META_GRAPH)
        return {
            name: Signature(_tensors(one, _INPUT), _tensors(one, _OUTPUT))
            for graph in graphs
            for name, one in _map(graph, _SIGNATURE)
        }
    except (IndexError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise ValueError("its signatures cannot be read") from error


def _tensors(signature: memoryview, field: int) -> dict[str, Tensor]:
    return {name: _tensor(info) for name, info in _map(signature, field)}


def _tensor(info: memoryview) -> Tensor:
    found = dict(_fields(info))
    operation, _, index = str(found.get(_NAME, b""), "utf-8").partition(":")
    dims = _all(found.get(_SHAPE, memoryview(b"")), _DIM)
    width = dict(_fields(dims[-1])).get(_SIZE, 0) if dims else 0
    # -1 is written as a number of 64 bits without a sign.
    is_open = not isinstance(width, int) or width >= 1 << 63
    return Tensor(
        operation,
        int(index or 0),
        int(found.get(_DTYPE, 0)),
        0 if is_open else width,
    )


def _map(message: memoryview, field: int) -> Iterator[tuple[str, memoryview]]:
    for entry in _all(message, field):
        pair = dict(_fields(entry))
        yield str(pair[_KEY], "utf-8"), pair[_VALUE]


def _all(message: memoryview, field: int) -> list[memoryview]:
    return [value for number, value in _fields(message) if number == field]


def _fields(message: memoryview) -> Iterator[tuple[int, Any]]:
    """Yields number and value of each field: an int, or a memoryview."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
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


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    found = shift = 0
    while True:
        byte = message[at]
        found |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return found, at
