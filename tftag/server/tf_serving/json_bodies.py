"""The bodies of TensorFlow Serving's REST requests and answers.

Rows (`instances` to `predictions`) and columns (`inputs` to `outputs`). What
is refused, and with which words, follows that server's json_tensor.cc.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tftag.server.admission import refusals
from tftag.server.tf_serving import json_tensors
from tftag.storage import plain_json

if TYPE_CHECKING:  # it imports TensorFlow
    from tftag.server.models import served_version

# Of a body; each takes twenty times its size, and a step of Python.
MOST_LISTS = 1 << 17
# Python's words for what is wrong with a document, and RapidJSON's.
_WORDS = {
    "Expecting value": "Invalid value.",
    "Expecting ':' delimiter": "Missing a colon after a name of object member.",
    "Expecting ',' delimiter": "Missing a comma or ] after an array element.",
    "Extra data": "The document root must not be followed by other values.",
    "Unterminated string starting at": "Missing a closing quotation mark in "
    "string.",
    "Invalid control character at": "Invalid encoding in string.",
}
# What Python reads as infinity, and that server not at all.
_MAYBE_TOO_BIG = re.compile(rb"\d[eE]\+?\d{3}|\d{309}")


def parse(body: bytes) -> dict[str, Any]:
    """Reads the body of a request.

    Raises:
        refusals.Refused: It is no JSON object.
    """
    if not body:
        refusals.refuse("JSON Parse error: The document is empty. at offset: 0")
    held = body.count(b"[") + body.count(b"{")
    if held > MOST_LISTS:
        refusals.refuse(
            f"JSON Parse error: At most {MOST_LISTS} lists and objects are "
            f"read; send several requests. Received: {held}."
        )
    try:
        parse_float = _finite if _MAYBE_TOO_BIG.search(body) else None
        document = json.loads(body, parse_float=parse_float)
    except json.JSONDecodeError as error:
        words = _WORDS.get(error.msg, "Invalid value.")
        offset = len(error.doc[: error.pos].encode(errors="replace"))
        refusals.refuse(f"JSON Parse error: {words} at offset: {offset}")
    except plain_json.DAMAGE as error:  # deep, no UTF-8, or an endless number
        refusals.refuse(f"JSON Parse error: {str(error):.200} at offset: 0")
    if not isinstance(document, dict):
        json_tensors.refuse_value(document, "Is not object")
    return document


def signature_name(document: dict[str, Any]) -> str:
    """The signature that is asked for; "" is the default one."""
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        json_tensors.refuse_value(
            document,
            "not formatted correctly. "
            "'signature_name' key must be a string value.",
        )
    return name


def columns(
    document: dict[str, Any],
    inputs: "Mapping[str, served_version.Input]",
    signature: str,
) -> tuple[dict[str, npt.NDArray[Any]], bool]:
    """Reads the tensors of a request.

    Args:
        document: What `parse` gave.
        inputs: Of the signature.
        signature: Its name.

    Returns:
        Arrays by name, strings as bytes; and whether they came as rows.

    Raises:
        refusals.Refused: They do not fit.
    """
    if not inputs:
        refusals.refuse(
            f"Failed to get input map for signature: {signature or 'DEFAULT'}"
        )
    has_rows, has_columns = "instances" in document, "inputs" in document
    if has_rows and has_columns:
        json_tensors.refuse_value(
            document,
            "Not formatted correctly "
            "expecting only one of 'inputs' or 'instances' keys to exist ",
        )
    if has_rows:
        return _from_rows(document, inputs), True
    if has_columns:
        found = _from_columns(document["inputs"], inputs)
        for name, value in found.items():
            if value.ndim and inputs[name].shape is not None:
                _check_count(len(value))
        return found, False
    refusals.refuse("Missing 'inputs' or 'instances' key")


def check_examples(document: dict[str, Any]) -> None:
    """Checks the examples of a request to classify or regress.

    Raises:
        refusals.Refused: There are none.
    """
    if "examples" not in document:
        json_tensors.refuse_value(
            document,
            "When method is classify, key "
            "'examples' is expected and was not found",
        )
    examples = document["examples"]
    if not isinstance(examples, list):
        json_tensors.refuse_value(
            document, "Expecting 'examples' value to be an list/array"
        )
    if not examples:
        json_tensors.refuse_value(
            document, "'examples' value is an empty array"
        )
    for example in examples:
        if not isinstance(example, dict):
            refusals.refuse(
                "Example must be JSON object but got JSON "
                f"{json_tensors.kind(example)}"
            )


def text(outputs: Mapping[str, npt.NDArray[Any]], is_rows: bool) -> bytes:
    """Writes the answer.

    Args:
        outputs: Arrays by name, strings as bytes.
        is_rows: Whether it was asked in rows.

    Raises:
        refusals.Refused: The outputs have no rows in common.
    """
    if is_rows:
        _check_rows(outputs)
    lists = {
        name: json_tensors.as_json(name, outputs[name])
        for name in sorted(outputs)
    }
    if is_rows:
        answer: dict[str, Any] = {"predictions": _rows(lists)}
    else:
        answer = {"outputs": _without_name(lists)}
    return json.dumps(answer, ensure_ascii=False).encode()


def _finite(number: str) -> float:
    found = float(number)
    if math.isinf(found):
        raise ValueError("Number too big to be stored in double.")
    return found


def _from_rows(
    document: dict[str, Any], inputs: "Mapping[str, served_version.Input]"
) -> dict[str, npt.NDArray[Any]]:
    rows = document["instances"]
    if not isinstance(rows, list):
        json_tensors.refuse_value(
            document, "Excepting 'instances' to be an list/array"
        )
    if not rows:
        json_tensors.refuse_value(document, "No values in 'instances' array")
    _check_count(len(rows))
    if not isinstance(rows[0], dict) and len(inputs) > 1:
        refusals.refuse(
            "instances is a plain list, but expecting list of objects as "
            "multiple input tensors required as per tensorinfo_map"
        )
    are_objects = _is_object(rows[0])
    found: dict[str, list[npt.NDArray[Any]]] = {}
    for place, row in enumerate(rows):
        if are_objects != _is_object(row):
            refusals.refuse(
                f"Expecting object but got list at item {place} of input list"
                if are_objects
                else "Expecting value/list but got object at item "
                f"{place} of input list"
            )
        named = row if are_objects else {next(iter(inputs)): row}
        for name, value in named.items():
            key = f" key: {name}" if are_objects else ""
            try:
                _add_row(found, name, value, inputs, len(rows))
            except refusals.Refused as error:
                refusals.refuse(
                    f"Failed to process element: {place}{key} of 'instances' "
                    f"list. Error: INVALID_ARGUMENT: {error}"
                )
        if named.keys() != inputs.keys():
            refusals.refuse(
                f"Failed to process element: {place} of 'instances' list. "
                f"JSON object: {json_tensors.shown(row)} keys must be equal "
                f"to: {','.join(sorted(inputs))}"
            )
    return {name: np.stack(values) for name, values in found.items()}


def _add_row(found: Any, name: str, value: Any, inputs: Any, rows: int) -> None:
    if name not in inputs:
        refusals.refuse(f"JSON object: does not have named input: {name}")
    row = json_tensors.tensor(value, inputs[name].dtype, rows)
    before = found.setdefault(name, [])
    if before and before[0].size != row.size:
        refusals.refuse(
            f"Expecting tensor size: {before[0].size} but got: {row.size}"
        )
    if before and before[0].shape != row.shape:
        refusals.refuse(
            f"Expecting shape {_shape_text(before[0].shape)} but got: "
            f"{_shape_text(row.shape)}"
        )
    before.append(row)


def _from_columns(
    value: Any, inputs: "Mapping[str, served_version.Input]"
) -> dict[str, npt.NDArray[Any]]:
    if not _is_object(value):
        if len(inputs) > 1:
            refusals.refuse(
                "inputs is a plain value/list, but expecting an object as "
                "multiple input tensors required as per tensorinfo_map"
            )
        return {
            name: json_tensors.tensor(value, one.dtype)
            for name, one in inputs.items()
        }
    found = {}
    for name, one in sorted(inputs.items()):
        if name not in value:
            refusals.refuse(f"Missing named input: {name} in 'inputs' object.")
        found[name] = json_tensors.tensor(value[name], one.dtype)
    return found


def _check_count(rows: int) -> None:
    if rows > json_tensors.MOST_ROWS:
        refusals.refuse(
            f"A request may have at most {json_tensors.MOST_ROWS} rows; send "
            f"several. Received: {rows}."
        )


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and not json_tensors.is_bytes(value)


def _check_rows(outputs: Mapping[str, npt.NDArray[Any]]) -> None:
    expected = None
    for name, values in outputs.items():
        if not values.ndim:
            refusals.refuse(f"Tensor name: {name} has no shape information ")
        if expected is not None and len(values) != expected:
            refusals.refuse(
                f"Tensor name: {name} has inconsistent batch size: "
                f"{len(values)} expecting: {expected}"
            )
        expected = len(values)


def _rows(lists: dict[str, Any]) -> list[Any]:
    if len(lists) == 1:
        return _without_name(lists)
    return [
        dict(zip(lists, row, strict=True))
        for row in zip(*lists.values(), strict=True)
    ]


def _without_name(lists: dict[str, Any]) -> Any:
    """A single output loses its name."""
    return next(iter(lists.values())) if len(lists) == 1 else lists


def _shape_text(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"
