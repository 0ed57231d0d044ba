"""Random crops per second: of this project, and of PyTorch's DataLoader."""

import contextlib
import pathlib
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np

from experiments.speed.processes import other_interpreter
from pipelines import manifest as manifests
from pipelines.reading import slice_reader, tf_data
from pipelines.reading.slices import slice_decoders
from tftag import audio, tags

BATCH_SIZES = (8, 32)
TORCH_WORKERS = (0, 1, 2)
OWN = "tftag"
TORCH_CLIP = "PyTorch, clip by clip"
TORCH_BATCH = "PyTorch, __getitems__"
TORCH_LOADER = pathlib.Path(__file__).parents[1] / "peers" / "torch_loader.py"

_FIRST_BATCHES = 4  # not timed: buffers fill
_TIMES_PER_EPOCH = 16
_NOISE_LEVEL = 3_000.0


def noise_files(
    folder: pathlib.Path, files: int, samples: int, spec: audio.AudioSpec
) -> manifests.Manifest:
    """Writes WAV files of noise of one length, each different."""
    noise = np.random.default_rng(0).normal(0, _NOISE_LEVEL, samples)
    noise = noise.astype(np.int16)
    tracks = []
    for number in range(files):
        path = folder / f"{number:04d}.wav"
        offset = audio.write_wav(
            path, np.roll(noise, 1_000 * number), spec.sample_rate_hz
        )
        tracks.append(
            manifests.Track(
                track_id=path.stem,
                path=path.name,
                split="train",
                artist="",
                tags=("noise",),
                samples=samples,
                peak=1.0,
                data_offset=offset,
                file_bytes=path.stat().st_size,
                audio_hash=path.stem,
            )
        )
    return manifest_of(folder, tracks, spec)


def manifest_of(
    folder: pathlib.Path, tracks: list[manifests.Track], spec: audio.AudioSpec
) -> manifests.Manifest:
    """A manifest of files that were written to be read."""
    return manifests.Manifest(
        folder=folder,
        sample_rate_hz=spec.sample_rate_hz,
        tracks=manifests.Tracks.of(tracks),
        vocabulary=tags.TagVocabulary(("noise",)),
        audit={},
        source={},
    )


def own_ways(
    manifest: manifests.Manifest, spec: audio.AudioSpec, seconds: float
) -> dict[str, Callable[[], float]]:
    """What `training_dataset` yields per second, per batch size."""
    return {
        f"{OWN}, batches of {batch_size}": own_way(
            manifest, spec, batch_size, seconds
        )
        for batch_size in BATCH_SIZES
    }


def own_way(
    manifest: manifests.Manifest,
    spec: audio.AudioSpec,
    batch_size: int,
    seconds: float,
    decoder: slice_decoders.Decoder = slice_decoders.libsndfile,
) -> Callable[[], float]:
    """What `training_dataset` yields per second, in one setting."""
    # Epochs as long as those of a real data set: the end of one costs time.
    rows = np.arange(len(manifest.tracks))
    long = manifest.subset(np.tile(rows, _TIMES_PER_EPOCH))

    def clips_per_second() -> float:
        batches = iter(
            tf_data.training_dataset(
                long,
                spec,
                slice_reader.SliceReader(
                    long, spec.clip_samples, decoder=decoder
                ),
                batch_size=batch_size,
                seed=0,
                epochs=1 << 20,  # no measurement comes to its end
            )
        )
        for _ in range(_FIRST_BATCHES):
            next(batches)
        read = 0
        begin = time.perf_counter()
        while (passed := time.perf_counter() - begin) < seconds:
            next(batches)
            read += batch_size
        return read / passed

    return clips_per_second


@contextlib.contextmanager
def torch_process(python: str) -> Iterator[other_interpreter.Ask]:
    """Starts `torch_loader` in its own process.

    Args:
        python: Interpreter that has torch, numpy and soundfile.

    Yields:
        Asks it for a measurement.

    Raises:
        ValueError: The process does not answer.
    """
    with other_interpreter.asked(
        python,
        TORCH_LOADER,
        "--torch-python must be a Python with torch, numpy and soundfile",
    ) as ask:
        ask()  # so that it fails before anything is measured
        yield ask


def torch_ways(
    ask: other_interpreter.Ask,
    manifest: manifests.Manifest,
    spec: audio.AudioSpec,
    seconds: float,
) -> dict[str, Callable[[], float]]:
    """What a DataLoader yields per second, per way to set it up.

    Args:
        ask: Asks the other process, see `torch_process`.
        manifest: What `noise_files` wrote.
        spec: Length of the clips.
        seconds: Duration of a measurement.
    """
    return {
        f"{title}, {workers} workers, {batch_size} in batch": torch_way(
            ask, manifest, spec, read, workers, batch_size, seconds
        )
        for title, read in (
            (f"{TORCH_CLIP}, np.fromfile", "fromfile"),
            (f"{TORCH_CLIP}, soundfile", "soundfile"),
            (TORCH_BATCH, "batches"),
        )
        for workers in TORCH_WORKERS
        for batch_size in BATCH_SIZES
    }


def torch_way(
    ask: other_interpreter.Ask,
    manifest: manifests.Manifest,
    spec: audio.AudioSpec,
    read: str,
    workers: int,
    batch_size: int,
    seconds: float,
) -> Callable[[], float]:
    """What a DataLoader yields per second of files of one kind and length.

    Args:
        ask: Asks the other process, see `torch_process`.
        manifest: The files.
        spec: Length and rate of the clips.
        read: How `torch_loader` reads a clip.
        workers: Its processes.
        batch_size: Clips at a time.
        seconds: Duration of a measurement.
    """
    first = manifest.tracks[0]
    question = {
        "files": {
            "paths": [str(manifest.wav_path(t)) for t in manifest.tracks],
            "samples": first.samples,
            "data_offset": first.data_offset,
            "clip_samples": spec.clip_samples,
            "rate_hz": first.source_rate_hz,
            "target_hz": spec.sample_rate_hz,
        },
        "read": read,
        "workers": workers,
        "batch_size": batch_size,
        "seconds": seconds,
    }
    return lambda: ask(**question)["clips_per_second"]


def ratios(found: dict[str, list[float]]) -> list[str]:
    """Compares the best median of this project with PyTorch's best ones.

    Args:
        found: Figures of each round by the names of the ways.

    Returns:
        A line per kind of DataLoader.
    """

    def best(kind: str) -> float:
        return max(
            statistics.median(figures)
            for name, figures in found.items()
            if name.startswith(kind)
        )

    return [
        f"best {OWN} / best {kind}: {best(OWN) / best(kind):.2f}"
        for kind in (TORCH_CLIP, TORCH_BATCH)
    ]
