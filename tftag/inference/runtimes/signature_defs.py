"""The signatures of a SavedModel, read from its file alone."""

import dataclasses
from collections.abc import Iterator

from tftag.inference.runtimes import protobuf

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
        graphs = protobuf.all_of(memoryview(content), _META_GRAPH)
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
    found = dict(protobuf.fields(info))
    operation, _, index = str(found.get(_NAME, b""), "utf-8").partition(":")
    dims = protobuf.all_of(found.get(_SHAPE, memoryview(b"")), _DIM)
    width = dict(protobuf.fields(dims[-1])).get(_SIZE, 0) if dims else 0
    # -1 is written as a number of 64 bits without a sign.
    is_open = not isinstance(width, int) or width >= 1 << 63
    return Tensor(
        operation,
        int(index or 0),
        int(found.get(_DTYPE, 0)),
        0 if is_open else width,
    )


def _map(message: memoryview, field: int) -> Iterator[tuple[str, memoryview]]:
    for entry in protobuf.all_of(message, field):
        pair = dict(protobuf.fields(entry))
        yield str(pair[_KEY], "utf-8"), pair[_VALUE]
