import io

import numpy as np
import pytest

from pipelines.reading.slices import local_file


def test_a_slice_of_a_whole_file(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(bytes(range(100)))
    slice_bytes = bytearray(10)
    with local_file.open_whole(path, 100) as file:
        file.seek(40)
        local_file.fill(file, memoryview(slice_bytes))
    assert slice_bytes == bytes(range(40, 50))


def test_a_file_that_is_not_whole_is_refused(tmp_path):
    path = tmp_path / "a.wav"
    with pytest.raises(FileNotFoundError):
        local_file.open_whole(path, 100)
    path.write_bytes(bytes(99))
    with pytest.raises(OSError, match="^99 bytes where the manifest says 100$"):
        local_file.open_whole(path, 100)


class OneByteAtATime(io.BytesIO):
    def readinto(self, buffer):
        return super().readinto(buffer[:1])


def test_memory_is_filled_or_the_rest_is_counted():
    samples = np.zeros(6, np.uint8)
    file = OneByteAtATime(bytes(range(9)))
    local_file.fill(file, memoryview(samples))
    assert samples.tolist() == [0, 1, 2, 3, 4, 5]
    with pytest.raises(OSError, match="^it ends 3 bytes early$"):
        local_file.fill(file, memoryview(samples))
    local_file.fill(file, memoryview(samples)[:0])
