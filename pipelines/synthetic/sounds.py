"""Instruments as functions of numpy arrays: one note, one hit, one texture.

A voice takes a note and a generator for all that is noise. It answers float32
`[samples]`, somewhat longer than asked as the note dies away, of the same
loudness for every voice, so that none can be told by its level. A drum is a
voice without pitch and length.
"""

import numpy as np

from pipelines.synthetic import waves


def plucked(note: waves.Note, generator: np.random.Generator) -> np.ndarray:
    """A plucked string: harmonics that die away the faster the higher."""
    frequency_hz, seconds, sample_rate_hz, colour = note
    time = waves.time_axis(seconds + 0.25, sample_rate_hz)
    harmonics = waves.harmonics(frequency_hz, sample_rate_hz, 20)
    pluck_point = 0.13 + 0.25 * (1 - colour)
    weights = np.abs(np.sin(np.pi * harmonics * pluck_point)) + 0.05
    weights /= harmonics ** (1.1 - 0.5 * colour)
    loss_per_harmonic = 0.3 + 0.4 * (1 - colour) + frequency_hz / 2_000
    angle = 2 * np.pi * np.mod(frequency_hz * time, 1.0)
    phasor = np.exp(-loss_per_harmonic * time + 1j * angle)
    phasor = phasor.astype(np.complex64)
    # Horner's rule: harmonic k is the k-th power of the damped first one.
    string = np.zeros_like(phasor)
    for weight in weights[::-1].astype(np.float32):
        string += weight
        string *= phasor
    decay = np.exp(-(4.0 + frequency_hz / 500) * time)
    return waves.level(string.imag * decay * waves.gate(time, 0.002, 0.12))


def struck(note: waves.Note, generator: np.random.Generator) -> np.ndarray:
    """A struck bar or bell: few partials, far from harmonic, that ring on."""
    frequency_hz, seconds, sample_rate_hz, colour = note
    time = waves.time_axis(seconds + 0.8, sample_rate_hz)
    ratios = np.array((1.0, 2.756, 5.404, 8.933))
    weights = np.array((1.0, 0.8, 0.7, 0.5)) * (0.7 + 0.3 * colour)
    weights[0] = 1.0
    losses_per_second = (3.6 - 2.4 * colour) * np.array((0.5, 1.0, 1.8, 3.0))
    bar = np.zeros(time.size)
    for ratio, weight, loss in zip(
        ratios, weights, losses_per_second, strict=True
    ):
        if ratio * frequency_hz < 0.45 * sample_rate_hz:
            wave = np.sin(2 * np.pi * ratio * frequency_hz * time)
            bar += weight * np.exp(-loss * time) * wave
    click = generator.standard_normal(time.size) * np.exp(-180 * time)
    return waves.level((bar + 0.4 * click) * waves.gate(time, 0.001, 0.7))


def bowed(note: waves.Note, generator: np.random.Generator) -> np.ndarray:
    """A bowed string: a saw with a body, a slow attack and vibrato."""
    frequency_hz, seconds, sample_rate_hz, colour = note
    time = waves.time_axis(seconds + 0.1, sample_rate_hz)
    harmonics = waves.harmonics(frequency_hz, sample_rate_hz, 40)
    body = 0.35 + sum(
        np.exp(-(((harmonics * frequency_hz - centre) / width) ** 2))
        for centre, width in ((480, 250), (1_100, 400), (2_900, 900))
    )
    weights = body / harmonics ** (1.15 - 0.4 * colour)
    depth = 0.018 * np.minimum(1.0, time / 0.15)
    vibrato = -np.cos(2 * np.pi * 5.8 * time) / (2 * np.pi * 5.8)
    turns = frequency_hz * (time + depth * vibrato)
    wave = waves.table_wave(turns, weights)
    scratch = np.diff(generator.standard_normal(time.size), append=0.0)
    tone = wave / np.std(wave) + 0.04 * scratch
    return waves.level(tone * waves.gate(time, min(0.16, 0.4 * seconds), 0.09))


def blown(note: waves.Note, generator: np.random.Generator) -> np.ndarray:
    """A blown pipe: few harmonics in a stream of breath, and a chiff."""
    frequency_hz, seconds, sample_rate_hz, colour = note
    time = waves.time_axis(seconds + 0.08, sample_rate_hz)
    harmonics = waves.harmonics(frequency_hz, sample_rate_hz, 9)
    flute = 0.32 ** (harmonics - 1.0)
    clarinet = (harmonics % 2 + 0.06) / harmonics**1.3
    weights = (1 - colour) * flute + colour * clarinet
    turns = frequency_hz * time
    wave = waves.table_wave(turns, weights)
    breath = generator.standard_normal(time.size)
    # Two differences: the hiss of air lies above the tone.
    breath = np.diff(breath, 2, append=(0.0, 0.0)) / 2.5
    strength = 0.3 + 0.6 * np.exp(-25 * time)
    waver = 1 + 0.08 * np.sin(2 * np.pi * 4.7 * time)
    tone = waver * wave / np.std(wave) + strength * breath
    return waves.level(tone * waves.gate(time, min(0.06, 0.3 * seconds), 0.07))


def organ(note: waves.Note, generator: np.random.Generator) -> np.ndarray:
    """An organ: drawbars at octaves and fifths, level as long as it is held."""
    frequency_hz, seconds, sample_rate_hz, colour = note
    time = waves.time_axis(seconds + 0.03, sample_rate_hz)
    weights = np.zeros(16)
    # Counted from half the pitch: 16', 5 1/3', 8', 4', 2 2/3', 2', 1 1/3', 1'.
    weights[[0, 2, 1, 3, 5, 7, 11, 15]] = (
        *(0.8, 0.55, 1.0, 0.8, 0.6),
        *(0.5, 0.15 + 0.3 * colour, 0.15 + 0.4 * colour),
    )
    half_hz = frequency_hz / 2
    weights = weights[: waves.harmonics(half_hz, sample_rate_hz, 16).size]
    turns = half_hz * (time + 0.0005 * np.sin(2 * np.pi * 6.6 * time) / 6.6)
    wave = waves.table_wave(turns, weights)
    rotor = 1 + 0.3 * np.sin(2 * np.pi * 6.6 * time)
    click = generator.standard_normal(time.size) * np.exp(-400 * time)
    return waves.level(
        (rotor * wave / np.std(wave) + 0.5 * click)
        * waves.gate(time, 0.004, 0.02)
    )


def synth(note: waves.Note, generator: np.random.Generator) -> np.ndarray:
    """A synthesizer: three detuned saws under a filter that opens and shuts."""
    frequency_hz, seconds, sample_rate_hz, colour = note
    time = waves.time_axis(seconds + 0.1, sample_rate_hz)
    harmonics = waves.harmonics(frequency_hz, sample_rate_hz, 60)
    open_weights = 1 / harmonics ** (0.75 - 0.25 * colour)
    shut_weights = open_weights * np.exp(-0.5 * harmonics)
    opened = np.sin(np.pi * np.minimum(1.0, time / time[-1])) ** 2
    wave = np.zeros(time.size)
    for detune in (0.991, 1.0, 1.009):
        turns = detune * frequency_hz * time + generator.random()
        wave += opened * waves.table_wave(turns, open_weights)
        wave += (1 - opened) * waves.table_wave(turns, shut_weights)
    return waves.level(wave * waves.gate(time, 0.02, 0.09))


def bass(note: waves.Note, generator: np.random.Generator) -> np.ndarray:
    """A bass: a round low tone of three harmonics with a thump."""
    frequency_hz, seconds, sample_rate_hz, colour = note
    time = waves.time_axis(seconds + 0.05, sample_rate_hz)
    weights = np.array((1.0, 0.35 + 0.3 * colour, 0.1 + 0.15 * colour))
    glide = 0.02 * (1 - np.exp(-30 * time)) / 30
    wave = waves.table_wave(frequency_hz * (time + 8 * glide), weights)
    return waves.level(
        wave * np.exp(-1.6 * time) * waves.gate(time, 0.006, 0.05)
    )


VOICES = {
    "plucked": plucked,
    "struck": struck,
    "bowed": bowed,
    "blown": blown,
    "organ": organ,
    "synth": synth,
    "bass": bass,
}


def kick(
    sample_rate_hz: int, colour: float, generator: np.random.Generator
) -> np.ndarray:
    """A bass drum: a sine that falls from 160 Hz to about 50 Hz."""
    time = waves.time_axis(0.35, sample_rate_hz)
    low_hz = 44 + 14 * colour
    turns = low_hz * time + (160 - low_hz) * (1 - np.exp(-35 * time)) / 35
    drum = np.sin(2 * np.pi * turns) * np.exp(-(8 + 4 * colour) * time)
    click = generator.standard_normal(time.size) * np.exp(-300 * time)
    return ((drum + 0.3 * click) * waves.gate(time, 0.001, 0.05)).astype(
        np.float32
    )


def snare(
    sample_rate_hz: int, colour: float, generator: np.random.Generator
) -> np.ndarray:
    """A snare drum: a burst of noise over a short 190 Hz tone."""
    time = waves.time_axis(0.28, sample_rate_hz)
    rattle = np.diff(generator.standard_normal(time.size), append=0.0)
    rattle *= np.exp(-(14 + 8 * colour) * time)
    skin = np.sin(2 * np.pi * 190 * time) * np.exp(-22 * time)
    return ((0.5 * rattle + 0.5 * skin) * waves.gate(time, 0.001, 0.05)).astype(
        np.float32
    )


def hat(
    sample_rate_hz: int, colour: float, generator: np.random.Generator
) -> np.ndarray:
    """A closed hi-hat: 50 ms of the upper end of white noise."""
    time = waves.time_axis(0.09, sample_rate_hz)
    hiss = np.diff(generator.standard_normal(time.size), 3, append=(0, 0, 0))
    return (0.18 * hiss * np.exp(-(45 + 30 * colour) * time)).astype(np.float32)


def texture(
    samples: int,
    sample_rate_hz: int,
    colour: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """Steady broad noise between the sea (a low roar) and rain (a hiss)."""
    # Eight seconds, repeated: nobody hears it, and it costs a quarter.
    period = 8 * sample_rate_hz
    hz = np.fft.rfftfreq(period, 1 / sample_rate_hz)
    spectrum = generator.standard_normal((2, hz.size))
    spectrum = spectrum[0] + 1j * spectrum[1]
    spectrum *= (1 + hz / 250) ** (-1.1 + 0.9 * colour) * (hz > 60)
    noise = np.fft.irfft(spectrum, period)
    noise = (noise / np.std(noise)).astype(np.float32)
    return np.resize(noise, samples)
