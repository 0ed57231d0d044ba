import os

import pytest

from tftag.console import own_process


def test_what_a_module_prints_is_returned():
    assert "usage: python -m json" in own_process.run("json.tool", ["-h"])


def test_a_failure_is_its_last_line():
    with pytest.raises(ValueError, match="No module named tftag.absent"):
        own_process.run("tftag.absent", [])


_SHOW = """
import os, sys

print(*sys.argv[1:], os.environ["KERAS_BACKEND"], "KERAS_X" in os.environ)
print(os.environ["KERAS_HOME"], sys.flags.optimize)
"""


def test_no_environment_changes_keras_nor_ends_it_over_a_name(
    tmp_path, monkeypatch
):
    (tmp_path / "show.py").write_text(_SHOW)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setenv("KERAS_X", "1")
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    monkeypatch.setenv("LC_ALL", "C")
    names = ["\u65e5\xe9", os.fsdecode(b"\xff.wav"), "-x"]
    said = own_process.run("show", names)
    assert said.splitlines() == [
        " ".join([*names, "tensorflow", "False"]),
        f"{os.devnull} 0",
    ]
