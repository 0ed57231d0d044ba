"""JSON to tensors and back, as TensorFlow Serving's REST interface has it.

Bytes are `{"b64": "..."}`; NaN and infinity are tokens, both ways. What is
refused, and with which words, follows that server's json_tensor.cc.
"""

import base64
import binascii
import itertools
import json
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from tftag.server import refusals

_SHOWN_LETTERS = 200
_MOST_DIMENSIONS = 16
_FLOAT_WHOLE = (1 << 24) - 1  # whole numbers to here are float32 exactly
_FLOAT_MAX = float(np.finfo(np.float32).max)
_NUMPY = {"float": np.float32, "int64": np.int64, "string": object}


def tensor(value: Any, dtype: str) -> npt.NDArray[Any]:
    """Reads a tensor: lists in lists, all of one shape.

    Args:
        value: As JSON has it.
        dtype: "float", "int64" or "string".

    Raises:
        refusals.Refused: It is none.
    """
    shape, inner = [], value
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    if len(shape) > _MOST_DIMENSIONS:
        refuse(f"Encountered lists {len(shape)} levels deep.")
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
        return values.astype("U32").astype(np.float64).tolist()
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


def refuse(words: str) -> NoReturn:
    """Says that a request cannot be used."""
    raise refusals.Refused(refusals.BAD, words)


def refuse_value(value: Any, words: str) -> NoReturn:
    """Says what is wrong with a value."""
    refuse(f"JSON Value: {shown(value)} {words}")


def _fill(value: Any, level: int, shape: Any, dtype: str, parts: Any) -> None:
    rank = len(shape)
    if not isinstance(value, list):
        if level != rank:
            refuse(
                f"JSON Value: {shown(value)} found at incorrect level: "
                f"{level + 1} in the JSON DOM. Expected at level: {rank}"
            )
        parts.append(_values([value], dtype))
        return
    if level >= rank:
        refuse(
            f"Encountered list at unexpected level: {level} expected < {rank}"
        )
    if len(value) != shape[level]:
        refuse(
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
    try:
        doubles = np.array(values, np.float64)
    except OverflowError:
        doubles = np.array([np.inf])  # refused below, whichever it is
    finite = doubles[np.isfinite(doubles)]
    whole = any(map(_is_lossy_int, values)) if int in map(type, values) else 0
    if whole or finite.size and np.abs(finite).max() > _FLOAT_MAX:
        wrong = next(
            value
            for value in values
            if _is_lossy_int(value) or _FLOAT_MAX < abs(value) < np.inf
        )
        refuse(
            f"Cannot convert JSON value: {shown(wrong)} to float without "
            "loss of precision."
        )
    return doubles.astype(np.float32)


def _is_lossy_int(value: Any) -> bool:
    return type(value) is int and abs(value) > _FLOAT_WHOLE


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        try:
            return value.encode()
        except UnicodeEncodeError:
            refuse("JSON Parse error: The surrogate pair in string is invalid.")
    if not is_bytes(value):
        refuse(
            f"JSON Value: {shown(value)} not formatted correctly for base64 "
            "data"
        )
    written = "".join(value["b64"].split())
    try:
        padding = "=" * (-len(written) % 4)
        return base64.b64decode(written + padding, validate=True)
    except (binascii.Error, ValueError):
        refuse("Unable to base64 decode")


def _refuse_type(value: Any, dtype: str) -> NoReturn:
    refuse(
        f"JSON Value: {shown(value)} Type: {kind(value)} is not of expected "
        f"type: {dtype}"
    )
