"""What a data set of many rows costs: to open it, and per clip.

```
python -m experiments.speed.manifest_rows --rows 600 1000000
```

Rows have files of their own name: links to folders of few files of noise, so
that the clips of every row come from the file cache. For each number of rows
a process of its own opens the data set, and then draws batches to train on.
"""

import json
import pathlib
import sys
import tempfile
import time
from collections.abc import Iterator

import numpy as np

from experiments.speed.processes import memory, own_process
from pipelines import manifest as manifests
from tftag import audio, tags
from tftag.cli import command_line

_FILES = 500
_SECONDS = 11
_TAGS = tuple(f"tag {number}" for number in range(50))
_TAGS_OF_EACH = 5
_BATCH_SIZE = 16
_FIRST_BATCHES = 8  # not among those that are timed


def main(argv: list[str] | None = None) -> int:
    """Measures, and prints a line of JSON for each number of rows."""
    parser = command_line.Parser(
        prog="python -m experiments.speed.manifest_rows", description=__doc__
    )
    parser.add_argument(
        "--rows",
        type=int,
        nargs="+",
        default=[600, 1_000_000],
        help="of each data set (600 1000000)",
    )
    parser.add_argument(
        "--batches", type=int, default=2_000, help="that are timed (2000)"
    )
    arguments = parser.parse_args(argv)
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            write(folder, rows)
            found = own_process.call(measure, folder, arguments.batches)
        print(json.dumps(found), flush=True)
    return 0


def write(folder: pathlib.Path, rows: int) -> None:
    """Writes a data set whose rows share few files.

    Args:
        folder: An empty one.
        rows: How many.
    """
    spec = audio.AudioSpec()
    samples = _SECONDS * spec.sample_rate_hz
    noise = np.random.default_rng(0).normal(0, 3_000, samples)
    real = folder / "audio"
    real.mkdir()
    for number in range(min(_FILES, rows)):
        path = real / f"{number:03d}.wav"
        offset = audio.write_wav(
            path,
            np.roll(noise, 1_000 * number).astype(np.int16),
            spec.sample_rate_hz,
        )
    file_bytes = path.stat().st_size
    (folder / "wav").mkdir()
    for number in range(-(-rows // _FILES)):
        (folder / f"wav/{number:05d}").symlink_to("../audio")
    manifests.write_manifest(
        manifests.Manifest(
            folder=folder,
            sample_rate_hz=spec.sample_rate_hz,
            tracks=manifests.Tracks.of(
                _drawn(rows, samples, offset, file_bytes)
            ),
            vocabulary=tags.TagVocabulary(_TAGS),
            audit={},
            source={},
        )
    )


def _drawn(
    rows: int, samples: int, data_offset: int, file_bytes: int
) -> Iterator[manifests.Track]:
    draw = np.random.default_rng(0)
    first = draw.integers(0, len(_TAGS) - _TAGS_OF_EACH, rows)
    peaks = draw.random(rows, np.float32)
    for row in range(rows):
        yield manifests.Track(
            track_id=f"{row:07d}",
            path=f"wav/{row // _FILES:05d}/{row % _FILES:03d}.wav",
            split="train",
            # Half of them need quotes.
            artist=f"Artist {row // 10}{', The' * (row // 10 % 2)}",
            tags=_TAGS[first[row] : first[row] + _TAGS_OF_EACH],
            samples=samples,
            peak=float(peaks[row]),
            data_offset=data_offset,
            file_bytes=file_bytes,
            audio_hash=f"{row * 0x9E3779B97F4A7C15 % (1 << 64):016x}",
        )


def measure(folder: pathlib.Path, batches: int) -> dict[str, float]:
    """Opens a data set and draws batches, in this process.

    Args:
        folder: What `write` wrote.
        batches: How many are timed.

    Returns:
        Seconds of processor time; megabytes above those before the opening.
    """
    memory.forget_peak()
    before_mb, start = memory.status_mb()["VmRSS"], _now()
    manifest = manifests.read_manifest(folder)
    found = {"rows": float(len(manifest.tracks)), "open_s": _now() - start}
    found["open_mb"] = memory.status_mb()["VmHWM"] - before_mb
    start = _now()
    train = manifest.split("train")
    train.labels(np.uint8)
    found["labels_s"] = _now() - start

    # Imported here: TensorFlow's own start is not the data's.
    from pipelines.reading import slice_reader, tf_data

    spec = audio.AudioSpec(clip_seconds=10)
    reader = slice_reader.SliceReader(train, spec.clip_samples)
    steps = tf_data.steps_per_epoch(len(train.tracks), _BATCH_SIZE)
    wanted = _FIRST_BATCHES + batches
    start = _now()
    stream = iter(
        tf_data.training_dataset(
            train,
            spec,
            reader,
            batch_size=_BATCH_SIZE,
            seed=0,
            epochs=-(-wanted // steps),
        )
    )
    next(stream)
    found["first_batch_s"] = _now() - start
    for _ in range(_FIRST_BATCHES - 1):
        next(stream)
    start = _now()
    for _ in range(batches):
        next(stream)
    found["clip_us"] = 1e6 * (_now() - start) / batches / _BATCH_SIZE
    found["most_mb"] = memory.status_mb()["VmHWM"] - before_mb
    return {name: round(value, 3) for name, value in found.items()}


def _now() -> float:
    """Seconds of processor time of all threads."""
    return time.process_time()


if __name__ == "__main__":
    sys.exit(command_line.run(main))
