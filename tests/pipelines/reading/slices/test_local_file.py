import io

import numpy as np
import pytest

from pipelines.reading.slices import local_file


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
