"""A gate around an application of a test's own: faults, files that play."""

import asyncio
import errno
import logging

import fastapi
import pytest
import tensorflow as tf
from starlette import responses

from tftag.server import metrics, service
from tftag.server.admission import gate, limits

FAULTS = {
    "internal": tf.errors.InternalError(None, None, "a secret"),
    "lost": tf.errors.DataLossError(None, None, "a secret"),
    "unknown": tf.errors.UnknownError(None, None, "a secret"),
    "disk": OSError(errno.ETIMEDOUT, "a secret", "/a/secret"),
    "lookup": LookupError("a secret"),
}
ANSWERED = {
    "late": (TimeoutError("Decoding took too long."), 504),
    "wrong": (tf.errors.InvalidArgumentError(None, None, "wrong"), 400),
}


@pytest.fixture
def app(tmp_path):
    file = tmp_path / "a.wav"
    file.write_bytes(bytes(1 << 20))
    made = fastapi.FastAPI()
    service._answer_errors(made)

    @made.get("/audio/{recording}")
    async def audio(recording: str) -> responses.FileResponse:
        return responses.FileResponse(file)

    @made.get("/fault/{name}")
    async def fault(name: str) -> None:
        raise FAULTS[name] if name in FAULTS else ANSWERED[name][0]

    @made.get("/search")
    async def search() -> str:
        return "found"

    @made.post("/v1/models/a:predict")
    @made.post("/tag")
    async def tag(request: fastapi.Request) -> int:
        return len(await request.body())

    @made.get("/page/{name}")
    async def page(name: str) -> responses.FileResponse:
        return responses.FileResponse(file)

    return made


def guarded(app, **changes):
    return gate.Gate(
        app, limits.Limits(**changes), metrics.Metrics(), None, None
    )


class Client:
    """Asks; takes what is sent, or stands still after the header."""

    def __init__(self, guard, path, body=None, stands_still=False):
        self.sent, self.body = [], body
        self.go = asyncio.Event()
        if not stands_still:
            self.go.set()
        self.begun = asyncio.Event()
        scope = {
            "type": "http",
            "method": "GET" if body is None else "POST",
            "path": path,
            "query_string": b"",
            "headers": [],
            "http_version": "1.1",
            "scheme": "http",
            "root_path": "",
        }
        self._messages = [{"type": "http.request", "body": body or b""}]
        self.task = asyncio.ensure_future(
            guard(scope, self._receive, self._send)
        )

    async def _receive(self):
        if self._messages:
            return self._messages.pop()
        await asyncio.Event().wait()

    async def _send(self, message):
        self.sent.append(message)
        self.begun.set()
        if "body" in message:
            await self.go.wait()

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def bytes(self):
        return b"".join(one.get("body", b"") for one in self.sent)


async def answer(*arguments, **options):
    client = Client(*arguments, **options)
    await client.task
    return client


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_of_the_service_is_logged_once_and_not_told(app, name, caplog):
    with caplog.at_level(logging.ERROR):
        found = asyncio.run(answer(guarded(app), f"/fault/{name}"))
    assert found.status == 500
    assert b"the log says what" in found.bytes
    assert b"secret" not in found.bytes
    (record,) = caplog.records
    assert record.exc_info[1] is FAULTS[name]


@pytest.mark.parametrize("name", sorted(ANSWERED))
def test_what_is_no_fault_of_the_service_is_told(app, name, caplog):
    error, status = ANSWERED[name]
    with caplog.at_level(logging.ERROR):
        found = asyncio.run(answer(guarded(app), f"/fault/{name}"))
    assert found.status == status
    assert str(error).encode() in found.bytes
    assert not caplog.records


@pytest.mark.parametrize("path", ["/audio/1", "/page/a.js"])
def test_who_stands_still_keeps_nobody_from_an_answer(app, path):
    async def ask():
        guard = guarded(app, requests=2)
        still = [Client(guard, path, stands_still=True) for _ in range(3)]
        await asyncio.gather(*(one.begun.wait() for one in still))
        found = await answer(guard, "/search")
        for one in still:
            one.go.set()
        await asyncio.gather(*(one.task for one in still))
        return found.status, sorted(one.status for one in still)

    status, others = asyncio.run(ask())
    assert status == 200
    # Files that play have as many places, of their own.
    assert others == ([200, 200, 429] if "audio" in path else [200] * 3)


def test_a_player_that_stands_still_is_let_go_and_one_that_plays_is_not(app):
    async def ask():
        guard = guarded(app, stalled_seconds=1.0)
        still = await answer(guard, "/audio/1", stands_still=True)
        plays = Client(guard, "/audio/1", stands_still=True)
        for _ in range(5):  # longer than a second together
            await asyncio.sleep(0.25)
            plays.go.set()
            await asyncio.sleep(0)
            plays.go.clear()
        plays.go.set()
        await plays.task
        return len(still.bytes), len(plays.bytes)

    still, plays = asyncio.run(ask())
    assert still < 1 << 20 == plays


def test_a_body_in_json_counts_as_the_memory_that_it_takes(app):
    async def ask(path, size):
        guard = guarded(app, held_bytes=1_000)
        first = await answer(guard, path, bytes(size))
        again = await answer(guard, path, bytes(size))
        assert first.status == again.status  # all is given back
        return first.status

    predict = "/v1/models/a:predict"
    assert asyncio.run(ask(predict, 1_000 // gate.JSON_FACTOR)) == 200
    assert asyncio.run(ask(predict, 1_000 // gate.JSON_FACTOR + 1)) == 429
    assert asyncio.run(ask("/tag", 1_000)) == 200
