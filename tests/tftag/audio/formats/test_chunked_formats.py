import dataclasses
import io
import wave

import numpy as np
import pytest
import soundfile

from tftag.audio.formats import chunked_formats

WRITTEN = {
    "WAV": chunked_formats.RIFF,
    "AIFF": chunked_formats.IFF,
    "CAF": chunked_formats.CAF,
    "W64": chunked_formats.W64,
}
ALL = [
    value
    for value in vars(chunked_formats).values()
    if isinstance(value, chunked_formats.Chunks)
]


def audio_chunk(body: bytes, chunks: chunked_formats.Chunks) -> int:
    """The length of the audio that is written, in bytes, less a header."""
    at = chunks.first
    while True:
        name, length = chunks.header.unpack_from(body, at)
        if name in chunks.audio:
            return length - (chunks.header.size if chunks.is_whole else 0)
        at += length + (0 if chunks.is_whole else chunks.header.size)
        at += -at % chunks.unit


@pytest.mark.parametrize("name", WRITTEN)
def test_the_chunks_that_a_library_writes_are_walked_to_the_audio(name):
    """The length that stands there is that of its samples."""
    file = io.BytesIO()
    soundfile.write(
        file, np.zeros(101, np.int16), 8000, subtype="PCM_16", format=name
    )
    chunks = WRITTEN[name]
    beside = chunks.empty - (chunks.header.size if chunks.is_whole else 0)
    assert audio_chunk(file.getvalue(), chunks) == 2 * 101 + beside


def test_pythons_own_wav_is_of_these_chunks():
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 1, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(101))
    assert audio_chunk(file.getvalue(), chunked_formats.RIFF) == 101


def test_the_bytes_of_a_length_are_in_the_headers_order():
    big = {chunked_formats.IFF, chunked_formats.CAF, chunked_formats.MP4}
    assert {chunks for chunks in ALL if chunks.order == "big"} == big


@pytest.mark.parametrize("chunks", ALL)
def test_a_header_holds_a_name_and_a_length(chunks):
    """In the order that is said, and the audio's names have its size."""
    fields = chunks.header.unpack(bytes(chunks.header.size))
    name = fields[1 if chunks.is_length_first else 0]
    assert {len(audio) for audio in chunks.audio} == {len(name)}
    assert fields[0 if chunks.is_length_first else 1] == 0


def test_a_format_is_not_changed_by_who_reads_it():
    with pytest.raises(dataclasses.FrozenInstanceError):
        chunked_formats.RIFF.unit = 1
