import http.server
import time

import faulty_server
import pytest

from experiments.speed import serving


class Counts(http.server.BaseHTTPRequestHandler):
    """Refuses every third request."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_POST(self):  # noqa: N802
        self.rfile.read(int(self.headers["Content-Length"]))
        Counts.asked += 1
        self.send_response(200 if Counts.asked % 3 else 429)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


def test_every_answer_is_counted_by_its_status():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Counts)
    with faulty_server.in_a_thread(server):
        request = ("/tag", "audio/wav", b"RIFF")
        answers, passed = serving.load(server.server_port, request, 3, 0.3)
    assert answers.keys() == {200, 429}
    assert sum(map(len, answers.values())) == Counts.asked
    assert all(times.max() <= passed for times in answers.values())


class Silent(http.server.BaseHTTPRequestHandler):
    """Does not answer the first request in time."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_POST(self):  # noqa: N802
        self.rfile.read(int(self.headers["Content-Length"]))
        Silent.asked += 1
        if Silent.asked == 1:
            time.sleep(0.6)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


def test_who_was_not_answered_asks_again(monkeypatch):
    monkeypatch.setattr(serving, "_TIMEOUT_SECONDS", 0.3)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    with faulty_server.in_a_thread(server):
        request = ("/tag", "audio/wav", b"RIFF")
        answers, _ = serving.load(server.server_port, request, 1, 1.0)
    assert len(answers[0]) == 1
    assert len(answers[200]) > 0


def test_nobody_there_is_no_answer():
    answers, _ = serving.load(1, ("/tag", "audio/wav", b""), 1, 0.05)
    assert answers.keys() == {0}


def test_calls_are_counted_over_time():
    calls = []
    rate = serving.calls_per_second(lambda: calls.append(1), 0.05)
    assert rate * 0.05 <= len(calls) - 1
    assert len(serving.recording(0.5, 8_000)) == pytest.approx(8_000, abs=50)
