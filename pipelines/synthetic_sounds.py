"""Instruments as functions of numpy arrays: one note, one hit, one texture.

A voice takes the pitch in Hz, the seconds until the note is let go, the rate
and two things of the player: `colour`, from 0 to 1, and a generator for all
that is noise. It answers float32 `[samples]`, somewhat longer than asked as
the note dies away, of the same loudness for every voice, so that none can be
told by its level. A drum is a voice without pitch and length.
"""

import numpy as np

TABLE_POINTS = 4_096


def plucked(
    frequency_hz: float,
    seconds: float,
    sample_rate_hz: int,
    colour: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """A plucked string: harmonics that die away the faster the higher."""
    time = _time(seconds + 0.25, sample_rate_hz)
    harmonics = _harmonics(frequency_hz, sample_rate_hz, 20)
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
    return _level(string.imag * decay * _gate(time, 0.002, 0.12))


def struck(
    frequency_hz: float,
    seconds: float,
    sample_rate_hz: int,
    colour: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """A struck bar or bell: few partials, far from harmonic, that ring on."""
    time = _time(seconds + 0.8, sample_rate_hz)
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
    return _level((bar + 0.4 * click) * _gate(time, 0.001, 0.7))


def bowed(
    frequency_hz: float,
    seconds: float,
    sample_rate_hz: int,
    colour: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """A bowed string: a saw with a body, a slow attack and vibrato."""
    time = _time(seconds + 0.1, sample_rate_hz)
    harmonics = _harmonics(frequency_hz, sample_rate_hz, 40)
    body = 0.35 + sum(
        np.exp(-(((harmonics * frequency_hz - centre) / width) ** 2))
        for centre, width in ((480, 250), (1_100, 400), (2_900, 900))
    )
    weights = body / harmonics ** (1.15 - 0.4 * colour)
    depth = 0.018 * np.minimum(1.0, time / 0.15)
    vibrato = -np.cos(2 * np.pi * 5.8 * time) / (2 * np.pi * 5.8)
    turns = frequency_hz * (time + depth * vibrato)
    wave = _table_wave(turns, weights)
    scratch = np.diff(generator.standard_normal(time.size), append=0.0)
    tone = wave / np.std(wave) + 0.04 * scratch
    return _level(tone * _gate(time, min(0.16, 0.4 * seconds), 0.09))


def blown(
    frequency_hz: float,
    seconds: float,
    sample_rate_hz: int,
    colour: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """A blown pipe: few harmonics in a stream of breath, and a chiff."""
    time = _time(seconds + 0.08, sample_rate_hz)
    harmonics = _harmonics(frequency_hz, sample_rate_hz, 9)
    flute = 0.32 ** (harmonics - 1.0)
    clarinet = (harmonics % 2 + 0.06) / harmonics**1.3
    weights = (1 - colour) * flute + colour * clarinet
    turns = frequency_hz * time
    wave = _table_wave(turns, weights)
    breath = generator.standard_normal(time.size)
    # Two differences: the hiss of air lies above the tone.
    breath = np.diff(breath, 2, append=(0.0, 0.0)) / 2.5
    strength = 0.3 + 0.6 * np.exp(-25 * time)
    waver = 1 + 0.08 * np.sin(2 * np.pi * 4.7 * time)
    tone = waver * wave / np.std(wave) + strength * breath
    return _level(tone * _gate(time, min(0.06, 0.3 * seconds), 0.07))


def organ(
    frequency_hz: float,
    seconds: float,
    sample_rate_hz: int,
    colour: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """An organ: drawbars at octaves and fifths, level as long as it is held."""
    time = _time(seconds + 0.03, sample_rate_hz)
    weights = np.zeros(16)
    # Counted from half the pitch: 16', 5 1/3', 8', 4', 2 2/3', 2', 1 1/3', 1'.
    weights[[0, 2, 1, 3, 5, 7, 11, 15]] = (
        *(0.8, 0.55, 1.0, 0.8, 0.6),
        *(0.5, 0.15 + 0.3 * colour, 0.15 + 0.4 * colour),
    )
    half_hz = frequency_hz / 2
    weights = weights[: _harmonics(half_hz, sample_rate_hz, 16).size]
    turns = half_hz * (time + 0.0005 * np.sin(2 * np.pi * 6.6 * time) / 6.6)
    wave = _table_wave(turns, weights)
    rotor = 1 + 0.3 * np.sin(2 * np.pi * 6.6 * time)
    click = generator.standard_normal(time.size) * np.exp(-400 * time)
    return _level(
        (rotor * wave / np.std(wave) + 0.5 * click) * _gate(time, 0.004, 0.02)
    )


def synth(
    frequency_hz: float,
    seconds: float,
    sample_rate_hz: int,
    colour: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """A synthesizer: three detuned saws under a filter that opens and shuts."""
    time = _time(seconds + 0.1, sample_rate_hz)
    harmonics = _harmonics(frequency_hz, sample_rate_hz, 60)
    open_weights = 1 / harmonics ** (0.75 - 0.25 * colour)
    shut_weights = open_weights * np.exp(-0.5 * harmonics)
    opened = np.sin(np.pi * np.minimum(1.0, time / time[-1])) ** 2
    wave = np.zeros(time.size)
    for detune in (0.991, 1.0, 1.009):
        turns = detune * frequency_hz * time + generator.random()
        wave += opened * _table_wave(turns, open_weights)
        wave += (1 - opened) * _table_wave(turns, shut_weights)
    return _level(wave * _gate(time, 0.02, 0.09))


def bass(
    frequency_hz: float,
    seconds: float,
    sample_rate_hz: int,
    colour: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """A bass: a round low tone of three harmonics with a thump."""
    time = _time(seconds + 0.05, sample_rate_hz)
    weights = np.array((1.0, 0.35 + 0.3 * colour, 0.1 + 0.15 * colour))
    glide = 0.02 * (1 - np.exp(-30 * time)) / 30
    wave = _table_wave(frequency_hz * (time + 8 * glide), weights)
    return _level(wave * np.exp(-1.6 * time) * _gate(time, 0.006, 0.05))


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
    time = _time(0.35, sample_rate_hz)
    low_hz = 44 + 14 * colour
    turns = low_hz * time + (160 - low_hz) * (1 - np.exp(-35 * time)) / 35
    drum = np.sin(2 * np.pi * turns) * np.exp(-(8 + 4 * colour) * time)
    click = generator.standard_normal(time.size) * np.exp(-300 * time)
    return ((drum + 0.3 * click) * _gate(time, 0.001, 0.05)).astype(np.float32)


def snare(
    sample_rate_hz: int, colour: float, generator: np.random.Generator
) -> np.ndarray:
    """A snare drum: a burst of noise over a short 190 Hz tone."""
    time = _time(0.28, sample_rate_hz)
    rattle = np.diff(generator.standard_normal(time.size), append=0.0)
    rattle *= np.exp(-(14 + 8 * colour) * time)
    skin = np.sin(2 * np.pi * 190 * time) * np.exp(-22 * time)
    return ((0.5 * rattle + 0.5 * skin) * _gate(time, 0.001, 0.05)).astype(
        np.float32
    )


def hat(
    sample_rate_hz: int, colour: float, generator: np.random.Generator
) -> np.ndarray:
    """A closed hi-hat: 50 ms of the upper end of white noise."""
    time = _time(0.09, sample_rate_hz)
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


def _time(seconds: float, sample_rate_hz: int) -> np.ndarray:
    return np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz


def _gate(time: np.ndarray, attack: float, release: float) -> np.ndarray:
    """From 0 to 1 in `attack` seconds, to 0 in the last `release` seconds."""
    rise = np.minimum(1.0, time / attack)
    fall = np.minimum(1.0, (time[-1] - time) / release)
    return rise * fall


def _harmonics(
    frequency_hz: float, sample_rate_hz: int, most: int
) -> np.ndarray:
    """1, 2, ... as far as they stay clear of half the sample rate."""
    fitting = int(0.45 * sample_rate_hz / frequency_hz)
    return np.arange(1, max(1, min(most, fitting)) + 1)


def _table_wave(turns: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum of weights[k - 1] * sin(2 pi k turns), read from one period."""
    spectrum = np.zeros(TABLE_POINTS // 2 + 1, complex)
    # Quadratic phases keep the crest low: no buzzing peak once per period.
    order = np.arange(1, weights.size + 1)
    phases = np.pi * order * order / (weights.size + 1)
    spectrum[1 : weights.size + 1] = weights * np.exp(1j * phases)
    table = np.fft.irfft(spectrum, TABLE_POINTS) * (TABLE_POINTS / 2)
    places = (turns * TABLE_POINTS).astype(np.int64) & (TABLE_POINTS - 1)
    return table[places]


def _level(note: np.ndarray) -> np.ndarray:
    """The note at a loudest 50 ms of standard deviation 0.1."""
    block = max(1, min(note.size, 800))
    blocks = note[: note.size - note.size % block].reshape(-1, block)
    loudest = np.sqrt(np.max(np.mean(np.square(blocks), axis=1)))
    return (0.1 / loudest * note).astype(np.float32)
