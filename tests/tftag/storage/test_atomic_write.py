import errno
import os
import pathlib
import subprocess
import sys
import tempfile

import pytest

from tftag.storage import atomic_write


def test_a_block_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        with atomic_write.replacing(path) as file:
            file.write("new")
            raise RuntimeError
    assert path.read_text() == "old"
    with atomic_write.replacing(path) as file:
        file.write("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["x.csv"]


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="of Linux")
def test_the_file_system_in_memory_is_one_and_devices_are_none():
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        test_a_block_that_fails_leaves_the_old_file(pathlib.Path(folder))
        pipe = os.path.join(folder, "pipe")
        os.mkfifo(pipe)
        assert atomic_write.is_stream(pipe)
    for device in ("/dev/stdout", "/dev/null", "/proc/self/fd/1"):
        assert atomic_write.is_stream(device)


def test_names_that_are_not_utf_8(tmp_path):
    path = tmp_path / "x.csv"
    with atomic_write.replacing(path, errors="backslashreplace") as file:
        file.write(os.fsdecode(b"\xff.mp3"))
    assert path.read_text() == "\\udcff.mp3"
    with pytest.raises(UnicodeEncodeError):
        with atomic_write.replacing(path) as file:
            file.write(os.fsdecode(b"\xff.mp3"))


def test_what_cannot_be_written_is_named(tmp_path):
    path = tmp_path / "no folder" / "x.csv"
    with pytest.raises(FileNotFoundError) as caught:
        with atomic_write.replacing(path):
            pass
    assert caught.value.filename == str(path)
    path = tmp_path / "x.csv"
    with pytest.raises(OSError, match="No space") as caught:
        with atomic_write.replacing(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.filename == str(path)
    with pytest.raises(OSError, match="other.txt"):
        with atomic_write.replacing(path):
            raise OSError(errno.ENOSPC, "No space", "other.txt")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("step", ["open", "replace", "fsync"])
def test_a_disk_that_takes_nothing_is_told_by_the_name_of_the_file(
    tmp_path, monkeypatch, step
):
    def refuses(place, *more):
        is_named = isinstance(place, os.PathLike)
        names = [os.fspath(place)] if is_named else []
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), *names)

    path = tmp_path / "a.txt"
    with monkeypatch.context() as patched:
        patched.setattr(os, step, refuses)
        with pytest.raises(OSError) as raised:
            atomic_write.write(path, "text")
    assert raised.value.filename == str(path)
    assert os.listdir(tmp_path) == []


def test_a_name_as_long_as_names_get(tmp_path):
    path = tmp_path / ("\N{HIRAGANA LETTER A}" * 85)  # 255 bytes
    atomic_write.write(path, "new")
    assert path.read_text() == "new"


@pytest.mark.parametrize("where", ["path", "old partial name"])
def test_a_planted_link_is_replaced_and_not_written_through(tmp_path, where):
    precious = tmp_path / "precious"
    precious.write_text("mine")
    inside = tmp_path / "strangers"
    inside.mkdir()
    path = inside / "index.npz"
    planted = path if where == "path" else inside / "index.npz.partial"
    planted.symlink_to(precious)
    atomic_write.write(path, b"new")
    assert precious.read_text() == "mine"
    assert path.read_text() == "new" and not path.is_symlink()


def test_names_of_temporary_files_cannot_be_known(tmp_path):
    names = {atomic_write.temporary(tmp_path).name for _ in range(20)}
    assert len(names) == 20
    assert all(map(atomic_write.is_temporary, names))


def test_what_a_killed_process_left_goes_and_what_one_writes_stays(tmp_path):
    abandoned = atomic_write.temporary(tmp_path)
    link = tmp_path / f".tftag-{'0' * 16}.part"
    link.symlink_to(tmp_path / "elsewhere")
    with atomic_write.replacing(tmp_path / "a") as file:
        assert not abandoned.exists()
        atomic_write.write(tmp_path / "b", "another writer")
        file.write("still whole")
    assert (tmp_path / "a").read_text() == "still whole"
    assert {p.name for p in tmp_path.iterdir()} == {"a", "b", link.name}


def test_a_folder_is_not_replaced(tmp_path):
    with pytest.raises(IsADirectoryError) as caught:
        with atomic_write.replacing(tmp_path):
            pytest.fail("the block ran")
    assert caught.value.filename == str(tmp_path)


def test_what_is_no_file_is_written_to_as_it_comes():
    script = (
        "from tftag.storage import atomic_write\n"
        "with atomic_write.replacing('/dev/stdout') as file:\n"
        "    file.write('rows')\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True
    )
    assert run.stdout == b"rows"
    assert os.path.islink("/dev/stdout")
