import functools
import http.server
import os

import cloud_storage
import faulty_server
import pytest

from tftag.storage.remote import address as addresses
from tftag.storage.remote import retries, transfers

CONTENT = bytes(range(256)) * 100
FILE = addresses.Address("s3://music/a b/x #1?.bin")
google = pytest.mark.filterwarnings(
    "ignore:You are using a Python version:FutureWarning"
)


@pytest.fixture
def here(tmp_path):
    path = tmp_path / "x.bin"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def stored(door, here):
    transfers.put_file(here, FILE)
    return door


def test_a_part_is_read_and_nothing_else(stored):
    assert transfers.read_range(FILE, 300, 7) == CONTENT[300:307]
    assert transfers.read_range(FILE, len(CONTENT) - 1, 1) == CONTENT[-1:]
    assert stored.body_bytes("bin") == 8


@pytest.mark.parametrize("fault", [500, 503, 429, "cut"])
def test_a_server_that_comes_back_gives_the_same_bytes(stored, tmp_path, fault):
    stored.fail(fault, 3)
    assert transfers.read_range(FILE, 300, 700) == CONTENT[300:1000]
    stored.fail(fault, 3)
    transfers.fetch_to_file(FILE, tmp_path / "y.bin")
    assert (tmp_path / "y.bin").read_bytes() == CONTENT
    assert len([r for r in stored.requests if r[0] == "GET"]) == 8


def test_a_server_that_stays_away_is_named(stored, tmp_path):
    for fault, words in ((503, "answers 503"), ("cut", "ClientPayloadError")):
        stored.fail(fault, 1_000)
        with pytest.raises(retries.RemoteError, match=words) as caught:
            transfers.read_range(FILE, 0, 10)
        assert str(FILE) in str(caught.value)
        with pytest.raises(retries.RemoteError, match="tried 7 times"):
            transfers.fetch_to_file(FILE, tmp_path / "y.bin")
        stored.mend()
    assert transfers.read_range(FILE, 0, 10) == CONTENT[:10]


def test_a_server_that_is_not_there_is_named(fresh, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(retries.RemoteError, match="Could not connect"):
        transfers.read_range(FILE, 0, 10)


def test_past_the_end_is_an_error_at_once(stored):
    size = len(CONTENT)
    with pytest.raises(retries.RemoteError, match="ends 5 bytes early"):
        transfers.read_range(FILE, size - 5, 10)
    with pytest.raises(retries.RemoteError, match="416"):
        transfers.read_range(FILE, size, 10)
    assert len(stored.requests) == 3


def test_what_is_not_there_is_missing(stored, tmp_path):
    for text in ("s3://music/no", "s3://nowhere/no"):
        with pytest.raises(retries.RemoteError, match="not there") as caught:
            transfers.fetch_to_file(addresses.Address(text), tmp_path / "y.bin")
        assert caught.value.is_missing


def test_many_threads_read_their_own_part(stored):
    parts = [None] * 200

    def read(i):
        parts[i] = transfers.read_range(FILE, i * 100, 100)

    stored.fail("cut", 8)
    stored.fail(503, 8)
    transfers.at_once(read, 200)
    assert b"".join(parts) == CONTENT[:20_000]


def test_the_first_error_of_many_is_raised(stored):
    def fail(i):
        raise KeyError(i)

    with pytest.raises(KeyError, match="0"):
        transfers.at_once(fail, 5)


def test_a_file_is_written_in_spite_of_faults_and_replaced(stored, here):
    stored.fail(503, 2, "PUT")
    here.write_bytes(b"other")
    transfers.put_file(here, FILE)
    assert transfers.read_range(FILE, 0, 5) == b"other"
    with pytest.raises(FileNotFoundError, match="gone"):
        transfers.put_file(here.parent / "gone", FILE)
    with pytest.raises(retries.RemoteError, match="s3://nowhere/x"):
        transfers.put_file(here, addresses.Address("s3://nowhere/x"))


def test_removing_twice_is_fine(stored):
    transfers.remove(FILE)
    transfers.remove(FILE)
    with pytest.raises(retries.RemoteError, match="not there"):
        transfers.read_range(FILE, 0, 1)


def test_a_local_file_that_cannot_be_written_is_not_retried(stored, tmp_path):
    with pytest.raises(FileNotFoundError):
        transfers.fetch_to_file(FILE, tmp_path / "no" / "y.bin")
    with pytest.raises(IsADirectoryError):
        transfers.fetch_to_file(FILE, tmp_path)
    assert len(stored.requests) == 1


def test_the_web(stored, tmp_path):
    """Plain http: https differs in the handshake alone."""
    transfers.put_file(
        tmp_path / "x.bin", addresses.Address("s3://music/x.bin")
    )
    file = addresses.Address(f"{stored.url}/music/x.bin?X-Amz-Signature=abc")
    for fault in (503, "cut"):
        stored.fail(fault, 2)
        assert transfers.read_range(file, 300, 10) == CONTENT[300:310]
        stored.fail(fault, 2)
        transfers.fetch_to_file(file, tmp_path / "y.bin")
        assert (tmp_path / "y.bin").read_bytes() == CONTENT
    stored.fail(503, 1_000)
    with pytest.raises(retries.RemoteError, match="answers 503") as caught:
        transfers.read_range(file, 0, 1)
    assert "abc" not in str(caught.value)


def test_a_web_server_that_sends_all_for_a_part_is_refused(
    no_waits, here, monkeypatch
):
    handler = functools.partial(
        http.server.SimpleHTTPRequestHandler, directory=os.fspath(here.parent)
    )
    monkeypatch.setattr(handler.func, "log_message", lambda *_: None)
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    with faulty_server.in_a_thread(made) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}/x.bin"
        with pytest.raises(retries.RemoteError, match="parts of files"):
            transfers.read_range(addresses.Address(url), 0, 10)


@google
def test_google_cloud_storage(fresh, here, tmp_path, monkeypatch):
    """Against an emulator of the calls that are made, not the real service."""
    file = addresses.Address("gs://music/a b/x.bin")
    with (
        cloud_storage.running() as storage,
        faulty_server.door_to(storage.server_address[1]) as door,
    ):
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", door.url)
        transfers.put_file(here, file)
        assert storage.files == {"a b/x.bin": CONTENT}
        door.sent_bytes.clear()
        assert transfers.read_range(file, 300, 7) == CONTENT[300:307]
        assert door.body_bytes("x.bin") == 7
        for fault in (503, "cut"):
            door.fail(fault, 1)
            transfers.fetch_to_file(file, tmp_path / "y.bin")
            assert (tmp_path / "y.bin").read_bytes() == CONTENT
        door.fail(403, 1)
        with pytest.raises(retries.RemoteError, match="Forbidden"):
            transfers.read_range(file, 0, 1)
        transfers.remove(file)
        transfers.remove(file)
        assert storage.files == {}
