"""What may be joined, and how a large request is cut and put together."""

import types

import numpy as np
import pytest

from tftag.server.admission import refusals
from tftag.server.models import signature_rows


class Shape(tuple):
    """A stand-in for `tf.TensorShape`, of any rank where empty."""

    __slots__ = ()

    @property
    def rank(self):
        return len(self) or None

    def is_compatible_with(self, other):
        return not self or (
            len(self) == len(other)
            and all(a in (None, b) for a, b in zip(self, other, strict=True))
        )


def signature(outputs=(), **inputs):
    specs = {
        name: types.SimpleNamespace(
            shape=Shape(shape), dtype=types.SimpleNamespace(name=dtype)
        )
        for name, (dtype, shape) in inputs.items()
    }
    answers = {
        name: types.SimpleNamespace(shape=Shape(shape))
        for name, shape in dict(outputs).items()
    }
    return types.SimpleNamespace(
        structured_input_signature=((), specs), structured_outputs=answers
    )


TAG_BATCH = signature(
    {"status": (None,)},
    waveform=("float32", (None, None)),
    length_samples=("int64", (None,)),
)
SCORE = signature(
    {"score": (None, None)},
    wav=("string", (None,)),
    strings=("string", ()),
)


def padded(samples, *lengths):
    return {
        "waveform": np.ones((len(lengths), samples), np.float32),
        "length_samples": np.array(lengths, np.int64),
    }


@pytest.mark.parametrize("wrong", [0, -1, 601, 2**62])
def test_a_length_that_is_wrong_alone_is_not_joined(wrong):
    """Beside a longer row it would be right: zeros have been put there."""
    inputs = padded(600, 600, wrong)
    assert signature_rows.key("tag_batch", inputs, TAG_BATCH) is None
    for length in (1, 600):
        inputs = padded(600, 600, length)
        key = signature_rows.key("tag_batch", inputs, TAG_BATCH)
        longer = padded(1_000, 1_000)
        assert key is not None
        assert key == signature_rows.key("tag_batch", longer, TAG_BATCH)


@pytest.mark.parametrize("rows", [0, 1, 32, 33, 70])
def test_slices_hold_every_row_once(rows):
    inputs = padded(3, *range(rows))
    parts = list(signature_rows.slices(inputs, TAG_BATCH, 32))
    assert all(len(one["waveform"]) <= 32 for one in parts)
    found = np.concatenate([one["length_samples"] for one in parts])
    np.testing.assert_array_equal(found, np.arange(rows))


def test_what_is_asked_of_every_row_is_in_every_slice():
    wav = np.array([b"%d" % row for row in range(5)], object)
    for shared in (np.array([b"a", b"b"], object), np.array(b"a", object)):
        inputs = {"wav": wav, "strings": shared}
        parts = list(signature_rows.slices(inputs, SCORE, 2))
        assert [len(one["wav"]) for one in parts] == [2, 2, 1]
        assert all(one["strings"] is shared for one in parts)
    own = {"wav": wav, "strings": np.full((5, 2), b"a", object)}
    parts = list(signature_rows.slices(own, SCORE, 2))
    assert [len(one["strings"]) for one in parts] == [2, 2, 1]


def test_shorter_slices_end_in_clips_that_start_before_the_recording():
    answers = [
        {
            "start_seconds": np.array([[0.0]]),
            "probabilities": np.ones((1, 1, 2)),
            "status": np.array([b""], object),
        },
        {
            "start_seconds": np.array([[0.0, 3.0]]),
            "probabilities": np.ones((1, 2, 2)),
            "status": np.array([b""], object),
        },
    ]
    found = signature_rows.joined(answers)
    np.testing.assert_array_equal(found["start_seconds"], [[0, -1], [0, 3]])
    np.testing.assert_array_equal(
        found["probabilities"].sum(axis=2), [[2, 0], [2, 2]]
    )
    assert found["status"].shape == (2,)
    assert signature_rows.size(answers) == 1 + 2 + 1 + 2 + 4 + 1


def test_inputs_of_other_numbers_of_rows_are_refused():
    inputs = padded(3, 1, 1) | {"length_samples": np.array([1])}
    with pytest.raises(refusals.Refused, match="as many rows") as caught:
        signature_rows.check_shapes(inputs, TAG_BATCH)
    assert "'length_samples': 1" in str(caught.value)
    shared = {"wav": np.full(3, b""), "strings": np.full(2, b"")}
    signature_rows.check_shapes(shared, SCORE)
