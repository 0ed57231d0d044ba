import pytest

from tftag.console import own_process


def test_what_a_module_prints_is_returned():
    assert "usage: python -m json" in own_process.run("json.tool", ["-h"])


def test_a_failure_is_its_last_line():
    with pytest.raises(ValueError, match="No module named tftag.absent"):
        own_process.run("tftag.absent", [])
