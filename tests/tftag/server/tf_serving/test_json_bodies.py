import json

import numpy as np
import pytest

from tftag.server.admission import refusals
from tftag.server.models import served_version
from tftag.server.tf_serving import json_bodies, json_tensors

INPUTS = {
    "a": served_version.Input("float", (None, None)),
    "b": served_version.Input("int64", (None,)),
}


def columns(request, inputs=INPUTS):
    return json_bodies.columns(request, inputs, "name")


def test_rows_and_columns_are_the_same_tensors():
    rows = [{"a": [1, 2], "b": 3}, {"b": 4, "a": [5, 6]}]
    by_rows, are_rows = columns({"instances": rows})
    whole = {"a": [[1, 2], [5, 6]], "b": [3, 4]}
    by_columns, are_columns = columns({"inputs": whole})
    assert are_rows and not are_columns
    for name in INPUTS:
        np.testing.assert_array_equal(by_rows[name], by_columns[name])
        assert by_rows[name].dtype == by_columns[name].dtype


def test_a_single_input_needs_no_name():
    only = {"b": INPUTS["b"]}
    for request in (
        {"instances": [1, 2]},
        {"inputs": [1, 2]},
        {"instances": [{"b": 1}, {"b": 2}]},
        {"inputs": {"b": [1, 2]}},
    ):
        found, _ = columns(request, only)
        np.testing.assert_array_equal(found["b"], [1, 2])


def test_other_keys_are_passed_over_as_that_server_does():
    found, _ = columns({"inputs": {"a": [[1]], "b": [1], "c": 1}, "other": 1})
    assert found.keys() == INPUTS.keys()


@pytest.mark.parametrize(
    ("outputs", "rows", "whole"),
    [
        ({"x": np.int64([1, 2])}, [1, 2], [1, 2]),
        (
            {"x": np.int64([1, 2]), "y": np.array([[b"a"], [b"b"]], object)},
            [{"x": 1, "y": ["a"]}, {"x": 2, "y": ["b"]}],
            {"x": [1, 2], "y": [["a"], ["b"]]},
        ),
    ],
)
def test_a_single_output_loses_its_name(outputs, rows, whole):
    answer = json.loads(json_bodies.text(outputs, is_rows=True))
    assert answer == {"predictions": rows}
    answer = json.loads(json_bodies.text(outputs, is_rows=False))
    assert answer == {"outputs": whole}


@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        ({"x": np.float32(1)}, "x has no shape information"),
        (
            {"x": np.zeros(2), "y": np.zeros(3)},
            "y has inconsistent batch size: 3 expecting: 2",
        ),
    ],
)
def test_outputs_without_rows_in_common_are_refused(outputs, text):
    with pytest.raises(refusals.Refused, match=text):
        json_bodies.text(outputs, is_rows=True)
    assert json_bodies.text(outputs, is_rows=False)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"a" 1}', "Missing a colon after a name of object member. "),
        (b'{"a": 1} 2', "must not be followed by other values. at offset: 9"),
        ('{"\u00e9": x}'.encode(), "Invalid value. at offset: 7"),
        (b'{"a": "b', "Missing a closing quotation mark"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(body, text):
    with pytest.raises(refusals.Refused) as caught:
        json_bodies.parse(body)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b'{"inputs": {"a": [' + b"[0]," * 4_096 + b'[0]], "b": [1]}}',
        b'{"inputs": {"a": [[0]], "b": [' + b"0," * 4_096 + b"0]}}",
        b'{"instances": [' + b'{"a": [0], "b": 1},' * 4_096 + b"0]}",
    ],
)
def test_more_rows_than_are_taken_are_refused(body):
    with pytest.raises(refusals.Refused, match="4096 rows.*4097") as caught:
        columns(json_bodies.parse(body))
    assert caught.value.status == 400


def test_as_many_rows_as_are_taken_are_read():
    found, _ = columns({"inputs": {"a": [[0]] * 4_096, "b": [1] * 4_096}})
    assert found["a"].shape == (4_096, 1)


def test_more_strings_than_are_taken_are_refused_before_they_are_read():
    asked = {"strings": served_version.Input("string", None)}
    most = json_tensors.MOST_STRINGS
    for request in (
        {"inputs": ["a"] * (most + 1)},
        {"instances": [["a"] * (most // 2 + 1)] * 2},
    ):
        with pytest.raises(refusals.Refused, match="at most 65536 values"):
            columns(request, asked)
    found, _ = columns({"inputs": ["a"] * most}, asked)
    assert found["strings"].shape == (most,)


@pytest.mark.parametrize("piece", [b"[0],", b"{},", b"[[[[]]]],"])
def test_a_body_of_many_small_parts_is_refused_unread(piece, monkeypatch):
    """Read, it would take twenty times its size, and a step for each."""
    monkeypatch.setattr(json_bodies.json, "loads", None)
    body = b'{"inputs": [' + piece * json_bodies.MOST_LISTS + b"0]}"
    with pytest.raises(refusals.Refused, match="lists and objects"):
        json_bodies.parse(body)


@pytest.mark.parametrize(
    "number", ["1e400", "-1E+309", "9" * 309 + ".5", "0.1e0310"]
)
def test_a_number_that_no_double_holds_is_refused(number):
    with pytest.raises(refusals.Refused, match="Number too big"):
        json_bodies.parse(b'{"inputs": [%s]}' % number.encode())


def test_numbers_at_the_edge_and_tokens_are_read():
    body = b'{"a": [1e308, 1e-400, 1e+007, 1e0307, -Infinity], "b": "9e999"}'
    found = json_bodies.parse(body)
    assert found["a"] == [1e308, 0.0, 1e7, 1e307, float("-inf")]
