"""From files to tags and to batches, and what a start and memory cost."""

import functools
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import numpy as np
import soundfile

from experiments.speed.comparison import networks
from experiments.speed.comparison import row as row_lib
from experiments.speed.crops import reading
from experiments.speed.processes import memory
from tftag import audio

MP3_RATE_HZ = 44_100
_DIFFERENT = 8  # recordings; the others are copies under other names
_PEERS = pathlib.Path(__file__).parent.parent / "peers" / "tag_files.py"
_CROP_FILES, _CROP_MINUTES, _CROP_SECONDS = 32, 4, 0.7


def input_rows(
    peers_python: str, folder: pathlib.Path
) -> Iterator[row_lib.Row]:
    """Random crops per second, beside a DataLoader's."""
    spec = audio.AudioSpec()
    samples = round(_CROP_MINUTES * 60 * spec.sample_rate_hz)
    files = folder / "crops"
    files.mkdir()
    manifest = reading.noise_files(files, _CROP_FILES, samples, spec)
    own = reading.own_ways(manifest, spec, _CROP_SECONDS)
    with reading.torch_process(peers_python) as ask:
        theirs = reading.torch_ways(ask, manifest, spec, _CROP_SECONDS)
        for title, workers in (
            ("in the background", "2 workers"),
            ("in the training thread (tftag: in the background)", "0 workers"),
        ):
            asked = {
                name: way for name, way in theirs.items() if workers in name
            }
            yield row_lib.Row(
                f"random crops of 30 s, {title}",
                "crops per second",
                own | asked,
                more_is_better=True,
            )
    shutil.rmtree(files)


def tagging_rows(
    peers_python: str,
    network: pathlib.Path,
    folder: pathlib.Path,
    count: int,
) -> Iterator[row_lib.Row | row_lib.Measured]:
    """A folder of MP3s to tags, and one file: all that a start costs.

    Args:
        peers_python: Interpreter with what the peers need.
        network: What `networks.network_rows` made of a width.
        folder: For the recordings.
        count: How many MP3s of 30 s.
    """
    own = [sys.executable, "-m", "tftag", "tag"]
    weights, onnx = (str(network / name) for name in networks.FOR_PEERS)
    by_hand = [peers_python, str(_PEERS), "--network", weights]
    files = mp3_files(folder / "music", count)
    for name, some in (
        (f"{count} MP3s of 30 s", files),
        ("one MP3", files[:1]),
    ):
        commands = {
            f"{row_lib.OWN} tag": [*own, str(network / networks.EXPORT)],
            f"{row_lib.OWN} tag, ONNX": [
                *own,
                str(network / networks.ONNX_TAGGER),
            ],
            "PyTorch, DataLoader": by_hand,
            "ONNX Runtime, NumPy": [*by_hand, "--onnx", onnx],
        }
        peaks: dict[str, list[float]] = {way: [] for way in commands}
        ways = {
            way: functools.partial(_run, [*command, *some], peaks[way])
            for way, command in commands.items()
        }
        yield row_lib.Row(
            f"{name} to tags, the whole command", "s", ways, share=3.0
        )
        # By now all rounds were run, of what did not fail.
        rounds = max(map(len, peaks.values()))
        whole = {w: found for w, found in peaks.items() if len(found) == rounds}
        if rounds:
            yield row_lib.Measured(
                f"{name} to tags, memory of the largest process",
                "MB",
                False,
                whole,
                {},
            )


def mp3_files(folder: pathlib.Path, count: int) -> list[str]:
    """Writes MP3s of 30 s, 44.1 kHz, stereo; returns their paths."""
    folder.mkdir()
    draw = np.random.default_rng(0)
    seconds = np.arange(30 * MP3_RATE_HZ) / MP3_RATE_HZ
    paths: list[str] = []
    for number in range(count):
        path = folder / f"{number:04d}.mp3"
        if number < _DIFFERENT:
            tone = np.sin(2 * np.pi * 110 * (1 + number) * seconds) / 4
            noise = draw.normal(0, 0.05, (len(seconds), 2))
            soundfile.write(
                path, (tone[:, None] + noise).astype("f4"), MP3_RATE_HZ
            )
        else:
            shutil.copy(paths[number % _DIFFERENT], path)
        paths.append(str(path))
    return paths


# A process of its own starts the command: on Linux the peak of a process begins
# with what the one that started it holds, and that is a large one here.
_LAUNCHER = """
import json, os, subprocess, sys, time
begin = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
passed = time.perf_counter() - begin
print(json.dumps([status, passed, usage.ru_maxrss]))
"""


def _run(command: list[str], peaks: list[float]) -> float:
    """Runs a command; returns its seconds, and notes its memory in MB."""
    launch = [sys.executable, "-I", "-c", _LAUNCHER]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*launch, *command, "--out", f"{folder}/tags.csv"],
            capture_output=True,
            text=True,
        )
    status, passed, peak_kb = json.loads(done.stdout or "[1, 0, 0]")
    if status:
        said = done.stderr.strip().splitlines() or ["no word"]
        raise ValueError(said[-1])
    peaks.append(peak_kb * memory.MB_OF_KB)
    return passed
