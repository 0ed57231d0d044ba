import runpy
import sys

import pytest


def test_the_command_keeps_its_name(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["synthetic_unseen", "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("pipelines.synthetic_unseen", run_name="__main__")
    assert ended.value.code == 0
    assert "python -m pipelines.synthetic_unseen" in capsys.readouterr().out
