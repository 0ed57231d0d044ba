import os

import pytest

from experiments.speed.processes import memory


def test_what_a_process_holds_is_part_of_the_most_it_held():
    found = memory.status_kb()
    if not found:
        pytest.skip("this is not Linux")
    assert 0 < found["RssAnon"] < found["VmRSS"] <= found["VmHWM"]
    other = memory.status_kb(os.getppid())
    assert other["VmRSS"] > 0


def test_a_process_that_has_ended_holds_nothing():
    assert memory.status_kb(2**22 + 1) == {}
