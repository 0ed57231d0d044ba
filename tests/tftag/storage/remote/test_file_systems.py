import gc
import http.server
import subprocess
import sys
import weakref
from concurrent import futures

import faulty_server
import pytest

from tftag.storage.remote import address as addresses
from tftag.storage.remote import file_systems, transfers

S3 = addresses.Address("s3://music/x.bin")


def test_threads_share_one_file_system(no_waits):
    with futures.ThreadPoolExecutor(8) as threads:
        found = list(threads.map(file_systems.of, [S3] * 8))
    assert len(set(map(id, found))) == 1
    web = file_systems.of(addresses.Address("https://h/x"))
    assert web is file_systems.of(addresses.Address("http://other/y"))
    assert web is not found[0]


def test_connections_end_when_they_are_closed(door):
    opened = weakref.ref(file_systems.of(S3))
    opened().ls("music")
    file_systems.close()
    gc.collect()
    assert opened() is None
    assert file_systems.of(S3).ls("music") == []


@pytest.mark.parametrize(
    ("address", "package"),
    [
        ("s3://b/x", "s3fs"),
        ("gs://b/x", "gcsfs"),
        ("https://h/x", "aiohttp"),
        ("s3://b/x", "fsspec"),
    ],
)
def test_a_missing_package_is_named_with_the_way_to_it(
    fresh, monkeypatch, address, package
):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ValueError, match=r"pip install 'tftag\[remote\]'") as e:
        transfers.read_range(addresses.Address(address), 0, 1)
    assert package in str(e.value)


def test_a_process_ends_without_a_word(door, tmp_path):
    """No connection is left to the collector, and no thread in the way."""
    (tmp_path / "x.bin").write_bytes(b"0123456789")
    transfers.put_file(tmp_path / "x.bin", S3)
    program = (
        "from tftag.storage.remote import address, transfers\n"
        "file = address.Address('s3://music/x.bin')\n"
        "parts = [None] * 8\n"
        "def read(i): parts[i] = transfers.read_range(file, i, 2)\n"
        "transfers.at_once(read, 8)\n"
        "print(parts[7])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("b'78'\n", "")
    assert done.returncode == 0


@pytest.mark.parametrize(
    "address", ["http://music.invalid/x.bin", "gs://music/x.bin", "s3://m/x"]
)
def test_a_proxy_of_the_environment_is_asked(fresh, monkeypatch, address):
    asked = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    with faulty_server.in_a_thread(made) as server:
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://google.invalid")
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://amazon.invalid")
        with pytest.raises(OSError):
            transfers.read_range(addresses.Address(address), 0, 1)
    assert asked and all(".invalid/" in path for path in asked)
