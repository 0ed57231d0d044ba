"""Files of a bucket that are kept here: requests, room, and who leaves."""

import multiprocessing
import os
import shutil
from concurrent import futures

import pytest

from tftag.storage.remote import address as addresses
from tftag.storage.remote import fetched_files, retries, transfers

FOLDER = addresses.Address("s3://music/songs")
PLACE = FOLDER / "a.flac"


@pytest.fixture
def stored(kept_here, door, tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    for letter in "abcd":
        transfers.put_file(tmp_path / "a", FOLDER / f"{letter}.flac")
    door.sent_bytes.clear()
    return door


@pytest.fixture
def room(stored, monkeypatch):
    """Says for how many bytes there is room."""
    return lambda count: monkeypatch.setenv(
        fetched_files.LIMIT_VARIABLE, f"{count}e-9"
    )


def read(files, name="a", size=3, known_as="a"):
    with files.here(FOLDER / f"{name}.flac", size, known_as) as path:
        assert path.suffix == ".flac"
        return path, path.read_bytes()


def names(kept_here):
    return sorted(path.name for path in kept_here.iterdir())


def test_a_file_is_fetched_once_and_kept_for_later_runs(stored):
    for _ in range(2):
        files = fetched_files.FetchedFiles()
        kept, content = read(files)
        assert content == b"abc" and kept.exists()
    assert stored.body_bytes("a.flac") == 3
    kept.unlink()  # as a person may
    assert read(files) == (kept, b"abc")
    read(files, known_as="other audio")
    assert stored.body_bytes("a.flac") == 9


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["folder", "files"])
def test_it_may_be_deleted_while_a_file_is_fetched(
    stored, kept_here, monkeypatch, when, what
):
    fetch = transfers.fetch_to_file

    def delete():
        for path in kept_here.glob("[!.]*"):  # as `rm` does
            path.unlink()
        if what == "folder":
            shutil.rmtree(kept_here, ignore_errors=True)

    def fetched(place, path):
        if when == "before":
            delete()
        fetch(place, path)
        if when == "after":
            delete()

    files = fetched_files.FetchedFiles()
    with monkeypatch.context() as patched:
        patched.setattr(transfers, "fetch_to_file", fetched)
        assert read(files)[1] == b"abc"
    assert read(files)[1] == b"abc"
    assert len(names(kept_here)) == 2


def test_what_nobody_can_tell_from_another_version_is_not_kept(
    stored, kept_here
):
    files = fetched_files.FetchedFiles()
    for size, known_as in ((3, ""), (None, "a")):
        path, content = read(files, size=size, known_as=known_as)
        assert content == b"abc" and not path.exists()
    assert not kept_here.exists()


def test_what_finds_no_room_is_fetched_each_time_and_told_once(
    stored, room, kept_here
):
    room(4)
    for _ in range(2):
        told = []
        files = fetched_files.FetchedFiles(tell=told.append)
        kept, _ = read(files)
        stored.sent_bytes.clear()
        for _ in range(2):
            path, content = read(files, "b")
            assert content == b"abc" and not path.exists()
            assert read(files) == (kept, b"abc")
        assert stored.body_bytes("b.flac") == 6
        assert stored.body_bytes("a.flac") == 0
        assert "TFTAG_AUDIO_CACHE_GB=4e-09" in told[-1]
        assert "no more room" in told[-1] and len(told) <= 2
        assert names(kept_here) == [".lock", kept.name]
        told.clear()


def test_what_was_used_longest_ago_leaves_for_what_is_wanted_now(
    stored, room, kept_here
):
    room(6)
    first = fetched_files.FetchedFiles()
    a, b = read(first, "a")[0], read(first, "b")[0]
    read(first, "a")
    later = fetched_files.FetchedFiles()
    c = read(later, "c")[0]
    assert names(kept_here) == sorted([".lock", a.name, c.name])
    read(first, "a")  # by another process, which this one did not see
    d = read(later, "d")[0]
    assert not d.exists()  # neither a nor c: both were used since it began
    assert not b.exists() and a.exists() and c.exists()


def test_a_library_larger_than_the_room_keeps_what_came_first(stored, room):
    """Each file used once, in order: what is oldest is wanted next."""
    room(6)
    for _ in range(3):
        stored.sent_bytes.clear()
        files = fetched_files.FetchedFiles()
        for name in "abcd":
            read(files, name)
    assert [stored.body_bytes(f"{name}.flac") for name in "abcd"] == [
        *(0, 0, 3, 3)
    ]


def test_a_file_that_is_larger_than_all_room_pushes_nobody_out(
    stored, room, kept_here, tmp_path
):
    room(6)
    kept, _ = read(fetched_files.FetchedFiles())
    (tmp_path / "large").write_bytes(b"0123456789")
    transfers.put_file(tmp_path / "large", FOLDER / "l.flac")
    path, content = read(fetched_files.FetchedFiles(), "l", 10)
    assert len(content) == 10 and not path.exists() and kept.exists()


def test_without_any_room_nothing_is_written(stored, room, kept_here):
    room(0)
    assert not read(fetched_files.FetchedFiles())[0].exists()
    assert not kept_here.exists()


def test_a_file_that_is_read_does_not_leave(stored, room):
    room(3)
    first, later = fetched_files.FetchedFiles(), fetched_files.FetchedFiles()
    with first.here(PLACE, 3, "a") as kept:
        os.utime(kept, ns=(1, 1))
        assert not read(later, "b")[0].exists()
        assert kept.read_bytes() == b"abc"
    os.utime(kept, ns=(1, 1))
    assert read(fetched_files.FetchedFiles(), "b")[0].exists()
    assert not kept.exists()


def test_an_open_file_is_whole_even_if_it_is_removed(stored):
    files = fetched_files.FetchedFiles()
    assert files.opened(PLACE, 3, "a") is None
    kept, _ = read(files)
    with files.opened(PLACE, 3, "a") as file:
        kept.unlink()
        assert file.read() == b"abc"
    kept.write_bytes(b"ab")  # by whatever accident
    assert files.opened(PLACE, 3, "a") is None


def test_what_killed_processes_left_takes_no_room(stored, room, kept_here):
    room(4)
    kept_here.mkdir(parents=True)
    (kept_here / f"4-{'0' * 16}.promise").touch()
    (kept_here / f".tftag-{'0' * 16}.part").write_bytes(b"some")
    assert read(fetched_files.FetchedFiles())[0].exists()
    assert len(names(kept_here)) == 2


def test_what_is_no_file_of_the_cache_is_left_alone(stored, kept_here):
    kept_here.mkdir(parents=True)
    (kept_here / "listed").symlink_to(kept_here / "renamed")
    (kept_here / "folder").mkdir()
    assert read(fetched_files.FetchedFiles())[1] == b"abc"
    assert {"listed", "folder"} < set(names(kept_here))


def test_where_nothing_can_be_kept_files_are_fetched_all_the_same(
    stored, kept_here
):
    kept_here.parent.write_bytes(b"a file where the cache would be")
    told = []
    files = fetched_files.FetchedFiles(tell=told.append)
    for _ in range(2):
        assert read(files)[1] == b"abc"
    (text,) = told
    assert "cannot be kept" in text


def test_a_file_that_is_another_by_now_is_not_kept(stored, kept_here):
    files = fetched_files.FetchedFiles()
    with pytest.raises(retries.RemoteError, match="3 bytes where 4 were"):
        read(files, size=4)
    with pytest.raises(retries.RemoteError, match="not there"):
        read(files, "gone")
    assert names(kept_here) == [".lock"]
    assert read(files)[0].exists()


@pytest.mark.parametrize("text", ["much", "-1", "nan", "inf"])
def test_a_limit_that_is_none_is_refused(monkeypatch, text):
    monkeypatch.setenv(fetched_files.LIMIT_VARIABLE, text)
    with pytest.raises(ValueError, match=f"gigabytes.*Received: {text}"):
        fetched_files.FetchedFiles()


def _fetch_all(folder, most, number):
    """A process that reads what eight files would be, and looks for room."""
    fetched_files.transfers.fetch_to_file = _written
    files = fetched_files.FetchedFiles(folder, tell=lambda text: None)
    for turn in range(40):
        name = f"{(7 * turn + number) % 8}.flac"
        with files.here(FOLDER / name, 100, "a") as path:
            assert path.read_bytes() == name.encode() * 16 + b"0000"
        held = 100 * len(_whole(folder))  # the other may remove one meanwhile
        assert held <= most, held


def _written(place, path):
    with open(path, "wb") as file:
        file.write(place.name.encode() * 16 + b"0000")


def _whole(folder):
    return [path for path in folder.glob("*.flac") if path.exists()]


def test_two_processes_keep_one_limit_and_read_whole_files(
    room, kept_here, monkeypatch
):
    room(500)
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_fetch_all, args=(kept_here, 500, number))
        for number in range(2)
    ]
    for one in processes:
        one.start()
    for one in processes:
        one.join()
    assert [one.exitcode for one in processes] == [0, 0]
    assert len(_whole(kept_here)) == 5
    assert names(kept_here)[0] == ".lock" and len(names(kept_here)) == 6


def test_many_threads_keep_one_limit(room, kept_here, monkeypatch):
    room(500)
    monkeypatch.setattr(transfers, "fetch_to_file", _written)
    files = fetched_files.FetchedFiles()

    def fetch(number):
        for turn in range(20):
            place = FOLDER / f"{(turn + number) % 8}.flac"
            with files.here(place, 100, "a") as path:
                assert len(path.read_bytes()) == 100

    with futures.ThreadPoolExecutor(8) as threads:
        list(threads.map(fetch, range(8)))
    assert sum(path.stat().st_size for path in _whole(kept_here)) <= 500
    assert not list(kept_here.glob("*.promise"))
