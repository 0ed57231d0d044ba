"""Every voice is in tune and as loud as the others."""

import pytest
import single_notes

from pipelines.synthetic import sounds


@pytest.mark.parametrize("name", sounds.VOICES)
def test_voices_sound_at_their_pitch_and_at_one_loudness(name):
    note = single_notes.play(sounds.VOICES[name])
    single_notes.assert_in_tune(note)
    assert 0.08 < single_notes.loudness(note) < 0.12
