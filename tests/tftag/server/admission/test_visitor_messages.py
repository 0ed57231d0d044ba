import odd_audio
import pytest

from tftag import audio
from tftag.audio import decoders, ffmpeg, layout
from tftag.search.index import filters
from tftag.server.admission import visitor_messages


def test_nobody_is_told_to_install_what_he_cannot(tmp_path, monkeypatch):
    monkeypatch.setattr(ffmpeg, "version", lambda: None)
    path, advised = tmp_path / "a", 0
    for odd in (odd_audio.unusable() | odd_audio.for_ffmpeg()).values():
        path.write_bytes(odd.data)
        with pytest.raises(audio.UnusableAudio) as refused:
            audio.decode_file(path, 16_000)
        said = str(refused.value)
        advised += "ffmpeg" in said
        assert "ffmpeg" not in visitor_messages.of(said)
    assert advised > 5
    for text in (
        *(decoders.CODED, decoders.MAY_READ_MORE, layout.MISREAD),
        filters._FILE_TAGS,
    ):
        assert "nstall" in text and "nstall" not in visitor_messages.of(text)
        assert visitor_messages.of(f"a {text} b").startswith("a ")
