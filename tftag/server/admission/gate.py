"""What every request passes: who may ask, how much, and for how long.

An ASGI application around that of FastAPI. It counts and logs each answer, and
is the last that meets an error: nobody is left without an answer.
"""

import asyncio
import collections
import contextlib
import hmac
import http.cookies
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette import datastructures, requests

from tftag.console import counts_in_words
from tftag.server import metrics as metrics_lib
from tftag.server.admission import limits as limits_lib
from tftag.server.admission import refusals

# What a proxy asks for: a host, and a path there.
_WHOLE_ADDRESS = re.compile(
    r"https?://([^/]*)(/.*)?", re.IGNORECASE | re.DOTALL
)

_log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

COOKIE = "tftag_session"
# These are answered to anybody, and however much there is to do.
OPEN = ("/", "/healthz", "/readyz", "/config", "/session")
_OPEN_FOLDER = "/page/"
_UPLOADS = ("/tag", "/similar")
_DOWNLOADS = "/audio/"
# Memory that JSON takes while it is read, by its size.
JSON_FACTOR = 20
_NO_BODY_BYTES = 1 << 16
_DRAIN_SECONDS = 1.0
_CLIENT_GONE = 499
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'self'; media-src 'self' blob:; "
    "img-src 'self' blob: data:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'",
}


class Gate:
    """Lets requests through to an application.

    Args:
        app: The application.
        limits: How much is taken on.
        metrics: Counts the answers.
        token: What a client must send; None where anybody may ask.
        hosts: The names that the service is asked by; None for any. A page
            elsewhere that has its own name point here is kept out by them.

    Attributes:
        session: What the cookie holds that stands for the token.
    """

    def __init__(
        self,
        app: Callable[..., Awaitable[None]],
        limits: limits_lib.Limits,
        metrics: metrics_lib.Metrics,
        token: str | None,
        hosts: frozenset[str] | None,
    ) -> None:
        """Lets nobody through yet."""
        self._app, self._limits, self._metrics = app, limits, metrics
        self._token, self._hosts = token, hosts
        self.session = secrets.token_urlsafe(32)
        self._held_bytes = 0
        # Files that play, and the other requests: players that stand still
        # keep nobody from an answer.
        self._taken: collections.Counter[bool] = collections.Counter()

    async def __call__(
        self, scope: Message, receive: Receive, send: Send
    ) -> None:
        """Answers a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        self._metrics.active += 1
        try:
            await self._answer(exchange)
        except _GONE:
            exchange.status = _CLIENT_GONE
        except Exception as error:
            refused = refusals.of(error)
            if refused.status == refusals.FAILED:
                _log.exception("no answer to %s", exchange.path)
            with contextlib.suppress(OSError):
                await self._refuse(exchange, refused)
        finally:
            self._metrics.active -= 1
            self._taken[exchange.is_download] -= exchange.is_taken
            self._held_bytes -= exchange.held_bytes
            self._tell(exchange)

    def may_ask(self, headers: datastructures.Headers) -> bool:
        """Whether a request has the token, or a cookie in its place."""
        if self._token is None:
            return True
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and _equal(token.strip(), self._token):
            return True
        cookies: http.cookies.SimpleCookie = http.cookies.SimpleCookie()
        with contextlib.suppress(http.cookies.CookieError):
            cookies.load(headers.get("cookie", ""))
        cookie = cookies.get(COOKIE)
        return cookie is not None and _equal(cookie.value, self.session)

    @property
    def needs_token(self) -> bool:
        """Whether a token must be sent."""
        return self._token is not None

    async def _answer(self, exchange: "_Exchange") -> None:
        self._check_sender(exchange)
        coding = exchange.headers.get("content-encoding", "")
        if coding.lower() not in ("", "identity"):
            refusals.refuse(
                "A body must be sent as it is, without a Content-Encoding. "
                f"Received: {coding!r:.100}."
            )
        most_bytes = self._most_bytes(exchange)
        if exchange.stated_bytes > most_bytes:
            raise _too_large(most_bytes)
        try:
            async with asyncio.timeout(self._limits.body_seconds) as deadline:
                await self._run(exchange, most_bytes, deadline)
        except TimeoutError as error:
            if not deadline.expired():
                raise  # of a disk, or of a decoder
            if exchange.is_read:
                most = counts_in_words.count(
                    self._limits.request_seconds, "second"
                )
                text = f"It took more than {most}."
                raise refusals.Refused(refusals.TOO_SLOW, text) from error
            most = counts_in_words.count(self._limits.body_seconds, "second")
            text = f"The request was not there as a whole within {most}."
            raise refusals.Refused(refusals.SLOW_BODY, text) from error

    def _check_sender(self, exchange: "_Exchange") -> None:
        path, headers, host = exchange.path, exchange.headers, exchange.host
        # Of HTTP/1.0, as a load balancer's check, it may be left out: no page
        # of another site asks so.
        if (
            self._hosts is not None
            and host is not None
            and _without_port(host) not in self._hosts
        ):
            raise refusals.Refused(
                refusals.FORBIDDEN,
                "The service must be asked by a name of this machine. "
                f"Received: Host {host!r:.100}.",
            )
        if headers.get("sec-fetch-site") == "cross-site" and path != "/":
            raise refusals.Refused(
                refusals.FORBIDDEN, "Pages of other sites may not ask."
            )
        is_open = path in OPEN or path.startswith(_OPEN_FOLDER)
        is_guarded = path == "/session" or not is_open
        if is_guarded and not self.may_ask(headers):
            raise refusals.Refused(
                refusals.NO_TOKEN,
                "A token is needed: send Authorization: Bearer TOKEN.",
                {"WWW-Authenticate": "Bearer"},
            )
        if is_open:
            return
        if self._taken[exchange.is_download] >= self._limits.requests:
            raise _too_many(
                f"{self._limits.requests} requests are being answered"
            )
        exchange.is_taken = True
        self._taken[exchange.is_download] += 1

    def _most_bytes(self, exchange: "_Exchange") -> int:
        if exchange.path in _UPLOADS:
            return self._limits.body_bytes
        if exchange.is_json:
            return self._limits.json_bytes
        return _NO_BODY_BYTES

    async def _run(
        self, exchange: "_Exchange", most_bytes: int, deadline: Any
    ) -> None:
        """Runs the application, for as long as there is a client."""
        loop = asyncio.get_running_loop()

        def count(message: Message) -> None:
            size = len(message.get("body", b""))
            held = size * (JSON_FACTOR if exchange.is_json else 1)
            exchange.body_bytes += size
            exchange.held_bytes += held
            self._held_bytes += held
            if exchange.body_bytes > most_bytes:
                raise _too_large(most_bytes)
            if self._held_bytes > self._limits.held_bytes:
                raise _too_many("Too much is being uploaded")
            if exchange.is_read:
                deadline.reschedule(loop.time() + self._limits.request_seconds)

        async def play(message: Message) -> None:
            latest = began + self._limits.download_seconds
            stalled = loop.time() + self._limits.stalled_seconds
            deadline.reschedule(min(latest, stalled))
            await exchange.send(message)

        receive, began = exchange.receiver(count), loop.time()
        send = play if exchange.is_download else exchange.send
        answer = asyncio.ensure_future(self._app(exchange.scope, receive, send))
        end = asyncio.ensure_future(exchange.wait_for_end(receive))
        try:
            await asyncio.wait(
                {answer, end}, return_when=asyncio.FIRST_COMPLETED
            )
            if answer.done() or exchange.is_sent:
                await answer  # an error comes after its answer
            else:
                end.result()
                raise _ClientGone
        finally:
            answer.cancel()
            end.cancel()
            await asyncio.gather(answer, end, return_exceptions=True)

    async def _refuse(
        self, exchange: "_Exchange", refused: refusals.Refused
    ) -> None:
        if exchange.status:
            # It has begun to answer: the connection ends in the middle.
            raise OSError("the answer was cut")
        if not exchange.is_read:
            # Or the system tells the client of a reset, not of the reason.
            await exchange.drain()
        response = refusals.response(refused)
        await response(exchange.scope, exchange.receive, exchange.send)

    def _tell(self, exchange: "_Exchange") -> None:
        seconds = time.monotonic() - exchange.began
        route = getattr(exchange.scope.get("route"), "path", "other")
        self._metrics.answered(route, exchange.status, seconds)
        _log.info(
            "%s %s %d",
            *(exchange.method, exchange.path, exchange.status),
            extra={
                "fields": {
                    "method": exchange.method,
                    "path": exchange.path,
                    "status": exchange.status,
                    "seconds": round(seconds, 4),
                    "client": (exchange.scope.get("client") or ["?"])[0],
                    "body_bytes": exchange.body_bytes,
                }
            },
        )


class _ClientGone(Exception):
    """Nobody waits for the answer."""


class _Exchange:
    """One request and its answer, as far as they got."""

    def __init__(self, scope: Message, receive: Receive, send: Send) -> None:
        self.headers = datastructures.Headers(scope=scope)
        self.host = self.headers.get("host")
        if found := _WHOLE_ADDRESS.fullmatch(scope["path"]):
            # Its host counts, not that of the header.
            self.host, path = found[1], found[2] or "/"
            scope = {**scope, "path": path, "raw_path": path.encode()}
        self.path, self.method = scope["path"], scope["method"]
        self.is_download = self.path.startswith(_DOWNLOADS)
        self.is_json = self.path.lower().startswith("/v1/")
        if self.method == "HEAD" and not self.is_json:
            # The answer is that to GET; the server leaves its body out.
            scope = {**scope, "method": "GET"}
        self.scope, self.receive, self._send = scope, receive, send
        self.began = time.monotonic()
        self.status = self.body_bytes = self.held_bytes = 0
        self.is_read = self.is_sent = self.is_taken = False
        self._read = asyncio.Event()

    @property
    def stated_bytes(self) -> int:
        """What the header says of the body's size."""
        stated = self.headers.get("content-length", "0")
        return int(stated) if stated.isdecimal() else 0

    def receiver(self, count: Callable[[Message], None]) -> Receive:
        """What gives the body to the application, piece by piece."""

        async def receive() -> Message:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                if not (self.is_read or self.is_sent):
                    raise _ClientGone
                return message
            if not message.get("more_body"):
                self.is_read = True
                self._read.set()
            count(message)
            return message

        return receive

    async def wait_for_end(self, receive: Receive) -> None:
        """Returns when the client has gone, or has all it asked for."""
        if self.method in ("GET", "HEAD"):
            # Nobody else reads what may follow such a header.
            while not (self.is_read or self.is_sent):
                await receive()
        if self.is_sent:
            return
        await self._read.wait()
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def send(self, message: Message) -> None:
        """Sends a piece of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = datastructures.MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        elif not message.get("more_body"):
            self.is_sent = True
        await self._send(message)

    async def drain(self) -> None:
        """Reads what is still coming, for a moment."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                more = True
                while more:
                    message = await self.receive()
                    more = message.get("more_body", False)


def _too_large(most_bytes: int) -> refusals.Refused:
    return refusals.Refused(
        refusals.TOO_LARGE,
        f"The body must have at most {most_bytes} bytes.",
    )


def _too_many(text: str) -> refusals.Refused:
    return refusals.Refused(
        refusals.TOO_MANY,
        f"{text}. Come back in a second.",
        {"Retry-After": "1"},
    )


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _without_port(host: str) -> str:
    name, mark, port = host.rpartition(":")
    return (name if mark and port.isdecimal() else host).lower()


_GONE = (_ClientGone, requests.ClientDisconnect)
