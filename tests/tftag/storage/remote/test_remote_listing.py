import itertools
import os

import cloud_storage
import pytest
from moto.s3.models import s3_backends

from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing, retries, transfers

FOLDER = addresses.Address("s3://music/data")
google = pytest.mark.filterwarnings(
    "ignore:You are using a Python version:FutureWarning"
)


@pytest.fixture
def stored(door, tmp_path):
    """Files of 1, 2, 3 ... bytes."""
    names = ["a.wav", "b.wav", "wav/c d.wav", "wav/e.wav", "wav/x/f.wav"]
    for size, name in enumerate(names, start=1):
        (tmp_path / "file").write_bytes(b"." * size)
        transfers.put_file(tmp_path / "file", FOLDER / name)
    door.requests.clear()
    return door


def sizes(found):
    return {str(file): facts.file_bytes for file, facts in found.items()}


def test_all_files_below_are_listed_with_size_and_version(stored):
    found = remote_listing.list_files(FOLDER)
    assert sizes(found) == {
        "s3://music/data/a.wav": 1,
        "s3://music/data/b.wav": 2,
        "s3://music/data/wav/c d.wav": 3,
        "s3://music/data/wav/e.wav": 4,
        "s3://music/data/wav/x/f.wav": 5,
    }
    versions = {facts.version for facts in found.values()}
    assert len(versions) == 5 and "" not in versions
    assert len(stored.requests) == 1


def test_a_folder_that_is_not_there_has_nothing(stored):
    nowhere = addresses.Address("s3://music/nowhere")
    assert remote_listing.list_files(nowhere) == {}
    assert remote_listing.list_folders(nowhere) == []
    assert remote_listing.list_folders(FOLDER) == ["wav"]


def test_a_folder_is_no_file(stored):
    """Asked for alone, or found in a listing with others."""
    others = [FOLDER / f"{name}.wav" for name in "abcd"]
    for files in ([FOLDER / "wav"], [FOLDER / "wav", *others]):
        assert remote_listing.look_up(files)[files[0]].is_missing
    assert remote_listing.sizes(FOLDER, ["wav", "a.wav"]) == [None, 1]


def test_a_change_is_seen_at_once(stored, tmp_path):
    file = FOLDER / "a.wav"
    before = remote_listing.look_up([file])[file]
    (tmp_path / "file").write_bytes(b",")
    transfers.put_file(tmp_path / "file", file)
    after = remote_listing.look_up([file])[file]
    assert before.file_bytes == after.file_bytes == 1
    assert before.version != after.version
    transfers.remove(file)
    assert remote_listing.look_up([file])[file].is_missing


def test_many_files_of_a_folder_take_one_request(stored):
    files = [FOLDER / f"wav/{name}.wav" for name in ("c d", "e", 1, 2, 3, 4)]
    found = remote_listing.look_up(files)
    assert len(stored.requests) == 1
    assert found[files[0]].file_bytes == 3
    assert all(found[file].is_missing for file in files[2:])
    alone = remote_listing.look_up(files[:1])
    assert alone[files[0]] == found[files[0]]


def test_where_listing_is_not_allowed_each_file_is_asked_for(stored):
    files = [FOLDER / f"wav/{name}.wav" for name in ("c d", "e", 1, 2, 3, 4)]
    expected = remote_listing.look_up(files)
    stored.fail(403, 1_000, path="list-type=2")
    found = remote_listing.look_up(files)
    for file in files[:2]:
        assert found[file] == expected[file]
    for file in files[2:]:
        assert isinstance(found[file], retries.RemoteError)
    with pytest.raises(retries.RemoteError, match="403"):
        remote_listing.list_files(FOLDER / "wav")


def test_faults_pass_and_what_stays_is_told(stored):
    file = FOLDER / "a.wav"
    stored.fail(503, 2, "HEAD")
    assert remote_listing.look_up([file])[file].file_bytes == 1
    stored.fail("cut", 2)
    assert len(remote_listing.list_files(FOLDER)) == 5
    stored.fail(503, 1_000, "HEAD")
    found = remote_listing.look_up([file])[file]
    assert isinstance(found, retries.RemoteError) and not found.is_missing


def test_files_of_the_web_are_asked_for_one_by_one(stored):
    good, gone = (
        addresses.Address(f"{stored.url}/music/data/{name}?X-Amz-Signature=1")
        for name in ("b.wav", "gone.wav")
    )
    found = remote_listing.look_up([good, gone])
    assert found[good].file_bytes == 2 and found[good].version
    assert found[gone].is_missing


def test_sizes_here_and_there_are_told_alike(stored, tmp_path):
    os.makedirs(tmp_path / "wav")
    (tmp_path / "a.wav").write_bytes(b".")
    (tmp_path / "wav" / "e.wav").write_bytes(b"....")
    names = ["wav/e.wav", "gone.wav", "a.wav"]
    for folder in (tmp_path, FOLDER):
        assert remote_listing.sizes(folder, names) == [4, None, 1]
    # Nor is there anything in a folder that is a file by now.
    assert remote_listing.sizes(tmp_path, ["a.wav/e.wav"]) == [None]
    stored.fail(503, 1_000, "HEAD")
    with pytest.raises(retries.RemoteError, match="503"):
        remote_listing.sizes(FOLDER, names)


def test_a_version_has_a_mark_that_is_the_same_wherever_it_was_noted():
    listed = remote_listing.RemoteFile(3, "etag")
    noted = remote_listing.NotedFile(
        f"{FOLDER}/a.wav", 3, listed.version_number
    )
    mark = remote_listing.version_mark
    assert mark(listed) == mark(noted) != ""
    assert mark(listed) != mark(remote_listing.RemoteFile(3, "other"))
    unknown = remote_listing.RemoteFile(3, "")
    assert mark(unknown) == ""
    assert repr(noted) == f"Address('{FOLDER}/a.wav')"


def test_a_large_folder_is_listed_in_pages(door):
    """Of 1,000 files each, and none of them is asked for."""
    (backend,) = s3_backends["123456789012"].values()
    for number in range(1_234):
        backend.put_object("music", f"many/{number:04d}.mp3", b"")
    found = list(remote_listing.walk(FOLDER.parent / "many"))
    assert [file.name for file in found] == [
        f"{number:04d}.mp3" for number in range(1_234)
    ]
    assert len(door.requests) == 2
    assert all("list-type=2" in path for _, path in door.requests)


def test_a_folder_without_a_name_is_named_and_passed_over(door, caplog):
    """A key may hold `//`: the folder between them lists the one around it."""
    (backend,) = s3_backends["123456789012"].values()
    for name in ("odd/a.mp3", "odd//b.mp3", "odd//c/d.mp3", "odd/e/f.mp3"):
        backend.put_object("music", name, b"")
    folder = FOLDER.parent / "odd"
    found = itertools.islice(remote_listing.walk(folder), 9)
    assert [str(file) for file in found] == [
        "s3://music/odd/a.mp3",
        "s3://music/odd/e/f.mp3",
    ]
    assert "s3://music/odd//" in caplog.text
    assert remote_listing.list_folders(folder) == ["e"]


MADE_BY_A_CONSOLE = ("made/", "made/a.mp3", "made/e/", "made/e/f.mp3")


def _says_what_is_in_made(folder, caplog):
    found = itertools.islice(remote_listing.walk(folder), 9)
    names = [f"{folder}/a.mp3", f"{folder}/e/f.mp3"]
    assert [str(file) for file in found] == names
    assert [str(file) for file in remote_listing.list_files(folder)] == names
    assert remote_listing.list_folders(folder) == ["e"]
    assert "Passed over" not in caplog.text


def test_what_stands_for_a_folder_is_no_file_and_not_in_itself(door, caplog):
    """A key that ends with a slash."""
    (backend,) = s3_backends["123456789012"].values()
    for name in MADE_BY_A_CONSOLE:
        backend.put_object("music", name, b"")
    _says_what_is_in_made(FOLDER.parent / "made", caplog)


@google
def test_google_s_listing_of_a_folder_has_the_folder(
    fresh, monkeypatch, caplog
):
    with cloud_storage.running() as storage:
        address = f"http://127.0.0.1:{storage.server_address[1]}"
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
        for name in MADE_BY_A_CONSOLE:
            storage.files[name] = b""
        _says_what_is_in_made(addresses.Address("gs://music/made"), caplog)


def test_files_behind_two_slashes_are_asked_for_one_by_one(door):
    (backend,) = s3_backends["123456789012"].values()
    files = [
        addresses.Address(f"{FOLDER}//{number}.mp3") for number in range(5)
    ]
    for number in range(4):
        backend.put_object("music", f"data//{number}.mp3", b"." * number)
    found = remote_listing.look_up(files)
    assert [found[file].file_bytes for file in files[:4]] == [0, 1, 2, 3]
    assert found[files[4]].is_missing
