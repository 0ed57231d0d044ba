"""Which links an Ogg file has, and that all of them are heard."""

import re
import struct

import encoded_audio
import numpy as np
import ogg_pages
import pytest

from tftag.audio.formats import ogg_links

RATE_HZ = 16_000


@pytest.fixture(scope="module", params=["VORBIS", "OPUS"])
def streams(request):
    """Two streams of other rate, channels and music."""
    rates = (44_100, 22_050) if request.param == "VORBIS" else (48_000, 24_000)
    return [
        encoded_audio.encoded(
            encoded_audio.melody(4.0, rate_hz, 2 - seed, seed),
            rate_hz,
            "OGG",
            request.param,
        )
        for seed, rate_hz in enumerate(rates)
    ]


def find(tmp_path, data):
    path = tmp_path / "pages.ogg"
    path.write_bytes(data)
    return ogg_links.find(path)


def pages(data):
    starts = [i for i in range(len(data)) if data[i : i + 4] == b"OggS"]
    return [
        data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)
    ]


def test_links_are_found_with_their_length(tmp_path, streams):
    first, second = streams
    links = find(tmp_path, first + second + first)
    assert [(link.start, link.end) for link in links] == [
        (0, len(first)),
        (len(first), len(first + second)),
        (len(first + second), len(first + second + first)),
    ]
    for link in links:
        assert link.is_known and not link.lost_pages
        assert link.seconds == pytest.approx(4.0, abs=0.1)


def test_all_links_are_heard(read, streams, caplog):
    expected = np.concatenate([read(data) for data in streams])
    found = read(b"".join(streams))
    assert abs(len(found) - len(expected)) <= 2
    assert encoded_audio.alike(found, expected, RATE_HZ) == 1
    assert not caplog.records


def test_pages_that_are_missing_are_told(tmp_path, read, streams, caplog):
    each = pages(streams[0])
    half = len(each) // 2
    data = b"".join(each[:half] + each[half + 1 :])
    (link,) = find(tmp_path, data)
    assert link.lost_pages == 1
    found, whole = read(data), read(streams[0])
    assert 0.4 < len(found) / len(whole) <= 1
    assert f"1 of {len(each)} pages are missing" in caplog.text


def test_an_overwritten_sector_is_told(read, streams, caplog):
    data = streams[0]
    place = len(data) // 2
    whole = read(data)
    found = read(data[:place] + bytes(4_096) + data[place + 4_096 :])
    assert len(found) / len(whole) > 0.4
    assert caplog.records


def test_pages_of_no_stream_are_told(read, streams, caplog):
    each = list(ogg_pages.split(streams[0]))
    half = len(each) // 2
    for number in range(half, len(each)):
        flags, position, serial, *rest = each[number]
        each[number] = flags, position, serial ^ 1, *rest
    assert len(read(ogg_pages.join(each))) < 0.7 * len(read(streams[0]))
    told = f"{len(each) - half} of .* pages are missing.*its end is missing"
    assert re.search(told, caplog.text)


@pytest.mark.parametrize(
    ("options", "share"),
    [("-c:a flac -f ogg", 0.5), ("-c:a libspeex -ar 16000 -f ogg", 0.5)],
)
def test_so_are_ends_that_are_missing_where_ffmpeg_reads(
    read, tmp_path, options, share, caplog
):
    x = encoded_audio.melody(4.0)
    options += " -page_duration 200000"
    data = encoded_audio.by_ffmpeg(tmp_path, "a.ogg", options, x)
    whole = read(data)
    assert not caplog.records
    (link,) = find(tmp_path, data)
    assert link.seconds == pytest.approx(4.0, abs=0.1)
    each = pages(data)
    half = read(b"".join(each[: round(share * len(each))]))
    assert 0.3 < len(half) / len(whole) < 0.7
    assert "its end is missing" in caplog.text
    caplog.clear()
    read(b"".join(each[:5] + each[6:]))
    assert "1 of" in caplog.text and "pages are missing" in caplog.text


def test_what_is_no_ogg_has_no_links(tmp_path):
    for data in (b"", b"OggS", bytes(999), b"OggS" * 99):
        assert not any(link.is_known for link in find(tmp_path, data))


def opus(rate_hz, seconds=2.0):
    """Tones of 1 and 6 kHz; the header says that the rate was another."""
    t = np.arange(round(48_000 * seconds)) / 48_000
    wave = np.sin(2 * np.pi * 1_000 * t) + np.sin(2 * np.pi * 6_000 * t)
    data = encoded_audio.encoded(0.3 * wave, 48_000, "OGG", "OPUS")
    each = list(ogg_pages.split(data))
    *rest, head = each[0]
    head = head[:12] + struct.pack("<I", rate_hz) + head[16:]
    return ogg_pages.join([(*rest, head), *each[1:]])


# 0 says nothing; the others what was encoded, which is no rate of Opus.
@pytest.mark.parametrize("rate_hz", [0, 8_000, 11_025, 16_000, 96_000])
def test_opus_is_read_at_the_rate_that_its_packets_need(read, rate_hz, caplog):
    expected = read(opus(48_000))
    np.testing.assert_array_equal(read(opus(rate_hz)), expected)
    chained = opus(rate_hz) + opus(48_000)
    np.testing.assert_array_equal(read(chained), np.tile(expected, 2))
    power = np.abs(np.fft.rfft(expected)) ** 2
    seconds = len(expected) / RATE_HZ
    low, high = (power[round(hz * seconds)] for hz in (1_000, 6_000))
    assert 0.5 < high / low < 2
    assert not caplog.records


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
def test_opus_of_narrow_sound_is_left_as_it_is(tmp_path, rate_hz):
    x = encoded_audio.melody(1.0, rate_hz)
    (link,) = find(tmp_path, encoded_audio.encoded(x, rate_hz, "OGG", "OPUS"))
    assert link.edit is None


@pytest.mark.parametrize("position", [0, 2**62])
def test_positions_that_are_none_lose_nothing(read, streams, position, caplog):
    """All of them, as of a bot that wrote none, or the damaged last one."""
    each = list(ogg_pages.split(streams[0]))
    for number in range(len(each) - 1 if position else 0, len(each)):
        flags, _, *rest = each[number]
        each[number] = (flags, position, *rest)
    whole = read(streams[0])
    found = read(ogg_pages.join(each))
    # Of a last page without a position a decoder may trim all: then it is told.
    assert len(found) == pytest.approx(len(whole), abs=0.2 * RATE_HZ)
    assert encoded_audio.alike(found, whole, RATE_HZ) == 1
    lost_seconds = (len(whole) - len(found)) / RATE_HZ
    assert ("can be read" in caplog.text) == (lost_seconds > 0.14)


# A call that was recorded from its middle; of a clock that is three times too
# fast or half as fast; gaps of a lost connection.
@pytest.mark.parametrize(
    "moved",
    [
        lambda position, _: position + 24_000,
        lambda position, _: position + 3_000_000_000,
        lambda position, _: 3 * position,
        lambda position, _: position // 2,
        lambda position, number: position + number // 9 * 480_000,
    ],
)
def test_positions_that_are_wrong_are_not_believed(
    read, tmp_path, streams, moved, caplog
):
    each = list(ogg_pages.split(streams[0]))
    for number, (flags, position, *rest) in enumerate(each):
        if position:
            each[number] = (flags, moved(position, number), *rest)
    data = ogg_pages.join(each)
    (link,) = find(tmp_path, data)
    assert 3.3 < link.seconds < 4.1  # of two pages a position may count
    whole, found = read(streams[0]), read(data)
    assert len(found) == pytest.approx(len(whole), abs=0.2 * RATE_HZ)
    assert "can be read" not in caplog.text


def test_without_any_position_a_loss_is_told(read, streams, caplog):
    each = list(ogg_pages.split(streams[0]))
    for number in range(2, len(each)):
        flags, _, *rest = each[number]
        each[number] = (flags, -1, *rest)
    lost = len(read(ogg_pages.join(each))) < 0.97 * len(read(streams[0]))
    assert ("can be read" in caplog.text) == lost


def test_a_stream_of_another_kind_is_told(read, tmp_path, streams, caplog):
    x = encoded_audio.melody(4.0)
    flac = encoded_audio.by_ffmpeg(tmp_path, "a.ogg", "-c:a flac", x)
    for data in (streams[0] + flac, flac + streams[0]):
        caplog.clear()
        np.testing.assert_array_equal(read(data), read(streams[0]))
        assert "of it are another stream" in caplog.text


def test_tags_behind_are_not_missed(read, streams, caplog):
    found = read(streams[0] + encoded_audio.ape(5_000))
    np.testing.assert_array_equal(found, read(streams[0]))
    assert not caplog.records
