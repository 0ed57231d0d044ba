import pathlib

import pytest

from tftag.inference import version_folder


def fill(folder):
    (folder / "saved_model.pb").write_bytes(b"")


def test_versions_count_on_and_none_is_written_over(tmp_path):
    folder = tmp_path / "new" / "named"
    assert version_folder.write(folder, None, fill) == folder / "1"
    assert version_folder.write(folder, 9, fill) == folder / "9"
    (folder / "notes").mkdir()
    assert version_folder.write(folder, None, fill) == folder / "10"
    for version in (9, -1):
        with pytest.raises(ValueError, match=f"not taken.*Received: {version}"):
            version_folder.write(folder, version, fill)
    assert {path.name for path in folder.iterdir()} == {"notes", "1", "9", "10"}


def test_nothing_is_left_of_what_failed(tmp_path):
    def fail(folder):
        fill(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        version_folder.write(tmp_path / "new", None, fail)
    assert not list(tmp_path.iterdir())
    version_folder.write(tmp_path / "old", None, fill)
    with pytest.raises(KeyboardInterrupt):
        version_folder.write(tmp_path / "old", None, fail)
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["1"]


def test_a_version_that_appears_meanwhile_is_kept(tmp_path):
    def fill_slowly(folder):
        fill(folder)
        (tmp_path / "1").mkdir()
        fill(tmp_path / "1")

    assert version_folder.write(tmp_path, None, fill_slowly).name == "2"


def test_the_newest_version_is_found(tmp_path):
    for name in ("2", "9", "10", "x", "11"):
        (tmp_path / name).mkdir()
    for name in ("2", "9", "10", "x"):
        fill(tmp_path / name)
    # What is still being copied has no graph yet, and does not count.
    assert version_folder.newest(tmp_path) == tmp_path / "10"
    assert version_folder.newest(str(tmp_path / "x")) == tmp_path / "x"
    assert isinstance(version_folder.newest(str(tmp_path)), pathlib.Path)
    # A digit, but no number.
    (tmp_path / "\u00b2").mkdir()
    fill(tmp_path / "\u00b2")
    assert version_folder.newest(tmp_path) == tmp_path / "10"


def test_no_version_says_what_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent, which is not there"):
        version_folder.newest(tmp_path / "absent")
    with pytest.raises(FileNotFoundError, match="with neither"):
        version_folder.newest(tmp_path)
