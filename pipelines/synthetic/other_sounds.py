"""Instruments that no training track plays, each of a family that one does.

They keep the conventions of `sounds`: the same arguments, float32
`[samples]`, the same loudness. `colour` runs from mellow to bright.
"""

import numpy as np

from pipelines.synthetic import waves


def harpsichord(note: waves.Note, generator: np.random.Generator) -> np.ndarray:
    """A plucked string with its octave: thin, bright to the end, cut short."""
    frequency_hz, seconds, sample_rate_hz, colour = note
    time = waves.time_axis(seconds + 0.06, sample_rate_hz)
    wave = np.zeros(time.size)
    # Two rows of strings; they are never tuned quite alike.
    for octave, gain in ((1.0, 1.0), (2.004, 0.9)):
        harmonics = waves.harmonics(octave * frequency_hz, sample_rate_hz, 40)
        # The quill plucks so near the bridge that the low harmonics are weak.
        weights = np.abs(np.sin(np.pi * harmonics * 0.07)) + 0.02
        weights *= harmonics ** (-0.8 + 0.6 * colour)
        turns = octave * frequency_hz * time
        # All harmonics of a wire die away almost together.
        wave += gain * np.exp(-3.5 * time) * waves.table_wave(turns, weights)
    quill = np.diff(generator.standard_normal(time.size), append=0.0)
    quill *= np.exp(-250 * time)
    tone = wave / np.std(wave) + 0.8 * quill
    return waves.level(tone * waves.gate(time, 0.001, 0.05))


def marimba(note: waves.Note, generator: np.random.Generator) -> np.ndarray:
    """A struck bar of wood: a round tone, soon gone, two octaves in tune."""
    frequency_hz, seconds, sample_rate_hz, colour = note
    time = waves.time_axis(seconds + 0.25, sample_rate_hz)
    bar = np.zeros(time.size)
    # Bars are carved until their partials stand two octaves apart.
    for ratio, weight, loss_per_second in (
        (1.0, 1.0, 6.0),
        (4.0, 0.25 + 0.2 * colour, 20.0),
        (9.9, 0.1 + 0.15 * colour, 45.0),
    ):
        if ratio * frequency_hz < 0.45 * sample_rate_hz:
            wave = np.sin(2 * np.pi * ratio * frequency_hz * time)
            bar += weight * np.exp(-loss_per_second * time) * wave
    # A soft mallet: a thud, not a click.
    thud = np.cumsum(generator.standard_normal(time.size))
    thud = np.diff(thud, 5, append=(thud[-1],) * 5) / 20
    thud *= np.exp(-120 * time)
    return waves.level((bar + 0.1 * thud) * waves.gate(time, 0.003, 0.2))


def cello(note: waves.Note, generator: np.random.Generator) -> np.ndarray:
    """A large bowed string: dark, in a deep body, with a wide slow vibrato."""
    frequency_hz, seconds, sample_rate_hz, colour = note
    time = waves.time_axis(seconds + 0.15, sample_rate_hz)
    harmonics = waves.harmonics(frequency_hz, sample_rate_hz, 40)
    body = 0.25 + sum(
        np.exp(-(((harmonics * frequency_hz - centre) / width) ** 2))
        for centre, width in ((220, 90), (420, 120), (650, 150))
    )
    weights = body / harmonics ** (2.3 - 0.5 * colour)
    depth = 0.024 * np.minimum(1.0, time / 0.3)
    vibrato = -np.cos(2 * np.pi * 4.6 * time) / (2 * np.pi * 4.6)
    wave = waves.table_wave(frequency_hz * (time + depth * vibrato), weights)
    # The bow pulls harder and lets go, in step with the hand.
    pull = 1 + 0.2 * np.sin(2 * np.pi * 4.6 * time)
    scratch = np.diff(generator.standard_normal(time.size), append=0.0)
    tone = pull * wave / np.std(wave) + 0.01 * scratch
    return waves.level(tone * waves.gate(time, min(0.22, 0.5 * seconds), 0.14))


def trumpet(note: waves.Note, generator: np.random.Generator) -> np.ndarray:
    """A blown horn of brass: the louder the brighter, so the start blares."""
    frequency_hz, seconds, sample_rate_hz, colour = note
    time = waves.time_axis(seconds + 0.05, sample_rate_hz)
    harmonics = waves.harmonics(frequency_hz, sample_rate_hz, 40)
    # The bell lets out the more, the higher, up to a limit of its own.
    octaves = np.log2(harmonics * frequency_hz / (1_300 + 500 * colour))
    bell = 2.0 ** np.where(octaves < 0, 0.7 * octaves, -2.5 * octaves)
    mellow = bell * np.exp(-0.7 * (harmonics - 1.0))
    turns = frequency_hz * (time + 0.006 * np.exp(-60 * time) / 60)
    blare = waves.table_wave(turns, bell)
    round_tone = waves.table_wave(turns, mellow)
    opened = np.minimum(1.0, time / 0.05) * (0.4 + 0.6 * np.exp(-7 * time))
    tone = opened * blare / np.std(blare)
    tone += 0.6 * (1 - opened) * round_tone / np.std(round_tone)
    tone += _breath(time, generator)
    return waves.level(tone * waves.gate(time, min(0.03, 0.3 * seconds), 0.05))


def oboe(note: waves.Note, generator: np.random.Generator) -> np.ndarray:
    """A blown double reed: nasal, louder at 1.1 and 2.9 kHz than below."""
    frequency_hz, seconds, sample_rate_hz, colour = note
    time = waves.time_axis(seconds + 0.05, sample_rate_hz)
    harmonics = waves.harmonics(frequency_hz, sample_rate_hz, 30)
    weights = np.full(len(harmonics), 0.1)
    weights += sum(
        gain * np.exp(-(((harmonics * frequency_hz - centre) / width) ** 2))
        for gain, centre, width in (
            (1.0, 1_100, 320),
            (0.4 + 0.4 * colour, 2_900, 600),
        )
    )
    turns = frequency_hz * (time + 0.004 * np.sin(33 * time) / 33)
    wave = waves.table_wave(turns, weights)
    waver = 1 + 0.12 * np.sin(33 * time)
    tone = waver * wave / np.std(wave) + _breath(time, generator)
    return waves.level(tone * waves.gate(time, min(0.03, 0.3 * seconds), 0.05))


VOICES = {
    "harpsichord": harpsichord,
    "marimba": marimba,
    "cello": cello,
    "trumpet": trumpet,
    "oboe": oboe,
}
FAMILIES = {
    "harpsichord": "plucked",
    "marimba": "struck",
    "cello": "bowed",
    "trumpet": "blown",
    "oboe": "blown",
}


def _breath(time: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Air at the lips: a puff at the start, then little of it."""
    air = np.diff(generator.standard_normal(time.size), 2, append=(0.0, 0.0))
    return (0.04 + 0.25 * np.exp(-25 * time)) / 2.5 * air
