"""What models cost: bytes, processor time, memory.

    python -m experiments.speed.exports msd_musicnn saved_models/baseline

Each is opened by a process of its own with one thread, as the commands open
it, and asked about a recording of noise again and again: a tagger for its
tags, a dual encoder for a vector.
"""

import math
import os
import pathlib
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np

from experiments.speed.processes import memory, own_process
from tftag.cli import arguments as arguments_lib
from tftag.cli import chosen_model, command_line
from tftag.inference import model_card, version_folder
from tftag.pretrained import presets

_THREADS = ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS")
_HEAD = """\
| | on disk | CPU to the first answer | CPU of every other | memory at most |
| --- | --- | --- | --- | --- |"""


def main(argv: Sequence[str] | None = None) -> int:
    """Prints a line of a Markdown table for each model."""
    parser = command_line.Parser(
        prog="python -m experiments.speed.exports", description=__doc__
    )
    parser.add_argument(
        "models", nargs="+", metavar="MODEL", help="presets, or exports"
    )
    parser.add_argument(
        "--audio-seconds",
        type=arguments_lib.count,
        default=30,
        help="length of the recording (%(default)s)",
    )
    parser.add_argument(
        "--rounds",
        type=arguments_lib.count,
        default=7,
        help="of which the median is told (%(default)s)",
    )
    asked = parser.parse_args(argv)
    # TensorFlow's and NumPy's, of the processes that are measured.
    os.environ |= dict.fromkeys(_THREADS, "1")
    print(_HEAD)
    for model in asked.models:
        presets.resolve(model, chosen_model.say)  # not part of the costs
        found = own_process.call(
            costs, model, asked.audio_seconds, asked.rounds
        )
        print(_line(model, found), flush=True)
    return 0


def costs(model: str, audio_seconds: float, rounds: int) -> dict[str, float]:
    """Opens a model and asks it.

    Args:
        model: A preset's name or a folder.
        audio_seconds: Length of the recording.
        rounds: How many times, after the first.

    Returns:
        "disk_mb", "first_cpu_seconds" since this process began,
        "cpu_seconds" of another call, and "peak_mb" of this process: NaN
        where the system is not Linux.
    """
    folder = version_folder.newest(presets.resolve(model))
    answer, rate_hz = _opened(model, folder)
    draw = np.random.default_rng(0)
    samples = draw.normal(0, 0.1, round(audio_seconds * rate_hz))
    answer(samples.astype(np.float32))
    first = time.process_time()
    taken = []
    for _ in range(rounds):
        begin = time.process_time()
        answer(samples.astype(np.float32))
        taken.append(time.process_time() - begin)
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        "disk_mb": sum(path.stat().st_size for path in files) / 1e6,
        "first_cpu_seconds": first,
        "cpu_seconds": statistics.median(taken),
        "peak_mb": memory.status_mb().get("VmHWM", math.nan),
    }


def _opened(
    model: str, folder: pathlib.Path
) -> tuple[Callable[[np.ndarray], object], int]:
    """What answers about a waveform, and its rate."""
    if model_card.read(folder).get("kind") == model_card.DUAL_ENCODER:
        encoder = chosen_model.open_dual_encoder(model, starts_fast=False)
        return lambda x: encoder.embed_batch([x]), encoder.sample_rate_hz
    tagger = chosen_model.open_tagger(model)
    return tagger.tag_samples, tagger.sample_rate_hz


def _line(model: str, found: dict[str, float]) -> str:
    name = model if model in presets.PRESETS else pathlib.Path(model).name
    return (
        f"| `{name}` | {found['disk_mb']:.1f} MB "
        f"| {found['first_cpu_seconds']:.1f} s | {found['cpu_seconds']:.2f} s "
        f"| {found['peak_mb'] / 1e3:.2f} GB |"
    )


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
