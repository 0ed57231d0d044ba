"""An S3 server on loopback, behind a door that can fail and that counts."""

import contextlib
import http.client
import http.server
import logging
import threading

import moto.server

BUCKET = "music"
_HOP_BY_HOP = (
    "connection",
    "transfer-encoding",
    "keep-alive",
    "content-length",
)


class Door(http.server.ThreadingHTTPServer):
    """Passes requests on to a server, and does what `fail` tells it to.

    Attributes:
        sent_bytes: Of all bodies, by method and path.
        requests: Method and path of every request.
    """

    daemon_threads = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = port
        self.sent_bytes = []
        self.requests = []
        self._faults = []
        self.mended = threading.Event()
        self._lock = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def fail(self, fault, times, method="GET", path=""):
        """The next requests of this kind get a status, or are "cut".

        Or they wait so many seconds, as a float, for their answer.
        """
        self._faults.append([fault, times, method, path])

    def mend(self):
        self._faults.clear()
        self.mended.set()  # who waits, waits no longer
        self.mended = threading.Event()

    def reset(self):
        """An empty S3 server with one bucket, and nothing counted."""
        self.mend()
        self._ask("POST", "/moto-api/reset")
        self._ask("PUT", f"/{BUCKET}")
        self.sent_bytes.clear()
        self.requests.clear()

    def store(self, name, content):
        """Puts a file there that everybody may read, without credentials."""
        acl = {"x-amz-acl": "public-read"}
        self._ask("PUT", f"/{BUCKET}/{name}", content, acl)

    def _ask(self, method, path, content=b"", headers=None):
        with contextlib.closing(
            http.client.HTTPConnection("127.0.0.1", self.behind)
        ) as behind:
            behind.request(method, path, content, headers or {})
            behind.getresponse().read()

    def fault_of(self, method, path):
        with self._lock:
            self.requests.append((method, path))
            for fault in self._faults:
                if fault[1] and fault[2] == method and fault[3] in path:
                    fault[1] -= 1
                    return fault[0]
        return None

    def count(self, method, path, sent_bytes):
        with self._lock:
            self.sent_bytes.append((method, path, sent_bytes))

    def body_bytes(self, part):
        return sum(n for _, path, n in self.sent_bytes if part in path)

    def handle_error(self, request, client_address):
        """A client that goes away is no news."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def pass_on(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        fault = self.server.fault_of(self.command, self.path)
        if isinstance(fault, int):
            self.send_response(fault)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if isinstance(fault, float):
            self.server.mended.wait(fault)
        behind = http.client.HTTPConnection("127.0.0.1", self.server.behind)
        with contextlib.closing(behind):
            headers = dict(self.headers.items())
            behind.request(self.command, self.path, body, headers)
            answer = behind.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in (*_HOP_BY_HOP, "date", "server"):
                    self.send_header(name, value)
            size = len(content)
            if self.command == "HEAD":
                size = answer.headers.get("Content-Length", 0)
            self.send_header("Content-Length", str(size))
        if fault == "cut":
            content = content[: len(content) // 2]
            self.close_connection = True
        # First counted: the client may look as soon as it has the last byte,
        # which of an answer without a body is one of its head.
        self.server.count(self.command, self.path, len(content))
        with contextlib.suppress(ConnectionError):  # it may wait no longer
            self.end_headers()
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = pass_on


@contextlib.contextmanager
def in_a_thread(server):
    """Has a server answer for the duration of the block, and closes it."""
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def door_to(port):
    """A door to a server on this machine, closed with the block."""
    return in_a_thread(Door(port))


@contextlib.contextmanager
def s3():
    """An empty S3 server with one bucket, behind a door."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = moto.server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        with door_to(port) as door:
            door.reset()
            yield door
    finally:
        server.stop()
