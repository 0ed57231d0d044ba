"""A service in this process, on a port of loopback."""

import contextlib
import dataclasses
import socket
import threading
import time

import httpx

from tftag.server import service, uvicorn_server
from tftag.server.admission import limits
from tftag.server.models import served_models

# Enough for a test that is not about patience.
LIMITS = limits.Limits(body_bytes=1 << 20, json_bytes=1 << 20, audio_seconds=60)


@dataclasses.dataclass
class Running:
    """A service that answers.

    Attributes:
        client: Of httpx, with the address of the service.
        port: Where it listens.
        server: What answers; ends when it is told by `handle_exit`.
        service: The application.
        thread: In which it runs.
    """

    client: httpx.Client
    port: int
    server: uvicorn_server.Server
    service: service.Service
    thread: threading.Thread

    def ask(self, *pieces, seconds=30.0):
        """Sends bytes as they are, and returns the bytes of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), seconds) as one:
            for piece in pieces:
                one.sendall(piece)
            answer = b""
            with contextlib.suppress(ConnectionError):
                while part := one.recv(1 << 16):
                    answer += part
        return answer


@contextlib.contextmanager
def running(folders, **settings):
    """Serves models by the names of their folders.

    Args:
        folders: Folders with versions in them.
        **settings: Of `service.Settings`.
    """
    sources = [served_models.Source(one.name, one) for one in folders]
    settings = {"limits": LIMITS, "processes": 1, **settings}
    app = service.Service(service.Settings(sources, **settings))
    with (
        contextlib.closing(app),
        uvicorn_server.bind("127.0.0.1", 0) as listener,
    ):
        port = listener.getsockname()[1]
        server = uvicorn_server.server(app)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        address = f"http://127.0.0.1:{port}"
        try:
            with httpx.Client(base_url=address, timeout=60) as client:
                yield Running(client, port, server, app, thread)
        finally:
            server.handle_exit(0, None)
            thread.join()


def error_of(answer):
    """The text of an error, which is in the form that all have."""
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    assert found.keys() == {"error"}
    assert "Traceback" not in found["error"]
    return found["error"]


def sent(client, data, **options):
    """Sends a recording as the body."""
    kind = {"content-type": "application/octet-stream"}
    return client.post("/tag", content=data, headers=kind, **options)
