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


def test_a_measure_is_a_number_above_nothing():
    assert arguments.positive("0.5") == 0.5
    for text in ("0", "-1", "nan", "inf", "", "two"):
        with pytest.raises(
            argparse.ArgumentTypeError, match=f"above 0. Received: {text}"
        ):
            arguments.positive(text)


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


@pytest.mark.parametrize("name", ["a.csv.gz", "a.JSON", "a.tsv", "a.xlsx"])
def test_no_file_is_named_like_another_format(name):
    parser = argparse.ArgumentParser()
    arguments.add_output(parser)
    with pytest.raises(ValueError, match=f"--format.*table, csv.*{name}"):
        arguments.row_format(parser.parse_args(["--out", name]))
    asked = parser.parse_args(["--out", name, "--format", "jsonl"])
    assert arguments.row_format(asked) == "jsonl"


# Each takes a path of this machine next.
OF_THIS_MACHINE = [
    *(["tag", "a.wav", flag] for flag in ("--write-tags", "--m3u")),
    *(["tag", "a.wav", flag] for flag in ("--undo", "--fields", "--out")),
    *(["timeline", "a.wav", "--out"], ["tag", "--model"]),
    *(["search", "a", "b", "--index"], ["learn", "x", "--like"]),
]


@pytest.mark.parametrize("words", OF_THIS_MACHINE)
def test_no_path_is_an_address_and_no_secret_is_told(
    words, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main_module.main([*words, "S3A://KEY:SEC/RET@b/x"])
    said = capsys.readouterr().err
    assert "must be a path of this machine" in said and "S3A://b/x" in said
    assert "KEY" not in said and "RET" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words", [*OF_THIS_MACHINE, ["tag"], ["index"], ["search"]]
)
def test_a_variable_that_is_not_set_is_not_the_folder_one_is_in(
    words, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    after = ["--out", "i"] if words == ["index"] else ["query"]
    with pytest.raises(SystemExit):
        main_module.main([*words, "", *(after if len(words) == 1 else [])])
    assert "must not be empty" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_seed_is_no_number_below_0():
    assert arguments.seed("0") == 0 and arguments.seed("123") == 123
    for text in ("-1", "1.5", "\u00b2", ""):
        with pytest.raises(argparse.ArgumentTypeError, match=">= 0. Received"):
            arguments.seed(text)


@pytest.mark.parametrize("take", [arguments.place, arguments.local_path])
def test_a_path_as_file_managers_write_it(take):
    assert take("file:///music/a%20b.wav") == "/music/a b.wav"
    assert take("FILE://localhost/music/100%25.wav") == "/music/100%.wav"
    with pytest.raises(argparse.ArgumentTypeError, match="file://nas/a"):
        take("file://nas/a")


@pytest.mark.parametrize("before", [["tag"], ["search"], ["index"]])
@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("S3A://KEY:SEC/RET@b/x", "must be at s3, gs, https, http"),
        ("s3://KEY:SECRET@b/x", "must have no password"),
        ("https://b/x.mp3?sign=SECRET", "must have no password"),
        ("s3:/KEY:SECRET@b/x", "must be a path of this machine"),
    ],
)
def test_an_address_to_be_read_has_no_secret_and_tells_none(
    before, address, message, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    after = {"search": ["query"], "index": ["--out", "i"]}.get(before[0], [])
    with pytest.raises(SystemExit):
        main_module.main([*before, address, *after])
    said = capsys.readouterr().err
    assert message in said and "Received: " in said
    assert not any(secret in said for secret in ("KEY", "RET", "sign"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words", [*OF_THIS_MACHINE, ["tag"], ["index"], ["search"]]
)
def test_a_minus_is_neither_a_file_nor_a_stream(
    words, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main_module.main([*words, "-"])
    assert "A file of that name is ./-" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
