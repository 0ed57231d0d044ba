import io
import subprocess

import numpy as np
import ogg_pages
import pytest
import soundfile
import trap_audio

from pipelines.reading.slices import vorbis_pages

RATE_HZ = 22_050


def part(path, first, frames):
    data, before = vorbis_pages.excerpt(path, first, frames)
    with trap_audio.Stream(io.BytesIO(data)) as file:
        return file.read(before + frames, "float32", always_2d=True)[before:]


def sought(path, first, frames):
    with trap_audio.Stream(path) as file:
        file.seek(first)
        return file.read(frames, "float32", always_2d=True)


def places_that_differ(path, expected, read, places=60, frames=900):
    starts = np.random.default_rng(0).integers(0, len(expected), places)
    edges = (0, 1, len(expected) - 1, len(expected) - frames)
    return [
        int(start)
        for start in (*edges, *starts)
        if not np.array_equal(
            read(path, int(start), frames), expected[start : start + frames]
        )
    ]


@pytest.fixture(scope="module")
def vorbis(tmp_path_factory):
    """25 s with blocks of both lengths, as libsndfile writes them."""
    path = tmp_path_factory.mktemp("vorbis") / "a.ogg"
    wave = trap_audio.bursts(25, RATE_HZ, channels=2)
    return trap_audio.write(path, wave, RATE_HZ, "ogg")


def test_a_part_is_that_part_of_the_whole(vorbis):
    assert not places_that_differ(vorbis, trap_audio.whole(vorbis), part)


def test_positions_that_pages_state_are_not_believed(tmp_path, vorbis):
    """Some off by 256 frames, as ffmpeg makes them of Ogg, or all by a few."""
    generator = np.random.default_rng(1)
    some = 256 * (generator.uniform(size=200) < 0.2)
    for number, off in enumerate((some, generator.integers(1, 45, 200))):
        path = tmp_path / f"{number}.ogg"
        path.write_bytes(ogg_pages.moved(vorbis.read_bytes(), off))
        expected = trap_audio.whole(path)
        common = slice(0, len(expected))  # what the first is off by is cut
        np.testing.assert_array_equal(
            trap_audio.whole(vorbis)[common], expected
        )
        assert len(places_that_differ(path, expected, sought)) > 9
        assert not places_that_differ(path, expected, part)


@pytest.fixture(scope="module")
def dense(tmp_path_factory):
    """Noise of the highest quality: packets of up to 9 segments."""
    wave = np.random.default_rng(0).normal(0, 0.3, (200_000, 2))
    wave[:3_000] *= 1e-3
    path = tmp_path_factory.mktemp("dense") / "a.ogg"
    with soundfile.SoundFile(
        path, "w", 44_100, 2, "VORBIS", format="OGG", compression_level=0.0
    ) as file:
        for start in range(0, len(wave), 50_000):
            file.write(wave[start : start + 50_000])
    return path


@pytest.mark.parametrize("segments", [3, 6, 9, 200])
def test_packets_may_go_on_on_the_next_page(tmp_path, vorbis, dense, segments):
    """There are pages on which no packet begins, or none ends."""
    for source in (vorbis, dense):
        path = tmp_path / "a.ogg"
        path.write_bytes(ogg_pages.cut(source.read_bytes(), segments))
        assert not places_that_differ(path, trap_audio.whole(source), part)


def test_a_part_is_read_and_not_the_file(vorbis):
    data, before = vorbis_pages.excerpt(vorbis, 300_000, 1_000)
    assert len(data) < vorbis.stat().st_size / 5
    assert before < RATE_HZ * 3


@pytest.mark.parametrize("frames", [1, 300, 3_000, 20_000])
def test_short_files(tmp_path, frames):
    wave = trap_audio.bursts(1, RATE_HZ, channels=1)[:frames]
    path = trap_audio.write(tmp_path / "a.ogg", wave, RATE_HZ, "ogg")
    expected = trap_audio.whole(path)
    assert len(expected) == frames
    assert not places_that_differ(path, expected, part, 9, frames)


def test_behind_the_end_there_is_nothing(vorbis):
    frames = len(trap_audio.whole(vorbis))
    assert len(part(vorbis, frames - 10, 99)) == 10
    assert not len(part(vorbis, frames + 10**7, 99))


def test_a_file_that_was_replaced_is_read_anew(tmp_path):
    path = tmp_path / "a.ogg"
    for seconds in (3, 5):
        wave = trap_audio.bursts(seconds, RATE_HZ, seed=seconds)
        trap_audio.write(path, wave, RATE_HZ, "ogg")
        assert not places_that_differ(path, trap_audio.whole(path), part, 9)


def test_damaged_bytes_are_an_error_or_another_file(vorbis):
    """Nothing but `ValueError`, whatever the bytes are."""
    generator = np.random.default_rng(2)
    good = vorbis.read_bytes()
    refused = 0
    for end in (0, 10, 27, 58, 2_000, 5_000, *generator.integers(0, 9_000, 90)):
        data = np.frombuffer(good[: 2 * end], np.uint8).copy()
        hit = generator.integers(0, max(1, len(data)), len(data) // 100)
        data[hit] = generator.integers(0, 256, len(hit))
        try:
            vorbis_pages.find_pages(data.tobytes())
        except ValueError:
            refused += 1
    assert refused > 9


def test_ffmpeg_of_ogg_and_of_webm(tmp_path, vorbis):
    """It states the times of what it was given, which has others."""
    webm = tmp_path / "a.webm"
    again, copied = tmp_path / "again.ogg", tmp_path / "copied.ogg"
    encode = ["-c:a", "libvorbis"]
    for source, to, made in (
        (vorbis, encode, again),
        (vorbis, encode, webm),
        (webm, ["-c", "copy"], copied),
    ):
        command = ["ffmpeg", "-v", "error", "-nostdin", "-i", source, *to, made]
        subprocess.run(command, check=True, timeout=60)
    for path in (again, copied):
        assert not places_that_differ(path, trap_audio.whole(path), part)
    assert places_that_differ(copied, trap_audio.whole(copied), sought)
