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
