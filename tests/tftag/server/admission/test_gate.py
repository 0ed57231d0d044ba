"""Who may ask, how much, and for how long."""

import contextlib
import time
from concurrent import futures

import httpx
import killed_decoder
import odd_audio
import pytest
import running_service
import waiting

from tftag.audio import decoding_pool
from tftag.server.admission import limits

error_of = running_service.error_of
WAV = odd_audio.encoded(odd_audio.tone(0.3))
TOKEN = "a token"  # noqa: S105


@pytest.fixture(scope="module")
def guarded(tagger_folder):
    """A service that asks for a token, and has little patience."""
    with running_service.running(
        [tagger_folder.parent],
        token=TOKEN,
        limits=limits.Limits(
            body_bytes=1 << 20,
            body_seconds=1.0,
            request_seconds=30.0,
            requests=3,
        ),
    ) as running:
        running.client.headers["authorization"] = f"Bearer {TOKEN}"
        yield running


def alone(running):
    """A client that knows no token."""
    return httpx.Client(base_url=running.client.base_url)


def head(path="/tag", **headers):
    """The header of a request, after which nothing else is asked."""
    headers = {
        "Host": "x",
        "Authorization": f"Bearer {TOKEN}",
        "Connection": "close",
        **headers,
    }
    lines = [f"{name.replace('_', '-')}: {v}" for name, v in headers.items()]
    return "\r\n".join([f"POST {path} HTTP/1.1", *lines, "", ""]).encode()


def test_without_the_token_nothing_is_told(guarded):
    with alone(guarded) as client:
        for path in ("/tag", "/v1/models/tiny:predict", "/session"):
            for kind in ("", "Bearer", "Bearer wrong", f"Basic {TOKEN}"):
                answer = client.post(path, headers={"authorization": kind})
                assert answer.status_code == 401
                assert answer.headers["www-authenticate"] == "Bearer"
                assert "token" in error_of(answer)
        for path in ("/metrics", "/openapi.json", "/v1/models/tiny", "/x"):
            assert client.get(path).status_code == 401
        config = client.get("/config").json()
        assert config == {
            "needs_token": True,
            "models": None,
            "index": None,
            "limits": None,
        }
        for path in ("/healthz", "/readyz", "/"):
            assert client.get(path).status_code == 200


def test_a_cookie_stands_for_the_token_and_is_not_it(guarded):
    with alone(guarded) as client:
        entered = client.post(
            "/session", headers={"authorization": f"bearer {TOKEN}"}
        )
        assert entered.status_code == 204
        cookie = entered.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie
        assert TOKEN not in cookie
        assert client.get("/v1/models/tiny").status_code == 200
    with alone(guarded) as client:
        client.cookies.set("tftag_session", "guessed")
        assert client.get("/v1/models/tiny").status_code == 401


def test_who_asks_by_another_name_or_from_another_page_is_refused(
    tagger_folder,
):
    with running_service.running(
        [tagger_folder.parent], hosts=frozenset({"127.0.0.1", "localhost"})
    ) as running:
        ask = running.client.get
        assert ask("/config").status_code == 200
        local = {"host": f"LocalHost:{running.port}"}
        assert ask("/config", headers=local).status_code == 200
        for headers in (
            {"host": "evil.example"},
            {"host": "127.0.0.1.evil.example:8501"},
            {"sec-fetch-site": "cross-site"},
        ):
            answer = ask("/config", headers=headers)
            assert answer.status_code == 403
            error_of(answer)
        # As a proxy asks, and as a load balancer's check of HTTP/1.0 does.
        for line, status in (
            (f"GET http://localhost:{running.port}/config HTTP/1.1", 200),
            ("GET http://localhost HTTP/1.1", 200),
            ("GET http://evil.example/config HTTP/1.1", 403),
        ):
            request = f"{line}\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            answer = running.ask(request.encode())
            assert f" {status} ".encode() in answer.splitlines()[0]
        answer = running.ask(b"GET /config HTTP/1.0\r\n\r\n")
        assert b" 200 " in answer.splitlines()[0]


def test_a_body_that_is_cut_or_slow_ends(guarded):
    # Cut: nobody is there to be answered, and nothing is left.
    with contextlib.suppress(TimeoutError):
        guarded.ask(head(Content_Length=1_000) + WAV[:100], seconds=0.2)
    began = time.monotonic()
    answer = guarded.ask(head(Content_Length=100_000), b"RIFF")
    assert b" 408 " in answer.splitlines()[0]
    assert b'{"error": ' in answer
    assert time.monotonic() - began < 20
    assert guarded.client.post("/tag", content=WAV).status_code == 200
    assert not list(guarded.service.uploads.folder.iterdir())


def test_more_than_is_taken_on_is_told_to_come_back(guarded, slow_decoding):
    def ask():
        return guarded.client.post("/tag", content=WAV)

    def is_busy():
        metric = "tftag_active_requests 3.0"
        return metric in guarded.service.metrics.text({})

    with futures.ThreadPoolExecutor(3) as threads:
        asked = [threads.submit(ask) for _ in range(3)]
        waiting.until(is_busy)
        refused = ask()
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "1"
        assert "3 requests" in error_of(refused)
        assert guarded.client.get("/healthz").status_code == 200
        slow_decoding.go.set()
    assert {one.result().status_code for one in asked} <= {200, 504}


def test_what_takes_too_long_is_given_up(tagger_folder, slow_decoding):
    hasty = limits.Limits(request_seconds=1.0)
    with running_service.running(
        [tagger_folder.parent], limits=hasty
    ) as running:
        answer = running.client.post("/tag", content=WAV)
        assert answer.status_code == 504
        assert "1 second." in error_of(answer)
        slow_decoding.go.set()


def test_a_worker_that_is_killed_costs_its_request_only(
    tagger_folder, monkeypatch
):
    monkeypatch.setattr(decoding_pool, "_decode", killed_decoder.decode)
    with (
        running_service.running([tagger_folder.parent], processes=2) as running,
        futures.ThreadPoolExecutor(9) as threads,
    ):

        def ask(data):
            return running.client.post("/tag", content=data)

        contents = [*[WAV] * 6, *[killed_decoder.DEADLY] * 3]
        answers = list(threads.map(ask, contents))
    assert [one.status_code for one in answers] == [*[200] * 6, *[400] * 3]
    assert all("crashed" in error_of(one) for one in answers[6:])
