import numpy as np
import pytest
import trap_audio

from pipelines.reading.slices import slice_decoders


@pytest.mark.parametrize("kind", trap_audio.FORMATS)
def test_a_slice_is_the_slice_of_the_whole(tmp_path, kind):
    """At 150 places of a file on which plain seeking fails."""
    rate_hz = 22_050
    wave = trap_audio.bursts(25, rate_hz, channels=1)
    path = tmp_path / f"a.{trap_audio.suffix(kind)}"
    trap_audio.write(path, wave, rate_hz, kind)
    codec, found_hz, frames = slice_decoders.describe(path)
    container, encoding = trap_audio.FORMATS[kind]
    assert codec == f"{container}/{encoding}".lower() and found_hz == rate_hz
    expected = trap_audio.whole(path)
    assert frames == len(expected)
    starts = np.random.default_rng(0).integers(0, frames, 150)
    for start in (0, 1, frames - 1, *starts):
        found = slice_decoders.libsndfile(path, codec, int(start), 3_000)
        there = expected[start : start + 3_000]
        np.testing.assert_allclose(found, there, rtol=0, atol=2e-7)


@pytest.mark.parametrize(("kind", "run_up"), [("mp3", 32_768), ("flac", 0)])
def test_what_is_read_follows_the_slice_and_not_the_file(
    tmp_path, monkeypatch, kind, run_up
):
    wave = trap_audio.bursts(20, 22_050)
    path = trap_audio.write(tmp_path / "a", wave, 22_050, kind)
    codec, _, _ = slice_decoders.describe(path)
    asked = []
    read = slice_decoders._Slice.read

    def counted(file, frames, **how):
        asked.append(frames)
        return read(file, frames, **how)

    monkeypatch.setattr(slice_decoders._Slice, "read", counted)
    slice_decoders.libsndfile(path, codec, 300_000, 1_000)
    slice_decoders.libsndfile(path, codec, 10, 1_000)
    assert asked == [run_up + 1_000, min(run_up, 10) + 1_000]


def test_a_stream_that_states_no_length_is_read_in_slices(tmp_path):
    """The length in a FLAC header is 0 where it was written to a pipe."""
    wave = trap_audio.bursts(3, 8_000, channels=1)
    path = trap_audio.write(tmp_path / "a.flac", wave, 8_000, "flac")
    expected = trap_audio.whole(path)
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    path.write_bytes(data)
    assert slice_decoders.describe(path)[2] > 1 << 60
    found = slice_decoders.libsndfile(path, "flac/pcm_16", 9_999, 500)
    np.testing.assert_array_equal(found, expected[9_999:10_499])


@pytest.mark.parametrize("name", ["a.mp3", "a.npy", "a.raw"])
def test_what_is_none_is_undecodable(tmp_path, name):
    (tmp_path / name).write_bytes(b"nothing of that kind" * 9)
    codec = "npy" if name == "a.npy" else "mp3/mpeg_layer_iii"
    with pytest.raises(slice_decoders.Undecodable):
        slice_decoders.libsndfile(tmp_path / name, codec, 0, 10)
    with pytest.raises(slice_decoders.Undecodable):
        slice_decoders.describe(tmp_path / name)


def test_a_seek_behind_the_end_is_undecodable_or_empty(tmp_path):
    for kind in ("wav", "flac", "mp3", "ogg"):
        path = tmp_path / f"a.{kind}"
        trap_audio.write(path, trap_audio.bursts(1, 8_000), 8_000, kind)
        codec = slice_decoders.describe(path)[0]
        try:
            found = slice_decoders.libsndfile(path, codec, 99_999_999, 10)
        except slice_decoders.Undecodable:
            continue
        assert not len(found)
