import pytest
from moto.s3.models import s3_backends

from tftag import audio
from tftag.storage.remote import address as addresses
from tftag.storage.remote import local_copy, retries, transfers

FOLDER = addresses.Address("s3://music/data")


@pytest.fixture
def stored(door, tmp_path):
    for name in ("a b.csv", "two"):
        (tmp_path / name).write_text(name)
        transfers.put_file(tmp_path / name, FOLDER / name)
    return door


def test_a_copy_has_the_name_and_the_bytes_and_is_gone_after(stored):
    with local_copy.file_copy(FOLDER / "a b.csv") as path:
        assert (path.name, path.read_text()) == ("a b.csv", "a b.csv")
    assert not path.exists() and not path.parent.exists()


@pytest.mark.parametrize("name", ["long " * 99 + ".mp3", "音" * 120 + ".mp3"])
def test_a_name_may_be_longer_than_a_file_of_this_machine_has(door, name):
    (backend,) = s3_backends["123456789012"].values()
    backend.put_object("music", f"data//{name}", b"abc")
    place = addresses.Address(f"{FOLDER}//{name}")
    with local_copy.file_copy(place) as path:
        assert path.read_bytes() == b"abc" and path.suffix == ".mp3"


def test_a_local_file_is_itself(tmp_path):
    with local_copy.file_copy(tmp_path / "x") as path:
        assert path == tmp_path / "x"
    with local_copy.folder_copy(tmp_path, ["x"]) as path:
        assert path == tmp_path


def test_a_folder_has_the_files_that_are_there(stored):
    with local_copy.folder_copy(FOLDER, ["two", "gone"]) as path:
        assert [each.name for each in path.iterdir()] == ["two"]
    assert not path.exists()


@pytest.mark.parametrize("kind", [ValueError, FileNotFoundError])
def test_errors_name_the_address(stored, kind):
    with pytest.raises(kind, match="^s3://music/data/two, line 3$"):
        with local_copy.file_copy(FOLDER / "two") as path:
            raise kind(f"{path}, line 3")
    with pytest.raises(kind, match="^s3://music/data/two is$"):
        with local_copy.folder_copy(FOLDER, ["two"]) as path:
            raise kind(f"{path / 'two'} is")


def _undecoded(path):
    b"\xff".decode()


def _unusable(path):
    raise audio.UnusableAudio("silent", f"{path}: There is only silence.")


def _no_folder(path):
    open(path / "none")


@pytest.mark.parametrize("fails", [_undecoded, _unusable, _no_folder])
def test_an_error_stays_of_its_kind(stored, tmp_path, fails):
    with pytest.raises((ValueError, OSError)) as expected:
        fails(tmp_path / "two")
    with pytest.raises(type(expected.value)) as found:
        with local_copy.file_copy(FOLDER / "two") as path:
            fails(path)
    said = str(expected.value).replace(str(tmp_path), str(FOLDER))
    assert str(found.value) == said


def test_what_cannot_be_read_is_an_error(stored):
    with pytest.raises(FileNotFoundError, match="s3://music/data/gone: it is"):
        with local_copy.file_copy(FOLDER / "gone"):
            pass
    stored.fail(503, 1_000)
    for copy in (
        local_copy.file_copy(FOLDER / "two"),
        local_copy.folder_copy(FOLDER, ["two"]),
    ):
        with pytest.raises(retries.RemoteError, match="503"), copy:
            pass


def test_a_folder_with_a_password_is_refused(no_waits):
    folder = addresses.Address("https://me:pass@host/data")
    with pytest.raises(ValueError, match="no password"):
        with local_copy.folder_copy(folder, ["x"]):
            pass
