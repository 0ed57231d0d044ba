"""Which links an Ogg file has, and that all of them are heard."""

import encoded_audio
import numpy as np
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


def test_what_is_no_ogg_has_no_links(tmp_path):
    for data in (b"", b"OggS", bytes(999), b"OggS" * 99):
        assert not any(link.is_known for link in find(tmp_path, data))
