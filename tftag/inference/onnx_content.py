"""What an ONNX file says of itself, read before anything runs it."""

import os
import pathlib
from typing import Any

from tftag.inference import model_card
from tftag.inference.runtimes import protobuf

# The entry of the file's metadata that holds the model card.
CARD = model_card.FILE_NAME

_WAY_OUT = "tftag onnx writes it again"
# Numbers of fields, in onnx.proto.
_METADATA, _KEY, _VALUE = 14, 1, 2
# Where tensors can be: kind of message to the fields that hold others.
_INSIDE = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {
        **{5: "tensor", 10: "tensor", 22: "sparse", 23: "sparse"},
        **{6: "graph", 11: "graph"},
    },
    "sparse": {1: "tensor", 2: "tensor"},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # of a tensor


def read(path: str | os.PathLike[str]) -> tuple[bytes, dict[str, Any]]:
    """Reads a file, and the model card in it.

    Args:
        path: The file.

    Returns:
        Its bytes, whole and without names of other files, which ONNX Runtime
        would read; and the card.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, not one that tftag wrote, or names others.
    """
    path = pathlib.Path(path)
    content = path.read_bytes()
    message = memoryview(content)
    try:
        properties = protobuf.all_of(message, _METADATA)
        entries = map(dict, map(protobuf.fields, properties))
        texts = {bytes(one[_KEY]): bytes(one[_VALUE]) for one in entries}
        is_whole = not _names_files(message, "model")
    except (IndexError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f"The ONNX file is damaged: {_WAY_OUT}. Received: {path}."
        ) from error
    if CARD.encode() not in texts:
        raise ValueError(
            "The ONNX file must be one that tftag onnx wrote: with a model "
            f"card. Received: {path}, without {CARD} in its metadata."
        )
    if not is_whole:
        raise ValueError(
            "The ONNX file must hold all its weights. "
            f"Received: {path}, which names other files: {_WAY_OUT}."
        )
    return content, model_card.parse(texts[CARD.encode()], path)


def _names_files(message: memoryview, kind: str) -> bool:
    """Whether any tensor has its numbers in another file."""
    if kind == "tensor":
        return any(
            number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value)
            for number, value in protobuf.fields(message)
        )
    inside = _INSIDE[kind]
    return any(
        number in inside and _names_files(value, inside[number])
        for number, value in protobuf.fields(message)
    )
