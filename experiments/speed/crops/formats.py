"""Random crops per second from files of each kind, as they lie."""

import contextlib
import pathlib
import tempfile
from collections.abc import Callable, Iterator

import numpy as np
import soundfile

from experiments.speed.crops import reading
from pipelines import manifest as manifests
from pipelines.prepare.wav_conversion import convert_worker
from pipelines.reading.slices import tensorflow_io_decoder
from tftag import audio

RATE_HZ = 44_100
PREPARED = "prepared WAV"
# How libsndfile calls what is written, by the name of the row.
FORMATS = {
    "WAV": ("wav", "WAV", "PCM_16"),
    "FLAC": ("flac", "FLAC", "PCM_16"),
    "MP3": ("mp3", "MP3", "MPEG_LAYER_III"),
    "Ogg Vorbis": ("ogg", "OGG", "VORBIS"),
}
BATCH_SIZE = 8
TORCH_WORKERS = (0, 2)

_BLOCK_FRAMES = 1 << 16


@contextlib.contextmanager
def ways(
    files: int,
    file_seconds: float,
    spec: audio.AudioSpec,
    seconds: float,
    torch_python: str | None,
) -> Iterator[dict[str, Callable[[], float]]]:
    """Writes files of each kind, and measures how fast crops are read.

    Args:
        files: Recordings.
        file_seconds: Length of each.
        spec: Length and rate of the crops.
        seconds: Duration of a measurement.
        torch_python: As `reading.torch_process`; None leaves it out.

    Yields:
        Crops per second, by kind and reader.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.ExitStack() as stack,
    ):
        kinds = files_of_each_kind(
            pathlib.Path(folder), files, file_seconds, spec
        )
        found = own_ways(kinds, spec, seconds)
        if torch_python is not None:
            ask = stack.enter_context(reading.torch_process(torch_python))
            found |= torch_ways(ask, kinds, spec, seconds)
        yield found


def files_of_each_kind(
    folder: pathlib.Path, files: int, seconds: float, spec: audio.AudioSpec
) -> dict[str, manifests.Manifest]:
    """Writes the same recordings in every format: 44.1 kHz, stereo.

    Args:
        folder: Where to.
        files: Recordings.
        seconds: Length of each.
        spec: Rate of the crops.

    Returns:
        A manifest for each row of the table: prepared WAV files, and those
        of each format as they lie.
    """
    kinds: dict[str, list[manifests.Track]] = {
        name: [] for name in (PREPARED, *FORMATS, "NumPy")
    }
    for number in range(files):
        wave = _music(number, round(seconds * RATE_HZ))
        for name, (suffix, container, encoding) in FORMATS.items():
            path = folder / f"{number}.{suffix}"
            with soundfile.SoundFile(
                path, "w", RATE_HZ, 2, encoding, format=container
            ) as file:
                # As float: libsndfile 1.2.2 makes rubbish of int16 in MP3.
                for start in range(0, len(wave), _BLOCK_FRAMES):
                    block = wave[start : start + _BLOCK_FRAMES]
                    file.write(block / np.float32(32_768))
            kinds[name].append(_track(path, spec, in_place=True))
        path = folder / f"{number}.npy"
        np.save(path, np.ascontiguousarray(wave.T))
        kinds["NumPy"].append(_track(path, spec, in_place=True))
        kinds[PREPARED].append(
            _track(folder / f"{number}.wav", spec, in_place=False)
        )
    return {
        name: reading.manifest_of(folder, tracks, spec)
        for name, tracks in kinds.items()
    }


def own_ways(
    kinds: dict[str, manifests.Manifest],
    spec: audio.AudioSpec,
    seconds: float,
) -> dict[str, Callable[[], float]]:
    """What `training_dataset` yields per second, per kind and decoder."""
    ways = {}
    for name, manifest in kinds.items():
        ways[f"{name}, {reading.OWN}"] = reading.own_way(
            manifest, spec, BATCH_SIZE, seconds
        )
    if not tensorflow_io_decoder.is_available():
        return ways
    decoder = tensorflow_io_decoder.TensorflowIoDecoder()
    for name, manifest in kinds.items():
        if manifest.tracks[0].codec in tensorflow_io_decoder.CODECS:
            way = f"{name}, {reading.OWN} by tensorflow-io"
            ways[way] = reading.own_way(
                manifest, spec, BATCH_SIZE, seconds, decoder
            )
    return ways


def torch_ways(
    ask: Callable[..., dict],
    kinds: dict[str, manifests.Manifest],
    spec: audio.AudioSpec,
    seconds: float,
) -> dict[str, Callable[[], float]]:
    """What a DataLoader yields per second from the same files.

    Args:
        ask: Asks the other process, see `reading.torch_process`.
        kinds: What `files_of_each_kind` wrote.
        spec: Length and rate of the crops.
        seconds: Duration of a measurement.
    """
    return {
        f"{name}, PyTorch, {workers} workers": reading.torch_way(
            ask,
            manifest,
            spec,
            "fromfile" if name == PREPARED else "resampled",
            workers,
            BATCH_SIZE,
            seconds,
        )
        for name, manifest in kinds.items()
        for workers in TORCH_WORKERS
    }


def _music(number: int, frames: int) -> np.ndarray:
    """Chords that decay over soft noise, int16 `[frames, 2]`.

    White noise would be the worst case of every compression.
    """
    generator = np.random.default_rng(number)
    wave = generator.normal(0, 0.01, (frames, 2))
    beat = RATE_HZ // 2
    time = np.arange(beat) / RATE_HZ
    for start in range(0, frames - beat, beat):
        pitches = 110 * 2 ** (generator.integers(0, 36, 4) / 12)
        chord = np.sin(2 * np.pi * pitches[:, np.newaxis] * time)
        mixed = generator.uniform(0, 0.2, (2, 4)) @ chord * np.exp(-4 * time)
        wave[start : start + beat] += mixed.T
    return np.clip(32_767 * wave, -32_767, 32_767).astype(np.int16)


def _track(path, spec, in_place):
    target = path.with_name(f"{path.stem} prepared.wav")
    answer = convert_worker.convert(
        str(path), str(target), spec.sample_rate_hz, in_place, RATE_HZ
    )
    facts = ["samples", "peak", "data_offset", "file_bytes", "audio_hash"]
    if in_place:
        facts += ["codec", "source_rate_hz", "source_frames"]
    return manifests.Track(
        track_id=path.name,
        path=path.name if in_place else target.name,
        split="train",
        artist="",
        tags=("noise",),
        **{name: answer[name] for name in facts},
    )
