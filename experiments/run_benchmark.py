"""Measures this machine: reading, front end, training step.

```
python -m experiments.run_benchmark pipeline --torch-python PATH
python -m experiments.run_benchmark formats --torch-python PATH
python -m experiments.run_benchmark frontend
python -m experiments.run_benchmark step --preset demo
python -m experiments.run_benchmark prepare --rows 100000
python -m experiments.run_benchmark remote s3://bucket/mine data/mine
python -m experiments.run_benchmark peers --budget 12
```

Every figure is the median of several rounds, with the lowest and the highest.
What is compared takes turns within a round, so that a busy moment of the
machine meets all of it.
"""

import argparse
import contextlib
import importlib.util
import pathlib
import statistics
import sys
import tempfile
from collections.abc import Callable

import keras
import tensorflow as tf

from experiments.settings import baseline_config, flags
from experiments.speed import preparation
from experiments.speed.comparison import everything
from experiments.speed.comparison import step as step_speed
from experiments.speed.crops import formats as format_speed
from experiments.speed.crops import reading
from experiments.speed.crops import remote as remote_speed
from tftag import audio, layers
from tftag.cli import arguments as arguments_lib
from tftag.cli import command_line

HOW_TO_GET_TORCH = (
    "PyTorch was not measured: this Python has no torch. `python -m venv DIR`, "
    "`DIR/bin/pip install torch==2.13.0 numpy soundfile soxr`, and "
    "`--torch-python DIR/bin/python`."
)


def main(argv: list[str] | None = None) -> int:
    """Runs one of the benchmarks."""
    parser = command_line.Parser(prog="python -m experiments.run_benchmark")
    commands = parser.add_subparsers(required=True, metavar="BENCHMARK")
    for measure, add_flags in (
        (pipeline, _pipeline_flags),
        (formats, _formats_flags),
        (frontend, _frontend_flags),
        (step, _step_flags),
        (preparation.prepare, preparation.add_flags),
        (remote, remote_speed.add_flags),
        (everything.peers, everything.add_flags),
    ):
        command = commands.add_parser(
            measure.__name__, help=measure.__doc__, description=measure.__doc__
        )
        command.add_argument(
            "--rounds",
            type=arguments_lib.count,
            default=5,
            help="how many (%(default)s)",
        )
        add_flags(command)
        command.set_defaults(measure=measure)
    arguments = parser.parse_args(argv)
    arguments.measure(arguments)
    return 0


def pipeline(arguments: argparse.Namespace) -> None:
    """Random crops per second, beside PyTorch's DataLoader."""
    spec, seconds, torch_python = _reading(arguments)
    samples = round(arguments.minutes * 60 * spec.sample_rate_hz)
    with tempfile.TemporaryDirectory() as folder:
        manifest = reading.noise_files(
            pathlib.Path(folder), arguments.files, samples, spec
        )
        ways = reading.own_ways(manifest, spec, seconds)
        with contextlib.ExitStack() as stack:
            if torch_python is not None:
                ask = stack.enter_context(reading.torch_process(torch_python))
                ways |= reading.torch_ways(ask, manifest, spec, seconds)
            found = take_turns(ways, arguments.rounds)
    _print_crops(arguments, found)
    if torch_python is not None:
        print("\n".join(reading.ratios(found)))


def formats(arguments: argparse.Namespace) -> None:
    """Random crops per second from files of each format, as they lie."""
    spec, seconds, torch_python = _reading(arguments)
    with format_speed.ways(
        arguments.files, 60 * arguments.minutes, spec, seconds, torch_python
    ) as ways:
        found = take_turns(ways, arguments.rounds)
    _print_crops(arguments, dict(sorted(found.items())))


def _print_crops(arguments, found) -> None:
    seconds = arguments.seconds / arguments.rounds
    print(
        f"{arguments.files} files of {arguments.minutes:g} min, random crops "
        f"of {arguments.clip_seconds:g} s; crops per second, rounds of "
        f"{seconds:g} s"
    )
    print(table(found))
    if not any("PyTorch" in name for name in found):
        print(HOW_TO_GET_TORCH)


def _reading(arguments) -> tuple[audio.AudioSpec, float, str | None]:
    spec = audio.AudioSpec(clip_seconds=arguments.clip_seconds)
    if 60 * arguments.minutes < spec.clip_seconds:
        raise ValueError(
            f"Files must be as long as a clip, {spec.clip_seconds:g} s. "
            f"Received: --minutes {arguments.minutes:g}"
        )
    torch_python = arguments.torch_python
    if torch_python is None and importlib.util.find_spec("torch") is not None:
        torch_python = sys.executable
    return spec, arguments.seconds / arguments.rounds, torch_python


def frontend(arguments: argparse.Namespace) -> None:
    """Milliseconds per clip of the log-mel spectrogram."""
    spec = audio.AudioSpec(clip_seconds=arguments.clip_seconds)
    log_mel = tf.function(layers.LogMelSpectrogram())
    waveform = tf.random.stateless_normal(
        [arguments.batch_size, spec.clip_samples], [0, 0], stddev=0.1
    )

    def milliseconds() -> float:
        seconds = step_speed.seconds(lambda: log_mel(waveform).numpy())
        return 1e3 * seconds / arguments.batch_size

    milliseconds()  # traces
    print(
        f"milliseconds per clip of {spec.clip_seconds:g} s, batches of "
        f"{arguments.batch_size}"
    )
    print(table(take_turns({"log-mel": milliseconds}, arguments.rounds)))


def step(arguments: argparse.Namespace) -> None:
    """Seconds per clip of a training step, and of inference."""
    # One network takes the step, whatever it is averaged with later.
    arguments.average_with = ""
    settings = flags.from_arguments(arguments, baseline_config.PRESETS)
    has_gpu = bool(tf.config.list_physical_devices("GPU"))
    # As in training: on a CPU, less precision takes longer.
    precision = settings.training.precision if has_gpu else "float32"
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        ways = step_speed.ways(settings, arguments.tags)
    finally:
        keras.config.set_dtype_policy(before)
    for seconds_per_clip in ways.values():
        seconds_per_clip()  # traces
    print(
        f"preset {settings.preset}, {precision}, clips of "
        f"{settings.audio.clip_seconds:g} s, batches of "
        f"{settings.training.batch_size}; seconds per clip"
    )
    print(table(take_turns(ways, arguments.rounds)))


def remote(arguments: argparse.Namespace) -> None:
    """Random crops per second from buckets, beside folders."""
    ways = remote_speed.ways(
        arguments.data,
        arguments.clip_seconds,
        arguments.seconds / arguments.rounds,
    )
    print(remote_speed.headline(arguments.data, arguments.clip_seconds))
    print(table(take_turns(ways, arguments.rounds)))


def take_turns(
    ways: dict[str, Callable[[], float]], rounds: int
) -> dict[str, list[float]]:
    """Measures each way once per round; name -> a figure per round."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, measure in ways.items():
            found[name].append(measure())
    return found


def table(found: dict[str, list[float]]) -> str:
    """Lays out a line per way: median, lowest and highest."""
    width = max(map(len, found))
    lines = [f"{'':{width}}  {'median':>9} {'lowest':>9} {'highest':>9}"]
    for name, figures in found.items():
        cells = (statistics.median(figures), min(figures), max(figures))
        lines.append(
            f"{name:{width}}  " + " ".join(f"{cell:9.4g}" for cell in cells)
        )
    return "\n".join(lines)


def _formats_flags(parser: argparse.ArgumentParser) -> None:
    _pipeline_flags(parser, files=4)


def _pipeline_flags(parser: argparse.ArgumentParser, files: int = 64) -> None:
    parser.add_argument(
        "--files",
        type=arguments_lib.count,
        default=files,
        help=f"how many ({files})",
    )
    parser.add_argument(
        "--minutes", type=arguments_lib.positive, default=4, help="per file (4)"
    )
    parser.add_argument(
        "--clip-seconds",
        type=arguments_lib.positive,
        default=30,
        help="of a clip (30)",
    )
    parser.add_argument(
        "--seconds",
        type=arguments_lib.positive,
        default=10,
        help="per way, all rounds (10)",
    )
    parser.add_argument(
        "--torch-python",
        metavar="PATH",
        help="Python with torch, numpy, soundfile, soxr (default: this one)",
    )


def _frontend_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--batch-size", type=arguments_lib.count, default=8, help="clips (8)"
    )
    parser.add_argument(
        "--clip-seconds",
        type=arguments_lib.positive,
        default=30,
        help="of a clip (30)",
    )


def _step_flags(parser: argparse.ArgumentParser) -> None:
    flags.add_flags(parser, baseline_config.PRESETS, step_speed.setting_names())
    parser.add_argument(
        "--tags", type=arguments_lib.count, default=67, help="how many (67)"
    )


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
