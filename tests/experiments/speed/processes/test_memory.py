import os
import pathlib
import resource

import pytest

from experiments.speed.processes import memory

pytestmark = pytest.mark.skipif(
    not pathlib.Path("/proc/self/status").exists(), reason="not Linux"
)


def test_what_a_process_holds_is_part_of_the_most_it_held():
    found = memory.status_mb()
    assert 0 < found["RssAnon"] < found["VmRSS"] <= found["VmHWM"]
    other = memory.status_mb(os.getppid())
    assert other["VmRSS"] > 0


def test_a_megabyte_is_a_million_bytes():
    """What Linux calls a kB is 1,024 of them."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    held = pages * resource.getpagesize() / 1e6
    assert memory.status_mb()["VmRSS"] == pytest.approx(held, rel=0.01)


def test_the_most_can_be_that_of_what_follows():
    large = b"x" * 200_000_000
    assert memory.status_mb()["VmHWM"] > 200
    del large
    memory.forget_peak()
    assert memory.status_mb()["VmHWM"] < memory.status_mb()["VmRSS"] + 20


def test_a_process_that_has_ended_holds_nothing():
    assert memory.status_mb(2**22 + 1) == {}
