"""A service with a library of sounds, for the tests of its page."""

import contextlib
import dataclasses
import pathlib
import re
import subprocess
import sys
import time

import httpx
import numpy as np
import soundfile
import tiny_tagger

# What would run if a name were ever taken for more than text.
TRAP = "<img src=x onerror=document.title='trapped'>"
RECORDINGS = 14
TOKEN = "of the tests"
REQUESTS = 4
BODY_BYTES = 1 << 20


@dataclasses.dataclass(frozen=True)
class Served:
    """A service that runs.

    Attributes:
        address: Of its page.
        music: The folder of its library.
        port: Where it listens on loopback.
    """

    address: str
    music: pathlib.Path
    port: int


def asked(served, path, body=None, **query):
    """What a service says, without a browser."""
    answer = httpx.request(
        "GET" if body is None else "POST",
        served.address + path,
        content=body,
        params=query,
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    return answer.raise_for_status().json()


def write_sound(path, seconds, seed):
    """Writes a chord that changes."""
    rate_hz = tiny_tagger.SPEC.sample_rate_hz
    sound = tiny_tagger.music(round(seconds * rate_hz), seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.5 * sound / np.abs(sound).max(), rate_hz)
    return path


def tftag(*arguments):
    """How the command is called in a process of its own."""
    return [sys.executable, "-m", "tftag", *map(str, arguments)]


@contextlib.contextmanager
def running(model, library_model, folder):
    """Runs `tftag serve` with a library of its own.

    Args:
        model: The SavedModel that tags.
        library_model: The one that the library is searched by.
        folder: Where all of it is put.
    """
    music = folder / "music"
    for seed in range(RECORDINGS):
        name = TRAP if seed == RECORDINGS - 1 else f"piece {seed:02d}"
        write_sound(music / f"folder {seed % 3}" / f"{name}.wav", 3, seed)
    index = folder / "index"
    command = tftag("index", music, "--out", index, "--model", library_model)
    subprocess.run(command, check=True, capture_output=True)
    command = tftag("serve", "--model", model, "--model", library_model)
    command += ["--index", index, "--token", TOKEN]
    command += ["--port", "0", "--max-requests", str(REQUESTS)]
    command += ["--max-body-mb", str(BODY_BYTES >> 20)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stderr=log)
    with process:
        try:
            address = _address(process, folder / "log")
            yield Served(address, music, int(address[:-1].rpartition(":")[2]))
        finally:
            process.terminate()
    assert process.returncode == 0, (folder / "log").read_text()


def _address(process, log):
    line = re.compile(r"^serving on (\S+)$", re.M)
    while not (found := line.search(log.read_text())):
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    return f"{found[1]}/"
