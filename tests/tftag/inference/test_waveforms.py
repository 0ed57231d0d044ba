"""Waveforms as signatures take them."""

import numpy as np
import pytest

from tftag.inference import waveforms


@pytest.mark.parametrize("kind", [np.int16, np.float32, np.float64, np.uint8])
def test_numbers_stay_what_they_are(kind):
    samples = np.array([3, 0, 117], kind)
    plain = waveforms.plain_waveform(samples)
    assert plain.dtype == (np.int16 if kind is np.int16 else np.float32)
    np.testing.assert_array_equal(plain, samples)


@pytest.mark.parametrize(
    ("wrong", "received"),
    [
        *(([], r"shape \(0,\)"), ([[1.0]], r"shape \(1, 1\)")),
        *(([0.0, np.nan], "NaN"), ([-np.inf], "infinity"), ([1e300], "NaN or")),
        *(([1j], "complex128"), (["0.1"], "<U3")),
    ],
)
def test_what_is_no_waveform_is_refused(wrong, received):
    with pytest.raises(ValueError, match=f"Received: .*{received}"):
        waveforms.plain_waveform(wrong)


def test_rows_are_padded_behind_their_ends():
    given = [np.array([1, 2], np.int16), np.array([3], np.int16)]
    rows = waveforms.padded_rows(given)
    assert rows["waveform"].dtype == np.int16
    np.testing.assert_array_equal(rows["waveform"], [[1, 2], [3, 0]])
    np.testing.assert_array_equal(rows["length_samples"], [2, 1])
    mixed = waveforms.padded_rows([given[0], [0.5, 1.5, 2.5]])["waveform"]
    assert mixed.dtype == np.float32
    np.testing.assert_array_equal(mixed, [[1, 2, 0], [0.5, 1.5, 2.5]])
