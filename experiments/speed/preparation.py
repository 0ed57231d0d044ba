"""How fast and in how much memory `pipelines.prepare` works."""

import argparse
import concurrent.futures
import contextlib
import csv
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable

import numpy as np
import soundfile

from experiments.speed.processes import memory
from tftag import audio

FORMATS = ("mp3", "flac", "ogg")
_SOURCE_HZ = 44_100
_DISTINCT = 4  # pieces of music; the other files are copies of them
_TINY_SAMPLES = 1_600
_ROWS_PER_ARTIST = 20
_SAMPLING_SECONDS = 0.2
_ROOT = pathlib.Path(__file__).parents[2]


def prepare(arguments: argparse.Namespace) -> None:
    """Hours of music per minute, beside ffmpeg alone, and memory."""
    whole = min(arguments.files, arguments.processes)
    if whole < 1 or not 0.05 <= arguments.minutes < 1_000:
        raise ValueError(
            "--files and --processes must be at least 1, --minutes 0.05. "
            "Received: "
            f"{arguments.files}, {arguments.minutes:g}, {arguments.processes}"
        )
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        if arguments.formats:
            _speed(pathlib.Path(folder), arguments)
        if arguments.rows:
            _memory(pathlib.Path(folder), arguments)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds what may be said on the command line."""
    add = parser.add_argument
    add(
        "--formats",
        nargs="*",
        choices=FORMATS,
        default=FORMATS,
        help="to measure the speed of (all)",
    )
    add("--files", type=int, default=40, help="of each format (40)")
    add("--minutes", type=float, default=4, help="per file (4)")
    add("--processes", type=int, default=2, help="at a time (2)")
    add(
        "--rows",
        type=int,
        default=0,
        help="then prepare so many tiny files and tell the memory (0: do not)",
    )
    add(
        "--folder", help="for the files, about 5 GB (default: that of tempfile)"
    )


def write_music(
    folder: pathlib.Path, kind: str, files: int, minutes: float
) -> list[pathlib.Path]:
    """Writes chords in noise, 44.1 kHz stereo.

    Args:
        folder: Where to.
        kind: One of `FORMATS`.
        files: How many; only the first few are different.
        minutes: Length of each.

    Returns:
        The paths.
    """
    folder.mkdir()
    paths = [folder / f"{number:03d}.{kind}" for number in range(files)]
    for number, path in enumerate(paths):
        if number >= _DISTINCT:
            shutil.copyfile(paths[number % _DISTINCT], path)
            continue
        draw = np.random.default_rng(number)
        with soundfile.SoundFile(
            path, "w", _SOURCE_HZ, 2, format=kind.upper()
        ) as file:
            # A second at a time: libsndfile's Vorbis overflows the stack.
            for _ in range(round(60 * minutes)):
                file.write(_chord(draw))
    return paths


def measure_prepare(
    paths: Iterable[pathlib.Path], out: pathlib.Path, processes: int
) -> tuple[float, dict[str, float]]:
    """Prepares files by the command, start and manifest included.

    Args:
        paths: Files of one folder.
        out: Folder of the prepared data set.
        processes: Worker processes.

    Returns:
        Seconds, and the largest resident memory in megabytes of the "command"
        and of a "worker"; without the two where there is no /proc.

    Raises:
        RuntimeError: The command failed; tells what it said.
    """
    paths = list(paths)
    table = out.with_suffix(".csv")
    with open(table, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "tags", "artist"])
        for number, path in enumerate(paths):
            tag = ("one", "two", "three")[number % 3]
            rows.writerow([path, tag, f"artist {number // _ROWS_PER_ARTIST}"])
    command = [sys.executable, "-m", "pipelines.prepare", "--table", table]
    command += ["--audio", paths[0].parent, "--out", out]
    command += ["--processes", processes, "--accept-leak"]
    with tempfile.TemporaryFile("w+") as said:
        begin = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=_ROOT,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        most_mb: dict[str, float] = {}
        try:
            while process.poll() is None:
                _sample(process.pid, most_mb)
                time.sleep(_SAMPLING_SECONDS)
        finally:
            process.kill()  # after Ctrl-C; its workers end with it
            process.wait()
        seconds = time.perf_counter() - begin
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"The preparation failed: {said.read()}")
    return seconds, most_mb


def measure_ffmpeg(
    paths: Iterable[pathlib.Path], out: pathlib.Path, processes: int
) -> float:
    """Converts files by ffmpeg alone, one process per file.

    Args:
        paths: The files.
        out: Folder of the WAV files.
        processes: How many at a time.

    Returns:
        Seconds.
    """
    out.mkdir()

    def convert(path):
        command = ["ffmpeg", "-nostdin", "-v", "error", "-i", path]
        command += ["-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le"]
        subprocess.run([*command, out / f"{path.stem}.wav"], check=True)

    begin = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(processes) as pool:
        list(pool.map(convert, paths))
    return time.perf_counter() - begin


def write_tiny(folder: pathlib.Path, files: int) -> list[pathlib.Path]:
    """Writes different WAV files of 0.1 s; returns their paths."""
    folder.mkdir()
    noise = np.random.default_rng(0).integers(-9_999, 9_999, files + 2_000)
    paths = []
    for number in range(files):
        paths.append(folder / f"{number:06d}.wav")
        piece = noise[number : number + _TINY_SAMPLES].astype(np.int16)
        audio.write_wav(paths[-1], piece, 16_000)
    return paths


def _speed(folder, arguments):
    hours = arguments.files * arguments.minutes / 60
    print(
        f"{arguments.files} files of {arguments.minutes:g} minutes, 44.1 kHz "
        f"stereo, {arguments.processes} processes; hours of music per minute"
    )
    has_ffmpeg = shutil.which("ffmpeg") is not None
    if not has_ffmpeg:
        print("ffmpeg was not measured: it is not installed")
    for kind in arguments.formats:
        paths = write_music(
            folder / kind, kind, arguments.files, arguments.minutes
        )
        ours, theirs = [], []
        for number in range(arguments.rounds):
            out = folder / f"{kind} {number}"
            seconds, _ = measure_prepare(paths, out, arguments.processes)
            ours.append(hours / seconds * 60)
            shutil.rmtree(out)
            if has_ffmpeg:
                out = folder / f"{kind} {number} ffmpeg"
                seconds = measure_ffmpeg(paths, out, arguments.processes)
                theirs.append(hours / seconds * 60)
                shutil.rmtree(out)
        shutil.rmtree(folder / kind)
        line = f"{kind:5} prepare {_spread(ours)}"
        if theirs:
            ratio = statistics.median(ours) / statistics.median(theirs)
            line += f"   ffmpeg {_spread(theirs)}   ratio {ratio:.2f}"
        print(line, flush=True)


def _memory(folder, arguments):
    paths = write_tiny(folder / "tiny", arguments.rows)
    seconds, most_mb = measure_prepare(
        paths, folder / "rows", arguments.processes
    )
    megabytes = ", ".join(
        f"{who} {most:.0f} MB" for who, most in most_mb.items()
    )
    print(
        f"{arguments.rows:,} rows in {seconds:.0f} s; largest resident memory: "
        f"{megabytes or 'not known here'}"
    )
    paths[0].touch()
    seconds, _ = measure_prepare(paths, folder / "rows", arguments.processes)
    print(f"  again, one file changed: {seconds:.0f} s")


def _chord(draw):
    """One second, float32 `[samples, 2]`."""
    seconds = np.arange(_SOURCE_HZ) / _SOURCE_HZ
    waves = sum(
        np.sin(2 * np.pi * hz * seconds) * np.exp(-seconds * decay)
        for hz, decay in zip(
            draw.uniform(60, 5_000, 6), draw.uniform(0, 6, 6), strict=True
        )
    )
    noise = draw.standard_normal((_SOURCE_HZ, 2), np.float32)
    sides = waves[:, None] * draw.uniform(0.03, 0.1, 2)
    return (sides + 0.02 * noise).astype(np.float32)


def _sample(pid, most_mb):
    """Notes the memory of a process and of its children so far."""

    def words(process):
        return pathlib.Path(f"/proc/{process}/cmdline").read_bytes()

    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    # Where it, or a child, has ended meanwhile, or this is not Linux.
    with contextlib.suppress(OSError):
        for one in (pid, *map(int, children.read_text().split())):
            who = "command" if one == pid else "worker"
            most = memory.status_mb(one).get("VmHWM", 0)
            # Before a child becomes another program, it has this one's memory.
            if most and (one == pid or words(one) != words(pid)):
                most_mb[who] = max(most_mb.get(who, 0), most)


def _spread(figures):
    middle = statistics.median(figures)
    return f"{middle:5.2f} ({min(figures):.2f} to {max(figures):.2f})"
