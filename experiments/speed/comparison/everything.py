"""All rows, in the time that there is for them."""

import argparse
import datetime
import os
import pathlib
import platform
import tempfile
from collections.abc import Iterator

import keras
import tensorflow as tf

from experiments.speed.comparison import files, networks, report
from experiments.speed.comparison import row as row_lib
from experiments.speed.processes import other_interpreter
from tftag.storage import atomic_write

PROGRAM = pathlib.Path(__file__).parent.parent / "peers"
# Of all rows' shares, and what a share of the budget leaves for getting ready.
_SHARES = 26.0
_MEASURING = 0.6


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds what the peers need, and how long it may take."""
    parser.add_argument(
        "--peers-python",
        metavar="PATH",
        default=".venv-peers/bin/python",
        help="Python with requirements/peers.txt (%(default)s)",
    )
    parser.add_argument(
        "--budget",
        type=float,
        metavar="MINUTES",
        default=30.0,
        help="about how long all of it may take (%(default)g); below 12 the "
        "fewest rounds take longer",
    )
    parser.add_argument(
        "--only", default="", help="rows with this word in their names"
    )
    parser.add_argument(
        "--mp3-files", type=int, default=96, help="how many (%(default)s)"
    )
    parser.add_argument(
        "--out",
        type=pathlib.Path,
        default=pathlib.Path("runs/benchmark"),
        help="folder that gets benchmark.json and benchmark.md (%(default)s)",
    )
    parser.set_defaults(rounds=row_lib.LEAST_ROUNDS)


def peers(arguments: argparse.Namespace) -> None:
    """All of it beside PyTorch, ONNX Runtime, OpenVINO and librosa."""
    about = {
        "measured": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        report.LOAD: round(os.getloadavg()[0], 1),
        "Python": platform.python_version(),
        "TensorFlow": tf.__version__,
        "Keras": keras.__version__,
    }
    arguments.out.mkdir(parents=True, exist_ok=True)
    measured: list[row_lib.Measured] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        other_interpreter.asked(
            arguments.peers_python,
            PROGRAM,
            "--peers-python must be a Python with requirements/peers.txt",
        ) as ask,
    ):
        _, versions = row_lib.peers_ways(ask, "versions")
        about |= versions
        for row in _rows(arguments, ask, pathlib.Path(folder)):
            if arguments.only not in row.name:
                continue
            if isinstance(row, row_lib.Row):
                seconds = 60 * arguments.budget * _MEASURING * row.share
                row = row_lib.measure(row, seconds / _SHARES, arguments.rounds)
            measured.append(row)
            print(report.to_lines(row), flush=True)
            # What there is by now, in case the rest does not come.
            for name, write in (
                ("benchmark.json", report.to_json),
                ("benchmark.md", report.to_markdown),
            ):
                atomic_write.write(arguments.out / name, write(about, measured))
    print(f"Written: {arguments.out}/benchmark.json and benchmark.md")


def _rows(arguments, ask, folder) -> Iterator[row_lib.Row | row_lib.Measured]:
    yield _machine(ask)
    yield from networks.front_end_rows(ask, folder)
    yield from networks.network_rows(ask, folder)
    yield from files.input_rows(arguments.peers_python, folder)
    narrow = folder / networks.width_name(networks.SIZES[0][0])
    yield from files.tagging_rows(
        arguments.peers_python, narrow, folder, arguments.mp3_files
    )


def _machine(ask) -> row_lib.Row:
    taken, found = row_lib.peers_ways(ask, "machine")

    def rate(way):
        # Its fact is how much it is.
        amount = found.pop(way)
        return lambda: amount / taken[way]()

    return row_lib.Row(
        "the machine",
        "GFLOP/s, GB/s",
        {way: rate(way) for way in taken},
        more_is_better=True,
        facts=found,
    )


def _processor() -> str:
    """The processor's name, where the system says it."""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line for line in text.splitlines() if "model name" in line]
    return names[0].split(":")[1].strip() if names else platform.machine()
