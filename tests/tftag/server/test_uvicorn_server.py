import asyncio
import contextlib
import os
import signal
import socket
import threading
import time

import httpx
import odd_audio
import pytest
import running_service
import waiting

from tftag.server import uvicorn_server

WAV = odd_audio.encoded(odd_audio.tone(0.3))


def test_a_header_that_does_not_come_or_has_no_end(service, monkeypatch):
    monkeypatch.setattr("tftag.server.uvicorn_server._HEADER_SECONDS", 0.3)
    for pieces in ((), (b"GET / HT",), (b"GET / HTTP/1.1\r\nA: b\r\n",)):
        assert service.ask(*pieces) == b""
    answer = service.ask(b"GET / HTTP/1.1\r\n" + b"A: " + b"b" * 100_000)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'{"error": ' in answer
    for wrong in (
        b"\0\1\2\3\r\n\r\n",
        b"GET  HTTP\r\n\r\n",
        b"\x16\x03\x01 \r\n\r\n",
    ):
        answer = service.ask(wrong)
        assert answer.startswith(b"HTTP/1.1 400 ")
    for length in (b"-1", b"1e9", b"99999999999999999999"):
        answer = service.ask(
            b"POST /tag HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Content-Length: " + length + b"\r\n\r\n"
        )
        assert answer.split()[1] in (b"400", b"413")


def test_told_to_end_it_answers_what_was_asked(tagger_folder, slow_decoding):
    answers = []
    with running_service.running([tagger_folder.parent]) as running:
        thread = threading.Thread(
            target=lambda: answers.append(
                running.client.post("/tag", content=WAV)
            )
        )
        thread.start()
        assert slow_decoding.began.wait(30)
        with httpx.Client(base_url=running.client.base_url) as kept:
            assert kept.get("/readyz").status_code == 200
            running.server.handle_exit(signal.SIGTERM, None)
            # On a connection that is there: others are no longer taken.
            with contextlib.suppress(httpx.TransportError):
                assert kept.get("/readyz").status_code == 503
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                try:
                    httpx.get(f"http://127.0.0.1:{running.port}/healthz")
                except httpx.TransportError:
                    break
                time.sleep(0.05)
        assert running.thread.is_alive()
        slow_decoding.go.set()
        thread.join()
        running.thread.join(30)
        assert not running.thread.is_alive()
    (answer,) = answers
    assert answer.status_code == 200


class Stuck:
    """A service whose only answer waits in a thread that nobody can end."""

    is_ending = False

    def __init__(self):
        self.began, self.go = threading.Event(), threading.Event()
        self.calls = []

    async def __call__(self, scope, receive, send):
        def wait():
            self.began.set()
            self.go.wait(60)

        await asyncio.to_thread(wait)

    def end_decoding(self):
        self.calls.append("end_decoding")

    def forget_uploads(self):
        self.calls.append("forget_uploads")

    def close(self):
        self.calls.append("close")


@pytest.mark.parametrize("signals", [1, 2])
def test_a_thread_that_comes_to_no_end_is_not_waited_for(monkeypatch, signals):
    """Neither after the time for an end, nor after a second signal."""
    assert threading.current_thread() is threading.main_thread()
    once, twice = (0.5, 60.0) if signals == 1 else (60.0, 0.2)
    monkeypatch.setattr(uvicorn_server, "_ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(uvicorn_server, "_END_SECONDS", once)
    monkeypatch.setattr(uvicorn_server, "_END_AT_ONCE_SECONDS", twice)
    codes = []
    service, ended = Stuck(), threading.Event()
    monkeypatch.setattr(
        uvicorn_server.os,
        "_exit",
        lambda code: (codes.append(code), ended.set()),
    )
    in_time = []

    def client():
        with socket.create_connection(listener.getsockname()) as one:
            one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            service.began.wait(30)
            for _ in range(signals):
                os.kill(os.getpid(), signal.SIGTERM)
                # The second one comes when the requests have been given up.
                waiting.until(lambda: service.calls)
            in_time.append(ended.wait(30))
            service.go.set()

    before = signal.getsignal(signal.SIGTERM)
    with uvicorn_server.bind("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=client)
        thread.start()
        uvicorn_server.server(service).serve_until_told(listener)
        thread.join()
    assert in_time == [True] and codes == [0]
    assert service.calls == ["end_decoding", "forget_uploads", "close"]
    assert signal.getsignal(signal.SIGTERM) is before
