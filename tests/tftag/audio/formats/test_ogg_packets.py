"""That the samples of Ogg's packets are counted as decoders count them."""

import io

import encoded_audio
import ogg_pages
import pytest
import soundfile

from tftag.audio.formats import ogg_packets

SECONDS = 3.0


def counted(data):
    """The samples of all pages, and the rate."""
    packets = None
    total = 0
    for flags, _, _, lacing, body in ogg_pages.split(data):
        packets = packets or ogg_packets.Packets(body)
        page = bytes(27) + lacing + body
        start = 27 + len(lacing)
        total += packets.samples(page, start, bool(flags & 1))
    return total - packets.skipped, packets.rate_hz


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("rate_hz", [8_000, 48_000])
def test_they_are_what_a_decoder_gives(subtype, rate_hz):
    x = encoded_audio.melody(SECONDS, rate_hz)
    data = encoded_audio.encoded(x, rate_hz, "OGG", subtype)
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        seconds = len(file.read()) / file.samplerate
    samples, counted_hz = counted(data)
    # The encoder fills up its last blocks.
    assert 0 <= samples / counted_hz - seconds < 0.2
    if subtype == "VORBIS":
        assert counted_hz == rate_hz
        cut = counted(ogg_pages.cut(data, 7))  # packets over several pages
        assert cut == (samples, counted_hz)


@pytest.mark.parametrize(
    "options",
    [
        "-c:a flac",
        "-c:a libspeex -ar 16000",
        "-c:a libspeex -ar 8000 -frames_per_packet 4",
        "-c:a libopus -frame_duration 2.5",
        "-c:a libopus -frame_duration 60",
        "-c:a libopus -application voip -b:a 8k -ar 16000",
    ],
)
def test_so_are_those_of_other_encoders(tmp_path, options):
    x = encoded_audio.melody(SECONDS)
    data = encoded_audio.by_ffmpeg(tmp_path, "a.ogg", f"{options} -f ogg", x)
    samples, rate_hz = counted(data)
    assert samples / rate_hz == pytest.approx(SECONDS, abs=0.15)


@pytest.mark.parametrize(
    "head", [b"", b"OpusHead", b"\x01vorbis" + bytes(9), bytes(99)]
)
def test_what_is_no_header_has_no_rate(head):
    assert not ogg_packets.Packets(head).rate_hz
