"""Remote files for an event loop: the same bytes, and it goes on meanwhile."""

import asyncio
import time

import pytest

from tftag.storage.remote import address as addresses
from tftag.storage.remote import awaited, remote_listing, retries, transfers

PLACE = addresses.Address("s3://music/songs/a.wav")
CONTENT = bytes(range(256)) * 4


@pytest.fixture
def stored(door, tmp_path):
    (tmp_path / "a").write_bytes(CONTENT)
    transfers.put_file(tmp_path / "a", PLACE)
    door.requests.clear()
    return door


def test_a_part_and_the_facts_are_those_that_threads_get(stored):
    part = asyncio.run(awaited.read_range(PLACE, 100, 50))
    assert part == transfers.read_range(PLACE, 100, 50) == CONTENT[100:150]
    (listed,) = remote_listing.list_files(PLACE.parent).values()
    assert asyncio.run(awaited.look_up(PLACE)) == listed
    assert listed.file_bytes == len(CONTENT)


@pytest.mark.parametrize("fault", [503, 429, "cut"])
def test_what_passes_is_tried_again(stored, fault):
    stored.fail(fault, 2, "GET", "a.wav")
    assert asyncio.run(awaited.read_range(PLACE, 0, 9)) == CONTENT[:9]


def test_who_waits_is_told_sooner_than_who_has_time(stored):
    stored.fail(503, 99, "GET", "a.wav")
    with pytest.raises(retries.RemoteError, match="503.*tried 4 times"):
        asyncio.run(awaited.read_range(PLACE, 0, 9))
    assert len(stored.requests) == 4 < retries.ATTEMPTS


def test_what_lasts_is_told_at_once(stored):
    with pytest.raises(retries.RemoteError, match="not there") as caught:
        asyncio.run(awaited.look_up(PLACE.parent / "no.wav"))
    assert caught.value.is_missing
    with pytest.raises(retries.RemoteError, match="ends 1 byte early"):
        asyncio.run(awaited.read_range(PLACE, 1, len(CONTENT)))
    secret = addresses.Address("s3://KEY:hunter2@music/a.wav")
    with pytest.raises(retries.RemoteError, match="by variables") as caught:
        asyncio.run(awaited.look_up(secret))
    assert "hunter2" not in str(caught.value)


def test_the_loop_goes_on_and_need_not_wait_to_the_end(stored):
    stored.fail(600.0, 1, "GET", "a.wav")
    turns = []

    async def impatient():
        reading = asyncio.create_task(awaited.read_range(PLACE, 0, 9))
        while not stored.requests:
            await asyncio.sleep(0.01)
            turns.append(reading.done())
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    began = time.monotonic()
    asyncio.run(impatient())
    assert turns and not any(turns) and time.monotonic() - began < 300
    stored.mend()
    assert asyncio.run(awaited.read_range(PLACE, 0, 9)) == CONTENT[:9]
