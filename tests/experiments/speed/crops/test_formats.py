import numpy as np
import pytest

from experiments.speed.crops import formats
from pipelines import manifest as manifests
from pipelines.reading import slice_reader
from pipelines.reading.slices import tensorflow_io_decoder
from tftag import audio

SPEC = audio.AudioSpec(clip_seconds=0.25)
KINDS = ["prepared WAV", "WAV", "FLAC", "MP3", "Ogg Vorbis", "NumPy"]


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("formats")
    return formats.files_of_each_kind(folder, 2, 1.5, SPEC)


def test_all_kinds_hold_the_same_recordings(kinds):
    assert list(kinds) == KINDS
    clips = {}
    for name, manifest in kinds.items():
        is_prepared = manifest.tracks[0].codec == manifests.PREPARED
        assert is_prepared == (name == "prepared WAV")
        reader = slice_reader.SliceReader(manifest, SPEC.clip_samples)
        clips[name] = reader.read([0, 1], [9_000, 4_000])[0].astype(float)
    expected = clips["prepared WAV"]
    for name in ("WAV", "FLAC", "NumPy"):
        assert np.abs(clips[name] - expected).max() <= 1
    for name in ("MP3", "Ogg Vorbis"):
        spectra = [
            np.abs(np.fft.rfft(each)) for each in (clips[name], expected)
        ]
        for mine, theirs in zip(*spectra, strict=True):
            assert np.corrcoef(mine, theirs)[0, 1] > 0.95, name


@pytest.mark.slow
def test_each_way_counts_crops_of_its_kind(kinds):
    ways = formats.own_ways(kinds, SPEC, seconds=0.05)
    compressed = 2 if tensorflow_io_decoder.is_available() else 0
    assert len(ways) == len(KINDS) + compressed
    assert all(measure() > 10 for measure in ways.values())


def test_the_other_process_is_told_where_each_kind_is(kinds):
    def ask(**question):
        return {"clips_per_second": question}

    ways = formats.torch_ways(ask, kinds, SPEC, 0.01)
    first, *_, last = (measure() for measure in ways.values())
    assert len(ways) == 2 * len(KINDS)
    assert (first["read"], last["read"]) == ("fromfile", "resampled")
    files = last["files"]
    assert [path[-4:] for path in files["paths"]] == [".npy", ".npy"]
    assert (files["rate_hz"], files["target_hz"]) == (44_100, 16_000)
