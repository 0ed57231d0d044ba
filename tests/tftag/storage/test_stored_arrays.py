import io

import numpy as np
import pytest

from tftag.storage import stored_arrays


def test_arrays_come_back():
    file = io.BytesIO()
    np.savez(file, a=np.arange(3))
    with stored_arrays.opened(file) as arrays:
        np.testing.assert_array_equal(arrays["a"], np.arange(3))


def test_a_small_file_does_not_unfold_to_a_large_array():
    file = io.BytesIO()
    np.savez_compressed(file, a=np.zeros(1 << 20))
    assert file.tell() < 1 << 14
    with pytest.raises(ValueError, match="would unfold to 83.. ?.* bytes"):
        with stored_arrays.opened(file):
            pytest.fail("it was opened")


@pytest.mark.parametrize("at", [0, 10, 60, 150, 300])
def test_damage_is_one_of_the_errors_that_are_named(at):
    file = io.BytesIO()
    np.savez(file, a=np.arange(30))
    content = bytearray(file.getvalue())
    content[at : at + 40] = b"(" * 40
    with pytest.raises(stored_arrays.DAMAGE):
        with stored_arrays.opened(io.BytesIO(content)) as arrays:
            np.testing.assert_array_equal(arrays["a"], np.arange(30))
            raise ValueError("what was damaged is not looked at")
