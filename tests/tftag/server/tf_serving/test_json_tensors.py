import base64
import json

import numpy as np
import pytest

from tftag.server.admission import refusals
from tftag.server.tf_serving import json_tensors


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (2, 0), (2, 1, 4)])
def test_numbers_go_there_and_back(shape):
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    written = json_tensors.as_json("x", values)
    found = json_tensors.tensor(json.loads(json.dumps(written)), "float")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, values)


def test_what_is_no_finite_number_goes_there_and_back():
    values = np.float32([np.nan, np.inf, -np.inf, -0.0, 1e-45, 3.4e38])
    written = json.dumps(json_tensors.as_json("x", values))
    assert written.startswith("[NaN, Infinity, -Infinity, -0.0, ")
    found = json_tensors.tensor(json.loads(written), "float")
    np.testing.assert_array_equal(found, values)


def test_bytes_and_text():
    data = bytes(range(256))
    written = {"b64": base64.b64encode(data).decode()}
    (found, text) = json_tensors.tensor([written, "\u00e9"], "string")
    assert (found, text) == (data, "\u00e9".encode())
    # Without padding, as that server takes it too.
    bare = {"b64": written["b64"].rstrip("=")}
    assert json_tensors.tensor(bare, "string") == data
    values = np.array([[b"a", b"\xff"]], object)
    assert json_tensors.as_json("x", values) == [["a", "\ufffd"]]
    assert json_tensors.as_json("x_bytes", values) == [
        [{"b64": "YQ=="}, {"b64": "/w=="}]
    ]


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        ([[1], 2], "float", "found at incorrect level: 2"),
        ([1, [2]], "float", "list at unexpected level: 1 expected < 1"),
        ([[1], [2, 3]], "float", "unexpected size: 2 at level: 1"),
        ([None], "float", "JSON Value: null Type: Null"),
        ([1.0], "int64", "Type: Number is not of expected type: int64"),
        ([2**63], "int64", "is not of expected type: int64"),
        ([1], "string", "is not of expected type: string"),
        ([{"b64": 1}], "string", "not formatted correctly for base64 data"),
        ([{"b64": "!"}], "string", "Unable to base64 decode"),
        (["\ud800"], "string", "surrogate pair in string is invalid"),
        ([10**400], "float", "without loss of precision"),
        ([-1e39], "float", "without loss of precision"),
        ([0.5, np.nan, np.inf, 1 << 24], "float", "without loss of"),
        ([(1 << 24) + 1], "float", "without loss of"),
        ([1e38, 1, 3.5e38], "float", "JSON Value: 3.5e+38"[11:] + " to float"),
    ],
)
def test_what_is_none_is_refused(value, dtype, text):
    with pytest.raises(refusals.Refused) as caught:
        json_tensors.tensor(value, dtype)
    assert text in str(caught.value) and caught.value.status == 400


def test_depth_has_an_end():
    deep = 1.0
    for _ in range(900):
        deep = [deep]
    with pytest.raises(refusals.Refused, match="900 levels deep"):
        json_tensors.tensor(deep, "float")


def test_a_large_value_is_shown_in_part():
    assert len(json_tensors.shown(list(range(10**6)))) < 300
