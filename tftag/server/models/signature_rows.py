"""Requests as rows: which may be joined, and the slices of a large one."""

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.server.admission import refusals

Arrays = Mapping[str, npt.NDArray[Any]]

_PADDED = {"waveform", "length_samples"}
# What a timeline has behind a shorter row, as the exports write it; else 0.
_FILLERS = {"start_seconds": -1.0}


def declared(function: Any) -> dict[str, Any]:
    """What a signature takes: a `tf.TensorSpec` by name."""
    _, found = function.structured_input_signature
    return dict(found)


def check_shapes(inputs: Arrays, function: Any) -> None:
    """Checks what a signature is asked with.

    Raises:
        refusals.Refused: A shape does not fit, or not all inputs have as
            many rows.
    """
    specs = declared(function)
    for name, value in inputs.items():
        expected = specs[name].shape
        if not expected.is_compatible_with(value.shape):
            refusals.refuse(
                f"input {name} must have the shape {expected}. Received: "
                f"{list(value.shape)}"
            )
    rows = {name: len(inputs[name]) for name in _of_rows(inputs, specs)}
    if len(set(rows.values())) > 1:
        refusals.refuse(f"all inputs must have as many rows. Received: {rows}")


def slices(
    inputs: Arrays, function: Any, most_rows: int
) -> Iterator[dict[str, npt.NDArray[Any]]]:
    """Yields a request in parts, so that others have their turn in between.

    Args:
        inputs: That `check_shapes` has passed.
        function: The signature.
        most_rows: Of a part.
    """
    of_rows = _of_rows(inputs, declared(function))
    rows = max((len(inputs[name]) for name in of_rows), default=0)
    for first in range(0, max(rows, 1), most_rows):
        yield {
            name: value[first : first + most_rows] if name in of_rows else value
            for name, value in inputs.items()
        }


def joined(parts: Sequence[Arrays]) -> dict[str, npt.NDArray[Any]]:
    """Puts rows together: of several requests, or of the answers to `slices`.

    Behind shorter ones stands what an export puts there, mostly zeros.
    """
    if len(parts) == 1:
        return dict(parts[0])
    return {
        name: np.concatenate(_even(name, [one[name] for one in parts]))
        for name in parts[0]
    }


def key(signature: str, inputs: Arrays, function: Any) -> Hashable | None:
    """What requests must have in common to be joined; None joins none."""
    specs = declared(function)
    rows = {np.shape(value)[:1] for value in inputs.values()}
    # A list of strings may be asked of every row.
    is_of_every_row = len(_of_rows(inputs, specs)) < len(inputs)
    has_strings = any(spec.dtype.name == "string" for spec in specs.values())
    # A short row beside a long one would be answered with more than it has.
    is_as_long_as_longest = has_strings and any(
        None in output.shape[1:]
        for output in function.structured_outputs.values()
    )
    if len(rows) > 1 or rows == {()} or rows == {(0,)}:
        return None
    if is_of_every_row or is_as_long_as_longest:
        return None
    if specs.keys() >= _PADDED and not _are_inside(**inputs):
        return None
    sizes = []
    for name, value in sorted(inputs.items()):
        if value.dtype == object:  # decoded, all are as long as the longest
            longest = max(map(len, value.ravel()), default=0)
            sizes.append((value.shape[1:], longest.bit_length()))
        elif name == "waveform" and specs.keys() >= _PADDED:
            sizes.append(((), value.shape[1].bit_length()))
        else:
            sizes.append((value.shape[1:], 0))
    return (signature, *sizes)


def _of_rows(inputs: Arrays, specs: Mapping[str, Any]) -> set[str]:
    """The inputs that have rows: not a list that is asked of every row."""
    return {
        name
        for name, value in inputs.items()
        if specs[name].shape.rank is not None or value.ndim > 1
    }


def _are_inside(
    waveform: npt.NDArray[Any], length_samples: npt.NDArray[Any]
) -> bool:
    """Whether no row is said to be longer than it is; zeros would hide it."""
    is_inside = (length_samples >= 1) & (length_samples <= waveform.shape[1])
    return bool(is_inside.all())


def _even(name: str, arrays: list[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
    if arrays[0].ndim < 2 or len({one.shape[1] for one in arrays}) == 1:
        return arrays
    longest = max(one.shape[1] for one in arrays)
    filler = _FILLERS.get(name, 0)
    return [
        np.pad(
            one,
            [(0, 0), (0, longest - one.shape[1])] + [(0, 0)] * (one.ndim - 2),
            constant_values=filler,
        )
        for one in arrays
    ]


def size(answers: Sequence[Arrays]) -> int:
    """How many values there are in answers."""
    return sum(
        math.prod(value.shape) for one in answers for value in one.values()
    )
