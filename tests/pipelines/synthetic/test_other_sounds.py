"""The other sounds keep the conventions and differ from all that is trained."""

import numpy as np
import pytest
import single_notes

from pipelines.synthetic import other_sounds, sounds, waves

RATE_HZ = single_notes.RATE_HZ
VOICES = sounds.VOICES | other_sounds.VOICES
FAMILIES = other_sounds.FAMILIES
COLOURS = (0.0, 0.25, 0.5, 0.75, 1.0)


def note(name, colour=0.5, hz=220.0):
    return single_notes.play(VOICES[name], hz, colour)


def bands_db(name, colour):
    """Third octaves from 100 Hz, early and late, of a low to a high note."""
    edges_hz = 100 * 2 ** (np.arange(19) / 3)
    levels = []
    for hz in (220.0, 440.0, 880.0):
        sound = note(name, colour, hz)
        for part in (sound[:4_000], sound[8_000:12_000]):
            power = np.abs(np.fft.rfft(part * np.hanning(part.size))) ** 2
            places = np.fft.rfftfreq(part.size, 1 / RATE_HZ)
            which = np.digitize(places, edges_hz)
            sums = np.bincount(which, power, minlength=20)[1:19]
            levels.extend(10 * np.log10(sums + 1e-2))
    return np.array(levels)


def test_each_belongs_to_a_family_that_is_trained():
    assert FAMILIES.keys() == other_sounds.VOICES.keys()
    assert not other_sounds.VOICES.keys() & sounds.VOICES
    assert set(FAMILIES.values()) <= sounds.VOICES.keys() - {"bass"}


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("colour", [0.0, 0.5, 1.0])
def test_voices_sound_at_their_pitch_and_at_one_loudness(name, colour):
    sound = note(name, colour)
    single_notes.assert_in_tune(sound)
    assert single_notes.loudness(sound) == pytest.approx(0.1, rel=0.02)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("hz", [45.0, 1_000.0, 3_500.0])
@pytest.mark.parametrize("seconds", [0.05, 2.0])
def test_every_pitch_and_length_that_is_played_can_be_rendered(
    name, hz, seconds
):
    generator = np.random.default_rng(0)
    sound = VOICES[name](waves.Note(hz, seconds, 8_000, 0.5), generator)
    assert np.all(np.isfinite(sound))
    assert 0.05 < np.abs(sound).max() < 1


@pytest.mark.parametrize("name", FAMILIES)
def test_farther_from_the_family_than_its_own_players_are_apart(name):
    def apart(a, b):
        return np.sqrt(np.mean((a - b) ** 2))

    other = [bands_db(name, colour) for colour in COLOURS]
    known = [bands_db(FAMILIES[name], colour) for colour in COLOURS]
    within = max(apart(a, b) for a in known for b in known)
    assert min(apart(a, b) for a in other for b in known) > within
    for second in FAMILIES.keys() - {name}:
        theirs = [bands_db(second, colour) for colour in COLOURS]
        assert min(apart(a, b) for a in other for b in theirs) > 5


@pytest.mark.parametrize("name", FAMILIES)
def test_plucked_and_struck_die_away_while_bowed_and_blown_hold(name):
    sound = note(name)
    early, late = sound[4_000:7_200], sound[12_000:15_200]
    held = np.std(late) / np.std(early)
    if FAMILIES[name] in ("plucked", "struck"):
        assert held < 0.5
    else:
        assert 0.8 < held < 1.25


def test_the_cello_is_darker_and_the_harpsichord_brighter():
    def centre_hz(name):
        power = np.abs(np.fft.rfft(note(name))) ** 2
        hz = np.fft.rfftfreq(note(name).size, 1 / RATE_HZ)
        return np.sum(hz * power) / np.sum(power)

    assert 1.5 * centre_hz("cello") < centre_hz("bowed")
    assert centre_hz("harpsichord") > 1.5 * centre_hz("plucked")
