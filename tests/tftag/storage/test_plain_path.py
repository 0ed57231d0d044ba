import os
import pathlib
import tempfile

import pytest

from tftag.storage import plain_path

NAMES = ["models [v2]", "a*b", "what?", "{x}", "back\\slash", "[", "]"]


@pytest.mark.parametrize("name", [*NAMES, os.fsdecode(b"\xff")])
def test_a_pattern_is_reached_by_another_path(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    with plain_path.plain(folder) as path:
        assert plain_path.is_plain(path)
        pathlib.Path(path, "made").write_text("x")
    assert (folder / "made").read_text() == "x"
    assert not os.path.lexists(path)


@pytest.mark.parametrize(
    "name", ["a b", "it's", "line\nend", "x" * 250, "\u65e5"]
)
def test_all_else_is_itself(tmp_path, name):
    with plain_path.plain(tmp_path / name) as path:
        assert path == str(tmp_path / name)


def test_without_a_plain_folder_to_link_from_it_is_refused(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t [1]"))
    with pytest.raises(ValueError, match="TMPDIR"):
        with plain_path.plain("models [v2]"):
            pytest.fail("the block ran")
