"""What is measured happens: all is taken once, then what is new."""

import json

import pytest

from experiments.speed import catalogue_to_index
from experiments.speed.processes import memory


def test_all_is_taken_once_and_then_what_is_new(tmp_path, capsys):
    words = ("--recordings", "450", "--dim", "8", "--out", str(tmp_path))
    assert catalogue_to_index.main(list(words)) == 0
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    ((title, first),), ((_, again),), ((_, more),) = (
        one.items() for one in lines
    )
    assert title == "first"
    assert [one["taken"] for one in (first, again, more)] == [450, 0, 200]
    assert [one["files"] for one in (first, again, more)] == [450, 450, 650]
    # What was taken before would be taken for new.
    with pytest.raises(ValueError, match=f"without.*Received: {tmp_path}"):
        catalogue_to_index.main(list(words))


def test_each_call_has_a_peak_of_its_own(tmp_path):
    catalogue_to_index.main(
        ["--recordings", "10", "--dim", "8", "--out", str(tmp_path)]
    )
    held_mb = memory.status_mb()["VmRSS"]
    large = b"x" * 300_000_000
    del large
    assert catalogue_to_index.take_up(tmp_path, 8)["peak_mb"] < held_mb + 150
