"""An index in a bucket: the copy answers as it does, and is fetched once."""

import drawn_index
import pytest

from tftag.search import library_index
from tftag.search.index import contents, remote_index
from tftag.storage.remote import address as addresses
from tftag.storage.remote import transfers

INDEX = addresses.Address("s3://music/my.index")
ROWS = 40


@pytest.fixture
def made(door, tmp_path):
    folder = tmp_path / "my.index"
    rows = drawn_index.vectors(ROWS)
    drawn_index.write(folder, range(30), rows, at_once=20)
    put(folder)
    door.sent_bytes.clear()
    return folder, rows


def put(folder):
    for path in folder.iterdir():
        if path.name != ".lock":
            transfers.put_file(path, INDEX / path.name)


def names(folder):
    index = library_index.LibraryIndex.open(folder)
    return [one.name for one in index.each_recording()]


def test_a_copy_is_the_index(made, tmp_path):
    folder, rows = made
    copy = remote_index.copied(INDEX, tmp_path / "cache")
    assert copy.parent == tmp_path / "cache"
    index, other = map(library_index.LibraryIndex.open, (folder, copy))
    found, same = (one.similar([rows[3]], top=5) for one in (index, other))
    assert [hit.key for hit in found] == [hit.key for hit in same]
    assert {path.name for path in copy.iterdir()} == {
        path.name for path in folder.iterdir() if path.name != ".lock"
    }


def test_only_what_is_new_is_fetched_again(made, door, tmp_path):
    folder, rows = made
    copy = remote_index.copied(INDEX, tmp_path / "cache")
    first = names(copy)
    door.sent_bytes.clear()
    assert remote_index.copied(INDEX, tmp_path / "cache") == copy
    assert door.body_bytes(contents.FILE_NAME)
    assert not door.body_bytes(".segment")

    drawn_index.write(folder, range(30, 33), rows)
    put(folder)
    door.sent_bytes.clear()
    remote_index.copied(INDEX, tmp_path / "cache")
    assert names(copy) == names(folder) != first
    held = contents.read(copy).parts
    assert {part.name for part in held} == {
        path.name for path in copy.glob("*.segment")
    }


def test_a_damaged_copy_is_fetched_again_and_a_damaged_index_named(
    made, tmp_path
):
    copy = remote_index.copied(INDEX, tmp_path / "cache")
    expected = names(copy)
    path = next(copy.glob("*.segment"))
    path.write_bytes(b"\0" * path.stat().st_size)
    remote_index.copied(INDEX, tmp_path / "cache")
    assert names(copy) == expected

    path.write_bytes(b"\0" * path.stat().st_size)
    transfers.put_file(path, INDEX / path.name)
    with pytest.raises(ValueError, match="s3://music/my.index .*is another"):
        remote_index.copied(INDEX, tmp_path / "cache")
    assert not list(copy.glob("*.fetched"))


def test_what_is_no_index_is_named_with_the_way_out(made, tmp_path):
    nowhere = addresses.Address("s3://music/songs")
    with pytest.raises(FileNotFoundError, match="tftag index s3://music/songs"):
        remote_index.copied(nowhere, tmp_path / "cache")
    secret = addresses.Address("s3://KEY:SECRET@music/my.index")
    with pytest.raises(ValueError, match="no password") as raised:
        remote_index.copied(secret, tmp_path / "cache")
    assert "SECRET" not in str(raised.value)
    assert not (tmp_path / "cache").exists()
