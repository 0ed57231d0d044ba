"""JSON to tensors and back, as TensorFlow Serving's REST interface has it.

Bytes are `{"b64": "..."}`; `NaN`, `Infinity` and `-Infinity` are tokens, both
ways; `Inf`, which that server reads too, is none. What is refused, and with
which words, follows its json_tensor.cc.
"""

import base64
import binascii
import itertools
import json
import math
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from tftag.server.admission import refusals

_SHOWN_LETTERS = 200
_MOST_DIMENSIONS = 16
# Of a request. What is read a value at a time is no more than others can
# wait for; numbers are read a list at a time.
MOST_ROWS = 4_096
MOST_STRINGS = 1 << 16
_BLOCK_VALUES = 1 << 16
_FLOAT_WHOLE = (1 << 24) - 1  # whole numbers to here are float32 exactly
_FLOAT_MAX = float(np.finfo(np.float32).max)
_NUMPY = {"float": np.float32, "int64": np.int64, "string": object}


def tensor(value: Any, dtype: str, rows: int = 1) -> npt.NDArray[Any]:
    """Reads a tensor: lists in lists, all of one shape.

    Args:
        value: As JSON has it.
        dtype: "float", "int64" or "string".
        rows: How many of its kind there are.

    Raises:
        refusals.Refused: It is none, or too much.
    """
    shape, inner = [], value
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    if len(shape) > _MOST_DIMENSIONS:
        refusals.refuse(f"Encountered lists {len(shape)} levels deep.")
    values = rows * math.prod(shape)
    if dtype != "float" and values > MOST_STRINGS:
        refusals.refuse(
            f"A request may have at most {MOST_STRINGS} values of type "
            f"{dtype}. Received: {values}."
        )
    parts: list[npt.NDArray[Any]] = []
    _fill(value, 0, shape, dtype, parts)
    flat = np.concatenate(parts) if parts else np.zeros(0, _NUMPY[dtype])
    return flat.reshape(shape)


def as_json(name: str, values: npt.NDArray[Any]) -> Any:
    """Writes a tensor as lists; strings of a name in `_bytes` as bytes."""
    if values.dtype == object:
        found = np.empty(values.shape, object)
        found.ravel()[:] = [
            {"b64": base64.b64encode(one).decode()}
            if name.endswith("_bytes")
            else one.decode(errors="replace")
            for one in values.ravel()
        ]
        return found.tolist()
    if values.dtype == np.float32:
        # By way of text: as few digits as tell the float32 from others.
        flat, doubles = values.ravel(), np.empty(values.size, np.float64)
        for start in range(0, values.size, _BLOCK_VALUES):
            block = slice(start, start + _BLOCK_VALUES)
            doubles[block] = flat[block].astype("U32").astype(np.float64)
        return doubles.reshape(values.shape).tolist()
    return values.tolist()


def is_bytes(value: Any) -> bool:
    """Whether a value is what bytes are written as."""
    return (
        isinstance(value, dict)
        and value.keys() == {"b64"}
        and isinstance(value["b64"], str)
    )


def kind(value: Any) -> str:
    """The type of a value, as JSON calls it."""
    if value is None or isinstance(value, bool):
        return str(value).replace("None", "Null")
    kinds: dict[type, str] = {str: "String", list: "Array", dict: "Object"}
    return kinds.get(type(value), "Number")


def shown(value: Any) -> str:
    """The beginning of a value, as JSON, without writing all of it."""
    try:
        pieces = json.JSONEncoder().iterencode(value)
        written = "".join(itertools.islice(pieces, _SHOWN_LETTERS))
    except (RecursionError, ValueError):
        written = "..."
    if len(written) > _SHOWN_LETTERS:
        return written[:_SHOWN_LETTERS] + "..."
    return written


def refuse_value(value: Any, words: str) -> NoReturn:
    """Says what is wrong with a value."""
    refusals.refuse(f"JSON Value: {shown(value)} {words}")


def _fill(value: Any, level: int, shape: Any, dtype: str, parts: Any) -> None:
    rank = len(shape)
    if not isinstance(value, list):
        if level != rank:
            refusals.refuse(
                f"JSON Value: {shown(value)} found at incorrect level: "
                f"{level + 1} in the JSON DOM. Expected at level: {rank}"
            )
        parts.append(_values([value], dtype))
        return
    if level >= rank:
        refusals.refuse(
            f"Encountered list at unexpected level: {level} expected < {rank}"
        )
    if len(value) != shape[level]:
        refusals.refuse(
            f"Encountered list at unexpected size: {len(value)} at level: "
            f"{level} expected size: {shape[level]}"
        )
    if level == rank - 1 and list not in set(map(type, value)):
        parts.append(_values(value, dtype))
        return
    for item in value:
        _fill(item, level + 1, shape, dtype, parts)


def _values(values: list[Any], dtype: str) -> npt.NDArray[Any]:
    """Converts a list without lists in it, a million numbers at once."""
    kinds = set(map(type, values))
    if dtype == "float" and kinds <= {int, float}:
        return _floats(values)
    if dtype == "int64" and kinds <= {int}:
        try:
            return np.array(values, np.int64)
        except OverflowError:
            wrong = next(v for v in values if not -(2**63) <= v < 2**63)
            _refuse_type(wrong, dtype)
    if dtype == "string" and kinds <= {str, dict}:
        found = np.empty(len(values), object)
        found[:] = [_bytes(value) for value in values]
        return found
    wanted = {"float": (int, float), "int64": (int,), "string": (str, dict)}
    _refuse_type(next(v for v in values if type(v) not in wanted[dtype]), dtype)


def _floats(values: list[Any]) -> npt.NDArray[Any]:
    doubtful: Sequence[int]
    try:
        doubles = np.array(values, np.float64)
        least = _FLOAT_WHOLE if int in map(type, values) else _FLOAT_MAX
        doubtful = np.flatnonzero(np.abs(doubles) > least).tolist()
    except OverflowError:
        doubtful = range(len(values))
    for place in doubtful:
        value = values[place]
        most = _FLOAT_WHOLE if type(value) is int else _FLOAT_MAX
        if most < abs(value) < np.inf:
            refusals.refuse(
                f"Cannot convert JSON value: {shown(value)} to float without "
                "loss of precision."
            )
    return doubles.astype(np.float32)


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        try:
            return value.encode()
        except UnicodeEncodeError:
            refusals.refuse(
                "JSON Parse error: The surrogate pair in string is invalid."
            )
    if not is_bytes(value):
        refusals.refuse(
            f"JSON Value: {shown(value)} not formatted correctly for base64 "
            "data"
        )
    written = "".join(value["b64"].split())
    try:
        padding = "=" * (-len(written) % 4)
        return base64.b64decode(written + padding, validate=True)
    except (binascii.Error, ValueError):
        refusals.refuse("Unable to base64 decode")


def _refuse_type(value: Any, dtype: str) -> NoReturn:
    refusals.refuse(
        f"JSON Value: {shown(value)} Type: {kind(value)} is not of expected "
        f"type: {dtype}"
    )
