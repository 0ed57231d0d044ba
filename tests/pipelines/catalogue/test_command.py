"""What the command refuses before it asks for an engine."""

import sys

import pytest

from pipelines import catalogue
from tftag.cli import command_line


@pytest.mark.parametrize(
    ("flag", "value"),
    [("--files-per-shard", "0"), ("--top", "0"), ("--processes", "-1")],
)
def test_impossible_numbers_are_refused(tmp_path, capsys, flag, value):
    line = ["--input", str(tmp_path), "--output", str(tmp_path / "out")]
    assert command_line.run(catalogue.main, [*line, flag, value]) == 2
    said = capsys.readouterr().err
    assert flag in said and f"Received: {value}" in said


def test_an_address_with_a_secret_is_refused(tmp_path, capsys):
    line = ["--input", "s3://KEY:SECRET@bucket/music", "--output"]
    assert command_line.run(catalogue.main, [*line, str(tmp_path)]) == 2
    assert "SECRET" not in capsys.readouterr().err


def test_without_beam_the_way_out_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    for name in ("engine", "describe"):
        monkeypatch.delitem(
            sys.modules,
            f"pipelines.catalogue.{name}",
            raising=False,
        )
        monkeypatch.delattr(catalogue, name, raising=False)
    line = ["--input", str(tmp_path), "--output", str(tmp_path / "out")]
    assert command_line.run(catalogue.main, line) == 2
    assert "make setup LOCK=beam" in capsys.readouterr().err
