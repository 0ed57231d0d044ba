import drawn_index
import pytest
import tftag_command


def run(*words):
    return tftag_command.run("map", *words)


@pytest.fixture
def index(tmp_path):
    rows = drawn_index.vectors(30)
    return drawn_index.write(tmp_path / "my.index", range(30), rows)


def test_an_index_becomes_a_page(index, tmp_path, capsys):
    out = tmp_path / "map.html"
    for most in (3, 4):
        assert run(index, "--out", out, "--most", most) == 0
        assert capsys.readouterr().err == (
            f"{most} of 30 recordings are on {out}\n"
        )
        assert "<title>my.index</title>" in out.read_text("utf-8")


def test_bad_input_is_one_line_and_nothing_is_written_over(
    index, tmp_path, capsys
):
    song = tmp_path / "a.mp3"
    song.write_bytes(b"ID3")
    for words, message in (
        ((index, "--out", song), "no other file's place"),
        ((index, "--out", tmp_path / "no" / "x"), "in a folder that is there"),
        ((tmp_path, "--out", tmp_path / "x.html"), "An index must be a folder"),
    ):
        assert run(*words) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert message in line
    assert song.read_bytes() == b"ID3"
