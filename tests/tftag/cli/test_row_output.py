import os
import pathlib

import odd_names
import pytest

from tftag.cli import row_output

MODEL = "no/such/model"


def _write(out, inputs=(), text="new"):
    with row_output.opened(str(out), inputs, MODEL) as file:
        file.write(text)


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    (folder / "a.mp3").write_bytes(b"a recording")
    return folder


@pytest.mark.parametrize("how", ["folder", "file", "link", "hard link"])
def test_no_input_is_written_over(music, how):
    recording = out = music / "a.mp3"
    if how == "link":
        out = music.parent / "rows.csv"
        out.symlink_to(recording)
    if how == "hard link":
        out = music.parent / "rows.csv"
        os.link(recording, out)
    given = recording if how == "file" else music
    with pytest.raises(ValueError, match="none of the files that are read"):
        _write(out, [given])
    assert recording.read_bytes() == b"a recording"


def test_no_file_of_the_model_is_written_over(tmp_path):
    path = tmp_path / "model" / "1" / "saved_model.pb"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"graph")
    with pytest.raises(ValueError, match="no file of the model"):
        with row_output.opened(str(path), [], tmp_path / "model"):
            pytest.fail("opened")
    assert path.read_bytes() == b"graph"


def test_rows_of_an_earlier_call_stay_until_the_end(music):
    out = music / "rows.csv"
    out.write_text("old")
    with pytest.raises(RuntimeError):
        with row_output.opened(str(out), [music], MODEL) as file:
            file.write("new")
            file.flush()
            assert out.read_text() == "old"
            raise RuntimeError
    assert out.read_text() == "old"
    _write(out, [music])
    assert out.read_text() == "new"
    assert sorted(os.listdir(music)) == ["a.mp3", "rows.csv"]


@pytest.mark.parametrize("is_there", [True, False])
def test_an_interrupt_keeps_the_rows(tmp_path, is_there):
    out = tmp_path / "rows.csv"
    if is_there:
        out.write_text("old")
    with pytest.raises(KeyboardInterrupt, match="rows.csv"):
        with row_output.opened(str(out), [], MODEL) as file:
            file.write("a,b\n")
            raise KeyboardInterrupt
    kept = tmp_path / "rows.csv.interrupted" if is_there else out
    assert kept.read_text() == "a,b\n"
    assert not is_there or out.read_text() == "old"


@pytest.mark.parametrize("name", odd_names.ODD_NAMES)
def test_an_interrupt_keeps_the_rows_beside_any_name(tmp_path, name):
    out = tmp_path / f"{name}.csv"
    out.write_text("old")
    with pytest.raises(KeyboardInterrupt, match="the rows .* are in"):
        with row_output.opened(str(out), [], MODEL) as file:
            file.write("a,b\n")
            raise KeyboardInterrupt
    (kept,) = set(tmp_path.iterdir()) - {out}
    assert kept.read_text() == "a,b\n" and kept.name.endswith(".interrupted")
    assert out.read_text() == "old"


def test_where_nothing_can_be_written_is_said_first(tmp_path):
    with pytest.raises(ValueError, match="a folder"):
        _write(tmp_path)
    with pytest.raises(ValueError, match="a folder"):
        _write(f"{tmp_path}/new/")
    with pytest.raises(FileNotFoundError, match="folder that is there"):
        _write(tmp_path / "no" / "rows.csv")


def test_a_planted_link_is_replaced(tmp_path):
    precious = tmp_path / "precious"
    out = tmp_path / "rows.csv"
    out.symlink_to(precious)
    _write(out)
    assert not precious.exists() and out.read_text() == "new"
    assert not pathlib.Path(out).is_symlink()
