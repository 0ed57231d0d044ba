import argparse

import pytest

from tftag.cli import arguments
from tftag.cli import main as main_module


@pytest.mark.parametrize("text, number", [("1", 1), ("20", 20)])
def test_a_count_is_read(text, number):
    assert arguments.count(text) == number


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "", "two", "1e3"])
def test_what_counts_nothing_is_refused_as_it_was_given(text):
    with pytest.raises(argparse.ArgumentTypeError, match=f"Received: {text}"):
        arguments.count(text)


@pytest.mark.parametrize(
    ("words", "form"),
    [
        ([], "table"),
        (["--out", "a.csv"], "csv"),
        (["--out", "a.JSONL"], "jsonl"),
        (["--out", "a.txt"], "table"),
        (["--out", "a.csv", "--format", "table"], "table"),
    ],
)
def test_rows_have_the_format_asked_for_or_that_of_the_ending(words, form):
    parser = argparse.ArgumentParser()
    arguments.add_output(parser)
    assert arguments.row_format(parser.parse_args(words)) == form


@pytest.mark.parametrize(
    "words",
    [
        *(["tag", "a.wav", flag] for flag in ("--write-tags", "--m3u")),
        *(["tag", "a.wav", flag] for flag in ("--undo", "--fields", "--out")),
        *(["timeline", "a.wav", "--out"], ["tag"], ["tag", "--model"]),
        *(["search"], ["search", "a", "b", "--index"], ["learn", "x"]),
    ],
)
def test_no_path_is_an_address_and_no_secret_is_told(
    words, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    argv = [*words, "S3A://KEY:SEC/RET@b/x"]
    if words[0] == "learn":
        argv = [*words, "--like", *argv[2:]]
    if words == ["search"]:
        argv.append("query")
    with pytest.raises(SystemExit):
        main_module.main(argv)
    said = capsys.readouterr().err
    assert "must be a path of this machine" in said and "S3A://b/x" in said
    assert "KEY" not in said and "RET" not in said
    assert list(tmp_path.iterdir()) == []
