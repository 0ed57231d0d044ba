import dataclasses

import numpy as np
import pytest
import trap_audio

from pipelines.reading.slices import (
    in_place_check,
    slice_decoders,
    vorbis_pages,
)
from tftag import audio

RATE_HZ = 8_000


@pytest.mark.parametrize("kind", trap_audio.FORMATS)
def test_files_that_are_read_in_slices_may_stay(tmp_path, kind):
    path = tmp_path / f"a.{trap_audio.suffix(kind)}"
    trap_audio.write(path, trap_audio.bursts(4, 22_050), 22_050, kind)
    recording = audio.decode_file(path, RATE_HZ)
    facts = in_place_check.facts(str(path), recording, RATE_HZ, None)
    assert facts["codec"] == "/".join(trap_audio.FORMATS[kind]).lower()
    assert facts["source_rate_hz"] == 22_050
    assert facts["source_frames"] >= 4 * 22_050
    assert facts["file_bytes"] == path.stat().st_size


def test_slices_that_are_not_those_of_the_whole_are_refused(tmp_path):
    path = tmp_path / "a.flac"
    trap_audio.write(path, trap_audio.bursts(4, RATE_HZ), RATE_HZ, "flac")
    recording = audio.decode_file(path, RATE_HZ)
    shifted = dataclasses.replace(
        recording, samples=np.roll(recording.samples, 1)
    )
    with pytest.raises(slice_decoders.Undecodable, match="differs"):
        in_place_check.facts(str(path), shifted, RATE_HZ, None)
    longer = dataclasses.replace(
        recording, samples=np.pad(recording.samples, (0, 9))
    )
    with pytest.raises(slice_decoders.Undecodable, match="early"):
        in_place_check.facts(str(path), longer, RATE_HZ, None)


def test_vorbis_that_is_off_from_a_page_on_is_refused(tmp_path, monkeypatch):
    """Frames are counted from the start: what is missed stays missed."""
    path = tmp_path / "a.ogg"
    trap_audio.write(path, trap_audio.bursts(30, RATE_HZ), RATE_HZ, "ogg")
    recording = audio.decode_file(path, RATE_HZ)
    in_place_check.facts(str(path), recording, RATE_HZ, None)
    counted = vorbis_pages.excerpt

    def miscounted(path, first, frames):
        data, before = counted(path, first, frames)
        return data, before + (64 if first > 25 * RATE_HZ else 0)

    monkeypatch.setattr(vorbis_pages, "excerpt", miscounted)
    with pytest.raises(slice_decoders.Undecodable, match="differs|early"):
        in_place_check.facts(str(path), recording, RATE_HZ, None)


def test_vorbis_with_a_damaged_page_is_right_or_refused(tmp_path):
    path = tmp_path / "a.ogg"
    trap_audio.write(path, trap_audio.bursts(30, RATE_HZ), RATE_HZ, "ogg")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)
    recording = audio.decode_file(path, RATE_HZ)
    with pytest.raises(slice_decoders.Undecodable):
        in_place_check.facts(str(path), recording, RATE_HZ, None)


def test_a_name_that_a_manifest_cannot_hold_is_refused():
    recording = audio.to_full_scale(np.ones(900))
    with pytest.raises(slice_decoders.Undecodable, match="UTF-8"):
        in_place_check.facts("\udcff.wav", recording, RATE_HZ, None)
