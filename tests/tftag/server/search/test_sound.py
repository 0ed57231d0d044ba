"""Recordings of a bucket that a service plays: parts, faults, others."""

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import logging
import pathlib
import time
import types

import drawn_index
import fsspec.asyn
import httpx
import pytest
import running_service
import soundfile
import tiny_tagger
import waiting

from tftag.search.index import recordings, writer
from tftag.server.admission import refusals
from tftag.server.models import served_models
from tftag.server.search import served_index, sound
from tftag.storage.remote import address as addresses
from tftag.storage.remote import (
    fetched_files,
    file_systems,
    remote_listing,
    retries,
    transfers,
)

FOLDER = addresses.Address("s3://music/songs")
NAMES = ("a.wav", "b/c d.flac")
STORE_SECONDS = 300.0


@pytest.fixture(scope="module")
def bucket(module_door):
    """Its door, and what reads it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", module_door.url)
        patch.setenv("AWS_ACCESS_KEY_ID", "somebody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-key")
        patch.setenv(fetched_files.LIMIT_VARIABLE, "0")
        patch.setattr(retries, "FIRST_WAIT_SECONDS", 0.0)
        file_systems.close()
        yield module_door
        module_door.mend()
        file_systems.close()


@pytest.fixture(scope="module")
def songs(bucket, tmp_path_factory):
    """What lies in the bucket, as files."""
    folder = tmp_path_factory.mktemp("songs")
    for seed, name in enumerate(NAMES):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        samples = tiny_tagger.music(tiny_tagger.CLIP * 2, seed) / 8
        soundfile.write(path, samples, tiny_tagger.SPEC.sample_rate_hz)
        transfers.put_file(path, FOLDER / name)
    return folder


@pytest.fixture(scope="module")
def service(songs, tmp_path_factory):
    """A service whose index names them; no model runs for it."""
    index = tmp_path_factory.mktemp("index") / "my.index"
    vectors = drawn_index.vectors(len(NAMES))
    found = []
    for (_, facts), name, vector in zip(
        sorted(remote_listing.list_files(FOLDER).items()),
        *(NAMES, vectors),
        strict=True,
    ):
        known = facts.file_bytes, facts.version_number
        one = recordings.Recording(name, 0, *known)
        found.append((one, vector))
    begun = drawn_index.begun(roots=(str(FOLDER),))
    with writer.opened(index, begun) as opened:
        opened.change(found)
    limits = dataclasses.replace(
        running_service.LIMITS, store_seconds=STORE_SECONDS
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            served_models, "ServedModels", lambda *_: drawn_index.models()
        )
        with running_service.running([], index=index, limits=limits) as running:
            running.keys = {
                one.name: served_index.name_of(one.key) for one, _ in found
            }
            yield running


@pytest.fixture
def door(bucket, service):
    """The door, which lets everything pass and has counted nothing."""
    bucket.mend()
    bucket.sent_bytes.clear()
    bucket.requests.clear()
    yield bucket
    bucket.mend()


@pytest.fixture
def audio(service, door):
    """Where each recording plays, by its name."""
    return {name: f"/audio/{key}" for name, key in service.keys.items()}


@pytest.fixture
def get(service, audio):
    """Asks for the first recording, or its part."""

    def ask(part=None, name=NAMES[0], **headers):
        if part:
            headers["range"] = part
        return service.client.get(audio[name], headers=headers)

    return ask


def test_a_recording_is_sent_whole_and_in_parts(get, songs):
    data = (songs / NAMES[0]).read_bytes()
    size = len(data)
    whole = get()
    assert whole.status_code == 200 and whole.content == data
    assert whole.headers["content-type"] == "audio/wav"
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-length"] == str(size)
    assert get(name=NAMES[1]).headers["content-type"] == "audio/flac"
    for part, first, end in (
        ("bytes=0-", 0, size),
        ("BYTES = 10-19", 10, 20),
        ("bytes=0-0", 0, 1),
        (f"bytes={size - 3}-{size + 99}", size - 3, size),
        ("bytes=-7", size - 7, size),
        (f"bytes=-{size + 1}", 0, size),
    ):
        answer = get(part)
        assert answer.status_code == 206 and answer.content == data[first:end]
        said = f"bytes {first}-{end - 1}/{size}"
        assert answer.headers["content-range"] == said
    # One that knows another version of it gets all of this one.
    tag = whole.headers["etag"]
    assert get("bytes=0-1", **{"if-range": tag}).status_code == 206
    assert get("bytes=0-1", **{"if-range": '"another"'}).content == data


def test_every_status_is_described(service):
    described = service.client.get("/openapi.json").json()
    said = described["paths"]["/audio/{recording}"]["get"]["responses"]
    assert {"200", "206", "416", "502", "504", "default"} <= set(said)


def test_no_more_is_fetched_than_is_asked_for(get, door):
    get("bytes=100-199")
    assert [method for method, _ in door.requests] == ["HEAD", "GET"]
    assert door.body_bytes("a.wav") == 100


def test_a_large_file_is_fetched_in_blocks(get, door, songs, monkeypatch):
    data = (songs / NAMES[0]).read_bytes()
    monkeypatch.setattr(sound, "_BLOCK_BYTES", 1_000)
    assert get().content == data
    fetched = [n for method, _, n in door.sent_bytes if method == "GET"]
    assert sum(fetched) == len(data) and max(fetched) == 1_000


def test_who_goes_away_is_fetched_nothing_more(
    service, audio, door, songs, monkeypatch
):
    monkeypatch.setattr(sound, "_BLOCK_BYTES", 100)
    door.fail(0.05, 1_000, "GET", "a.wav")
    with service.client.stream("GET", audio[NAMES[0]]) as answer:
        next(answer.iter_raw())
    time.sleep(0.3)
    fetched = len(door.requests)
    time.sleep(0.5)
    assert len(door.requests) == fetched
    assert fetched < (songs / NAMES[0]).stat().st_size / 100


def test_a_part_beyond_the_end_is_refused(get, songs):
    size = (songs / NAMES[0]).stat().st_size
    for part in (f"bytes={size}-", "bytes=999999999-", "bytes=-0"):
        answer = get(part)
        assert answer.status_code == 416
        assert answer.headers["content-range"] == f"bytes */{size}"
        assert f"{size} bytes" in running_service.error_of(answer)


@pytest.mark.parametrize(
    "header",
    ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "items=0-1"]
    + ["bytes=0-1,4-5", "bytes=1-2-3", f"bytes={10**30}-", "bytes=\u00b2-"],
)
def test_what_asks_for_no_part_gets_all(header):
    assert sound.asked_part(header, 100) is None


def test_nothing_is_in_an_empty_file():
    assert sound.asked_part("", 0) is None
    with pytest.raises(refusals.Refused):
        sound.asked_part("bytes=0-", 0)


def test_what_is_not_as_it_was_indexed_is_not_sent(get, door, songs, tmp_path):
    place = FOLDER / NAMES[0]
    data = (songs / NAMES[0]).read_bytes()
    (tmp_path / "other").write_bytes(b"\0" * len(data))
    try:
        for change in (
            lambda: transfers.put_file(tmp_path / "other", place),
            lambda: transfers.remove(place),
        ):
            change()
            answer = get("bytes=0-9")
            assert answer.status_code == 404
            assert "changed" in running_service.error_of(answer)
    finally:
        transfers.put_file(songs / NAMES[0], place)
    assert get("bytes=0-9").content == data[:10]


@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize("status", [403, 500, 503])
def test_a_store_that_fails_is_told_without_what_it_said(
    get, door, method, status, caplog
):
    door.fail(status, 99, method, "a.wav")
    with caplog.at_level(logging.WARNING):
        answer = get("bytes=0-9")
    assert answer.status_code == 502
    assert answer.headers["retry-after"] == "10"
    text = running_service.error_of(answer)
    assert "store" in text
    for secret in ("music", "songs", "somebody", "secret", "127.0.0.1"):
        assert secret not in text
    (said,) = [r.getMessage() for r in caplog.records if "s3" in r.getMessage()]
    assert str(status) in said or "Forbidden" in said
    assert "a-secret-key" not in caplog.text
    assert get(name=NAMES[1]).status_code == 200


def test_a_fault_that_passes_is_heard_by_nobody(get, door, songs):
    door.fail(503, 2, "HEAD", "a.wav")
    door.fail(503, 2, "GET", "a.wav")
    assert get().content == (songs / NAMES[0]).read_bytes()


def test_a_store_that_fails_midway_ends_that_answer(
    get, door, service, monkeypatch, songs
):
    data = (songs / NAMES[0]).read_bytes()
    monkeypatch.setattr(sound, "_BLOCK_BYTES", len(data) // 2 + 1)
    ranges = []
    awaited = sound.awaited.read_range

    async def once(place, first, count):
        ranges.append(first)
        if first:
            raise retries.RemoteError(place, "the server answers 503")
        return await awaited(place, first, count)

    monkeypatch.setattr(sound.awaited, "read_range", once)
    with pytest.raises(httpx.RemoteProtocolError):
        get()
    assert len(ranges) == 2
    monkeypatch.undo()
    assert get().content == data


def test_a_store_that_stalls_costs_its_own_requests_alone(
    service, audio, door, songs
):
    """More of them than there are threads to wait in."""
    door.fail(600.0, 99, "HEAD", "a.wav")
    address = f"http://127.0.0.1:{service.port}"

    def play(_):
        return httpx.get(address + audio[NAMES[0]], timeout=200)

    with concurrent.futures.ThreadPoolExecutor(20) as threads:
        playing = [threads.submit(play, number) for number in range(20)]
        waiting.until(lambda: len(door.requests) >= 20)
        for path in (
            f"/similar?like={service.keys[NAMES[0]]}",
            *("/healthz", audio[NAMES[1]]),
        ):
            assert service.client.get(path).status_code == 200
        assert not any(one.done() for one in playing)
        door.mend()
        data = (songs / NAMES[0]).read_bytes()
        assert all(one.result().content == data for one in playing)


def sent(file, known, send, **settings):
    """Has a part of a recording sent."""
    answer = sound.Sound(
        *(file, known, "audio/wav", None),
        **{"store_seconds": 60.0, **settings},
    )
    scope = {"type": "http", "headers": [(b"range", b"bytes=3-4")]}
    asyncio.run(answer(scope, None, send))


def test_a_store_that_takes_too_long_is_not_waited_for(monkeypatch):
    ended = []

    async def stalled(*_):
        try:
            await asyncio.sleep(600)
        finally:
            ended.append(True)

    files = types.SimpleNamespace(_info=stalled, loop=fsspec.asyn.get_loop())
    monkeypatch.setattr(file_systems, "of", lambda address: files)
    known = recordings.Recording("a.wav", 0, 10, 0)
    with pytest.raises(refusals.Refused, match=r"more than 0.2 sec") as caught:
        sent(FOLDER / "a.wav", known, None, store_seconds=0.2)
    assert caught.value.status == 504
    waiting.until(lambda: ended)  # there as well, in its own thread


def test_a_store_that_is_gone_is_told(get, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        file_systems.close()
        answer = get()
    file_systems.close()
    assert answer.status_code in (502, 504)
    running_service.error_of(answer)
    assert get().status_code == 200


def test_what_is_kept_here_is_not_fetched(get, door, songs, monkeypatch):
    """It is asked for all the same: it may have gone, or changed."""
    data = (songs / NAMES[0]).read_bytes()
    opened = []

    def kept(self, place, file_bytes, known_as):
        opened.append((str(place), file_bytes, known_as))
        return open(songs / NAMES[0], "rb", buffering=0)

    monkeypatch.setattr(fetched_files.FetchedFiles, "opened", kept)
    assert get("bytes=5-").content == data[5:]
    assert [method for method, _ in door.requests] == ["HEAD"]
    ((place, size, version),) = opened
    assert (place, size) == (f"{FOLDER}/{NAMES[0]}", len(data)) and version


def test_a_file_of_this_machine_is_closed_when_it_was_sent(tmp_path):
    """And where the answer ends before that."""
    path = pathlib.Path(tmp_path, "a.wav")
    path.write_bytes(b"0123456789")
    known = recordings.Recording("a.wav", 0, 10, 0)
    messages = []

    async def send(message):
        messages.append(message)

    async def failing(message):
        raise OSError("the client is gone")

    for give in (send, failing):
        file = open(path, "rb", buffering=0)
        with contextlib.suppress(OSError):
            sent(file, known, give)
        assert file.closed
    assert [one["type"] for one in messages] == [
        "http.response.start",
        *["http.response.body"] * 2,
    ]
    assert b"".join(one.get("body", b"") for one in messages) == b"34"
