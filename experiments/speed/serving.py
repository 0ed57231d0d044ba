"""A service under load: what clients wait, what it costs, what it keeps.

    python -m experiments.speed.serving --model msd_musicnn --seconds 120

Starts `tftag serve` on loopback, asks it by one client and then by many at
once, and calls the same SavedModel without a service. All of it shares the
cores of this machine, the clients too.
"""

import base64
import collections
import concurrent.futures
import contextlib
import http.client
import io
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import soundfile

from tftag.cli import arguments as arguments_lib
from tftag.cli import chosen_model, command_line
from tftag.pretrained import presets

_WARM_SECONDS = 5.0
_TIMEOUT_SECONDS = 120


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the figures, a line per endpoint and number of clients."""
    parser = command_line.Parser(description=__doc__)
    parser.add_argument("--model", default=presets.TAGGER, help="to serve")
    parser.add_argument(
        "--clients", type=arguments_lib.count, default=30, help="at once (30)"
    )
    parser.add_argument(
        "--seconds",
        type=arguments_lib.count,
        default=120,
        help="of load, shared by the endpoints (120)",
    )
    parser.add_argument(
        "--audio-seconds",
        type=arguments_lib.count,
        default=3,
        help="length of the recording that is asked for (3)",
    )
    parser.add_argument(
        "--kill-decoder",
        action="store_true",
        help="kill a process that decodes in the middle of each load (Linux)",
    )
    options = parser.parse_args(argv)
    tagger = chosen_model.open_tagger(options.model)
    wav = recording(options.audio_seconds, tagger.sample_rate_hz)
    bare = calls_per_second(
        lambda: _call(tagger.signatures["tag_wav"], wav), options.seconds / 12
    )
    print(f"without a service: {bare:.1f} calls of tag_wav per second")
    with served(options.model) as (port, name, service):
        endpoints = {
            ":predict": (
                f"/v1/models/{name}:predict",
                "application/json",
                _as_json(wav),
            ),
            "/tag": ("/tag", "application/octet-stream", wav),
        }
        for label, request in endpoints.items():
            load(port, request, options.clients, _WARM_SECONDS)
            alone = load(port, request, 1, options.seconds / 12)
            before = _resident_bytes(port)
            killing = threading.Timer(
                options.seconds / 4, _kill_decoder, [service]
            )
            if options.kill_decoder:
                killing.start()
            found = load(port, request, options.clients, options.seconds / 2)
            after = _resident_bytes(port)
            print(f"{label}, 1 client: {_line(*alone)}")
            print(f"{label}, {options.clients} clients: {_line(*found)}")
            print(
                f"{label}: memory {before / 1e6:.0f} MB before, "
                f"{after / 1e6:.0f} MB after"
            )
    return 0


def recording(seconds: float, rate_hz: int) -> bytes:
    """A 16-bit WAV file of noise, the same each time."""
    samples = np.random.default_rng(0).normal(0, 0.1, round(seconds * rate_hz))
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, "PCM_16", format="WAV")
    return file.getvalue()


@contextlib.contextmanager
def served(model: str) -> Iterator[tuple[int, str, int]]:
    """Runs `tftag serve` in a process of its own.

    Args:
        model: A preset's name or a folder.

    Yields:
        Its port, the name of the model, and the number of the process.
    """
    command = [sys.executable, "-m", "tftag", "serve", "--port", "0"]
    with tempfile.NamedTemporaryFile() as log:
        process = subprocess.Popen([*command, "--model", model], stderr=log)
        try:
            port = _port(process, pathlib.Path(log.name))
            config = json.loads(_ask(port, "/config"))
            yield port, config["models"][0]["name"], process.pid
        finally:
            process.terminate()
            process.wait()


def load(
    port: int, request: tuple[str, str, bytes], clients: int, seconds: float
) -> tuple[dict[int, np.ndarray], float]:
    """Asks again and again, each client as soon as it was answered.

    Args:
        port: Of the service, on loopback.
        request: Path, content type and body.
        clients: How many at once.
        seconds: For how long.

    Returns:
        Seconds of each answer by status, where 0 is no answer at all; and
        the seconds until the last one.
    """
    path, kind, body = request
    start = time.monotonic()
    end = start + seconds

    def client(_: int) -> list[tuple[int, float]]:
        found = []
        with contextlib.closing(_connection(port)) as connection:
            while time.monotonic() < end:
                began = time.perf_counter()
                status = 0
                try:
                    headers = {"Content-Type": kind}
                    connection.request("POST", path, body, headers)
                    answer = connection.getresponse()
                    answer.read()
                    status = answer.status
                except (OSError, http.client.HTTPException):
                    connection.close()  # or it waits for that answer
                found.append((status, time.perf_counter() - began))
        return found

    answers = collections.defaultdict(list)
    with concurrent.futures.ThreadPoolExecutor(clients) as threads:
        for found in threads.map(client, range(clients)):
            for status, passed in found:
                answers[status].append(passed)
    passed = time.monotonic() - start
    by_status = {status: np.array(times) for status, times in answers.items()}
    return by_status, passed


def calls_per_second(call: Callable[[], object], seconds: float) -> float:
    """How often something can be called, one call after the other."""
    call()
    count, began = 0, time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds or not count:
        call()
        count += 1
    return count / passed


def _line(answers, passed):
    good = answers.get(200, np.zeros(0))
    statuses = {status: len(times) for status, times in answers.items()}
    if not good.size:
        return f"no answer; statuses {statuses}"
    marks = np.percentile(good, (50, 95, 99)) * 1e3
    return (
        f"p50 {marks[0]:.0f} ms, p95 {marks[1]:.0f} ms, p99 {marks[2]:.0f} ms, "
        f"{len(good) / passed:.1f} answers per second, "
        f"statuses {statuses}"
    )


def _call(signature, wav):
    return signature(wav=np.array([wav], object))["calibrated"].numpy()


def _as_json(wav):
    instances = [{"b64": base64.b64encode(wav).decode()}]
    return json.dumps(
        {"signature_name": "tag_wav", "instances": instances}
    ).encode()


def _kill_decoder(service):
    """Ends one of the processes that a service has started to decode."""
    for found in pathlib.Path(f"/proc/{service}/task").glob("*/children"):
        for child in map(int, found.read_text().split()):
            if (
                b"spawn_main"
                in pathlib.Path(f"/proc/{child}/cmdline").read_bytes()
            ):
                os.kill(child, signal.SIGKILL)
                print(f"killed a decoder: process {child}")
                return
    raise ValueError(f"No process decodes for the service {service}.")


def _resident_bytes(port):
    text = _ask(port, "/metrics").decode()
    (resident,) = re.findall(
        r"^process_resident_memory_bytes (\S+)", text, re.M
    )
    return float(resident)


def _ask(port, path):
    with contextlib.closing(_connection(port)) as connection:
        connection.request("GET", path)
        return connection.getresponse().read()


def _connection(port):
    return http.client.HTTPConnection(
        "127.0.0.1", port, timeout=_TIMEOUT_SECONDS
    )


def _port(process, log):
    pattern = re.compile(r"^serving on http://127\.0\.0\.1:(\d+)$", re.M)
    while True:
        text = log.read_text("utf-8")
        if found := pattern.search(text):
            return int(found[1])
        if process.poll() is not None:
            raise ValueError(f"`tftag serve` ended. Received: {text.strip()}")
        time.sleep(0.1)


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
