"""Which frames a FLAC has, and that all of them are heard."""

import encoded_audio
import flac_bits
import numpy as np
import pytest

from tftag import audio
from tftag.audio.formats import flac_frames

RATE_HZ = encoded_audio.RATE_HZ


@pytest.fixture(scope="module")
def song():
    return encoded_audio.melody(3.0)


@pytest.fixture(scope="module")
def flac(song):
    return encoded_audio.encoded(song, RATE_HZ, "FLAC")


@pytest.fixture
def read(tmp_path):
    def read(data):
        path = tmp_path / "a.flac"
        path.write_bytes(data)
        return audio.decode_file(path, RATE_HZ)

    return read


def find(tmp_path, data):
    path = tmp_path / "frames.flac"
    path.write_bytes(data)
    return flac_frames.find(path)


@pytest.mark.parametrize("subtype", ["PCM_S8", "PCM_16", "PCM_24"])
@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 44_101, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_frames_are_counted(tmp_path, subtype, rate_hz, channels):
    x = encoded_audio.melody(0.7, rate_hz, channels)
    data = encoded_audio.encoded(x, rate_hz, "FLAC", subtype)
    found = find(tmp_path, data)
    bits = {"PCM_S8": 8, "PCM_16": 16, "PCM_24": 24}[subtype]
    (part,) = found.parts
    assert part.kind == found.stated_kind == (rate_hz, channels, bits)
    assert part.samples == found.stated_samples == len(x)
    assert part.lost_samples == 0
    assert part.end == len(data)


def test_noise_as_loud_as_can_be_hides_no_frame(tmp_path):
    """Bytes of noise look like the start of a frame now and then."""
    x = np.random.default_rng(0).uniform(-1, 1, (400_000, 2))
    data = encoded_audio.encoded(x, RATE_HZ, "FLAC", "PCM_24")
    (part,) = find(tmp_path, data).parts
    assert (part.samples, part.lost_samples) == (len(x), 0)


@pytest.mark.parametrize("total", [0, 40_000, 131_000])
def test_a_header_that_states_too_few_is_not_believed(read, flac, total):
    whole = read(flac).samples
    found = read(flac_bits.with_total(flac, total)).samples
    np.testing.assert_array_equal(found, whole)


@pytest.mark.parametrize("stated", [16, 4_097, 8_192, 65_535])
def test_blocks_that_are_shorter_than_stated_are_no_noise(read, flac, stated):
    """libsndfile takes what lies behind them in its memory for samples."""
    whole = read(flac)
    changed = flac[:8] + 2 * stated.to_bytes(2, "big") + flac[12:]
    np.testing.assert_array_equal(read(changed).samples, whole.samples)


def test_tags_behind_are_not_missed(read, flac, caplog):
    tags = encoded_audio.ape(99_000) + b"TAG" + bytes(125)
    whole = read(flac)
    np.testing.assert_array_equal(read(flac + tags).samples, whole.samples)
    assert not caplog.records


def test_a_header_that_states_too_many_is_told(read, flac, caplog):
    whole = read(flac).samples
    found = read(flac_bits.with_total(flac, 4 * len(whole))).samples
    assert len(whole) - 4_608 <= len(found) <= len(whole)
    assert "only 2" in caplog.text and "% of it is there" in caplog.text


@pytest.mark.parametrize("rate_hz", [48_000, 22_050])
@pytest.mark.parametrize("is_file", [False, True])
def test_a_rate_that_changes_is_followed(read, flac, rate_hz, is_file, caplog):
    second = encoded_audio.melody(2.0, rate_hz, 1, seed=1)
    other = encoded_audio.encoded(second, rate_hz, "FLAC")
    expected = np.concatenate([read(flac).samples, read(other).samples])
    blocks, frames = encoded_audio.flac_parts(flac)
    if not is_file:
        other = encoded_audio.flac_parts(other)[1]
    found = read(encoded_audio.flac_file(blocks, frames + other)).samples
    assert abs(len(found) - len(expected)) <= 2
    assert encoded_audio.alike(found, expected, RATE_HZ) == 1
    assert not caplog.records


def test_of_joined_files_all_are_heard(read, flac):
    one = read(flac).samples
    found = read(3 * flac).samples
    np.testing.assert_array_equal(found, np.tile(one, 3))


@pytest.mark.parametrize(
    "block", [(3, bytes(25)), (2, b"ab"), (4, b"\xff" * 9), (126, b"?")]
)
def test_malformed_blocks_in_front_do_no_harm(read, flac, block, caplog):
    blocks, frames = encoded_audio.flac_parts(flac)
    odd = encoded_audio.flac_file([blocks[0], block], frames)
    np.testing.assert_array_equal(read(odd).samples, read(flac).samples)
    assert not caplog.records


@pytest.mark.parametrize("has_info", [True, False])
def test_without_the_first_block_in_its_place_all_is_heard(
    read, flac, has_info, caplog
):
    blocks, frames = encoded_audio.flac_parts(flac)
    odd = encoded_audio.flac_file([(1, bytes(50)), *blocks[:has_info]], frames)
    np.testing.assert_array_equal(read(odd).samples, read(flac).samples)
    assert not caplog.records


def test_blocks_beyond_what_a_header_can_state_are_a_damaged_file(
    tmp_path, read
):
    """65,536 samples fit into a frame, and decoders refuse them."""
    data = flac_bits.encode(np.arange(3 * flac_bits.BLOCK_SAMPLES), 16, 44_100)
    frames = data[8 + 34 :].split(b"\xff\xf8\x10")[1:]
    headers = (b"\xff\xf8\x70" + frame[:2] + b"\xff\xff" for frame in frames)
    data = data[:42] + b"".join(
        header + flac_bits.checksum(header, 8, 0x07).to_bytes(1) + frame[3:]
        for header, frame in zip(headers, frames, strict=True)
    )
    (part,) = find(tmp_path, data).parts
    assert part.block_samples == 65_536
    with pytest.raises(audio.UnusableAudio):
        read(data)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
@pytest.mark.parametrize("behind", [b"", b"TAG" + bytes(125), bytes(2_000)])
def test_a_cut_file_is_used_and_told(read, flac, share, behind, caplog):
    whole = read(flac).samples.size
    found = read(flac[: int(share * len(flac))] + behind)
    assert abs(found.samples.size / whole - share) < 0.07
    assert not found.by_ffmpeg
    assert "% of it is there" in caplog.text


@pytest.mark.parametrize("share", [0.01, 0.2, 0.6])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_without_its_header_the_rest_is_used_and_told(
    read, song, share, subtype, caplog
):
    whole = encoded_audio.encoded(song, RATE_HZ, "FLAC", subtype)
    found = read(whole[int(share * len(whole)) :])
    assert "its start with the header is missing" in caplog.text
    assert not found.by_ffmpeg
    left = found.samples.size
    assert left / len(song) == pytest.approx(1 - share, abs=0.07)
    # To its end, in another scale where the loudest sample is gone.
    end = read(whole).samples[-left:].astype(float)
    like = np.corrcoef(end, found.samples)[0, 1]
    assert like > 0.9999


@pytest.mark.parametrize("sector", [bytes(3_000), b"\xff\xf8\xc9" * 1_000])
def test_an_overwritten_sector_is_told(read, flac, sector, caplog):
    place = len(flac) // 2
    damaged = flac[:place] + sector + flac[place + len(sector) :]
    found = read(damaged)
    assert found.by_ffmpeg
    assert 0.9 < found.samples.size / read(flac).samples.size < 1.02
    assert "damaged: " in caplog.text


def test_damage_that_only_ffmpeg_reads_is_named_without_it(
    read, flac, tmp_path, monkeypatch
):
    import ffmpeg_files

    ffmpeg_files.uninstall(tmp_path / "bin", monkeypatch)
    place = len(flac) // 2
    with pytest.raises(audio.UnusableAudio, match="Install ffmpeg") as caught:
        read(flac[:place] + bytes(3_000) + flac[place + 3_000 :])
    assert caught.value.by_ffmpeg


def test_bits_that_libsndfile_does_not_know_are_counted_too(tmp_path):
    samples = np.arange(26 * 192) % 2_000
    data = flac_bits.encode(samples, 12, 16_000)
    (part,) = find(tmp_path, data).parts
    assert part.kind == (16_000, 1, 12) and part.samples == 26 * 192


def test_what_is_no_flac_has_no_frames(tmp_path):
    for data in (b"", b"fLaC", b"fLaC" + bytes(90), bytes(9_000)):
        assert find(tmp_path, data) is None
