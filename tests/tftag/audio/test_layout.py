"""What a file is said to hold, before anything is decoded."""

import encoded_audio
import pytest

from tftag.audio import layout

RATE_HZ = 44_100


@pytest.fixture
def find(tmp_path):
    def find(data):
        path = tmp_path / "a"
        path.write_bytes(data)
        return layout.find(path)

    return find


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3", "AIFF", "AU"])
def test_good_files_are_read_as_they_are(find, kind):
    x = encoded_audio.melody(2.0)
    found = find(encoded_audio.encoded(x, RATE_HZ, kind))
    assert [part.pieces for part in found.parts] == [None]
    assert found.lost == "" and not found.is_misread
    if kind in ("FLAC", "OGG", "MP3"):
        assert found.seconds == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(
    ("kind", "subtype", "is_misread"),
    [
        ("WAV", "MS_ADPCM", True),
        ("W64", "MS_ADPCM", True),
        ("AIFF", "IMA_ADPCM", True),
        ("WAV", "IMA_ADPCM", False),
        ("WAV", "PCM_24", False),
    ],
)
def test_formats_that_libsndfile_misreads_are_known(
    find, kind, subtype, is_misread
):
    x = encoded_audio.melody(0.2)
    found = find(encoded_audio.encoded(x, RATE_HZ, kind, subtype))
    assert found.is_misread == is_misread
