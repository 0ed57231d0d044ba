"""The service on a port: Uvicorn, with an end and with less patience."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

import h11
import uvicorn
from uvicorn.protocols.http import h11_impl

from tftag.server.admission import refusals

if TYPE_CHECKING:  # it imports TensorFlow
    from tftag.server import service as service_lib

_log = logging.getLogger(__name__)

_HEADER_SECONDS = 10.0
_HEADER_BYTES = 1 << 16
# From the signal on: until what was asked is given up, and until the end.
_ANSWER_SECONDS = 25
_END_SECONDS = 29.0
_END_AT_ONCE_SECONDS = 1.0


class Connection(h11_impl.H11Protocol):
    """A connection that has to ask for something in time.

    Uvicorn waits for ever for the rest of a header, and says what is wrong
    with one in plain text.
    """

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begins to wait for a header."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Waits while the header of the next request is not there yet."""
        super().handle_events()
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._late is None and self.conn.trailing_data[0]:
            self._wait()

    def send_400_response(self, msg: str) -> None:
        """Says what is wrong with a request, as everywhere."""
        content = refusals.body(msg)
        headers = [
            ("content-type", "application/json"),
            ("content-length", str(len(content))),
            ("connection", "close"),
        ]
        response = h11.Response(status_code=400, headers=headers)
        for event in (response, h11.Data(data=content), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _wait(self) -> None:
        self._late = self.loop.call_later(_HEADER_SECONDS, self._end)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end(self) -> None:
        self._late = None
        self.transport.close()


class Server(uvicorn.Server):
    """Ends on SIGINT and SIGTERM, when all that was asked is answered.

    A second signal ends it at once. What still runs in a thread after that is
    not waited for longer than an end may take.
    """

    def __init__(
        self, config: uvicorn.Config, service: "service_lib.Service"
    ) -> None:
        """Serves nothing yet."""
        super().__init__(config)
        self._service = service

    def serve_until_told(self, listener: socket.socket) -> None:
        """Answers until a signal comes, and closes the service.

        Args:
            listener: Of `bind`.
        """
        with self._signals(), contextlib.closing(self._service):
            self.run(sockets=[listener])

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals to `serve_until_told`, which lasts longer."""
        yield

    async def shutdown(
        self, sockets: list[socket.socket] | None = None
    ) -> None:
        """Ends the requests, and the decoders that still work for one."""
        await super().shutdown(sockets)
        # Or the threads that wait for them are waited for.
        self._service.end_decoding()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ends the service, at once where it is ending already."""
        self._service.is_ending = True
        self.force_exit = self.should_exit
        self.should_exit = True

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Handles the signals, and does not raise them again at the end."""
        if threading.current_thread() is not threading.main_thread():
            yield  # signals are the main thread's
            return
        timers: list[threading.Timer] = []

        def handle(sig: int, frame: FrameType | None) -> None:
            self.handle_exit(sig, frame)
            seconds = _END_AT_ONCE_SECONDS if self.force_exit else _END_SECONDS
            timers.append(threading.Timer(seconds, self._end))
            timers[-1].daemon = True
            timers[-1].start()

        signals = (signal.SIGINT, signal.SIGTERM)
        before = {one: signal.signal(one, handle) for one in signals}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
            for timer in timers:
                timer.cancel()

    def _end(self) -> None:
        """Ends the process; a thread that still runs is not waited for."""
        _log.warning("what still runs is not waited for")
        self._service.forget_uploads()
        os._exit(0)


def bind(host: str, port: int) -> socket.socket:
    """Takes a port, where requests wait from now on.

    Args:
        host: An address or a name of this machine.
        port: 0 for any that is free.

    Raises:
        OSError: It is taken, or no address of this machine.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise _not_taken(host, port, error) from error
    listener = socket.socket(family, kind)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Who is told the address may ask at once, and waits.
        listener.listen()
    except OSError as error:
        listener.close()
        raise _not_taken(host, port, error) from error
    return listener


def _not_taken(host: str, port: int, error: OSError) -> OSError:
    return OSError(
        "The service needs a port of its own at an address of this machine: "
        "name another --port or --host. "
        f"Received: {host}, port {port} ({error.strerror})."
    )


def server(service: "service_lib.Service") -> Server:
    """Makes what answers requests, by its `serve_until_told`."""
    config = uvicorn.Config(
        service,
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=_HEADER_BYTES,
        timeout_graceful_shutdown=_ANSWER_SECONDS,
    )
    return Server(config, service)
