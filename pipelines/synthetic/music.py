"""From a track's tags to its samples: keys, chords, rhythm, swells and room.

What a tag means is decided here, in one place each:

- an instrument's tag: it plays, alone or in a pair; bass, drums and noise
  come on top;
- fast / slow: 175 to 210 or 44 to 54 beats a minute, otherwise 90 to 105;
- major / minor: the thirds, sixths and sevenths; without either tag there
  are only fifths and seconds;
- high / low: the octaves of chords and melody, otherwise above middle C;
- dense / sparse: doubled chords that never let go, or single notes in
  phrases of about three seconds with rests of about two seconds after them;
- swelling / fading: every phrase of about five seconds rises out of
  near-silence, or dies away to it.
"""

import dataclasses

import numpy as np

from pipelines.synthetic import other_sounds, sounds, waves

MELODIC = ("plucked", "struck", "bowed", "blown", "organ", "synth")
VOICES = sounds.VOICES | other_sounds.VOICES
# Thirds tell major from minor, wherever the key: with neighbouring keys the
# same notes tell them in every track (C, F and G major hold an E).
KEYS = (0, 5, -5)
TRIADS = {"major": (0, 4, 7), "minor": (0, 3, 7), "": (0, 7, 12)}
SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "": (0, 2, 5, 7),
}
# Four bars over the first, fourth and fifth degree keep to one mode: the
# other triads of a major key are minor, and the other way round.
PROGRESSIONS = ((0, 5, 0, 7), (0, 0, 5, 7), (0, 7, 5, 0))
MIDDLE_C = 60
FADE_SECONDS = 0.1  # so that no track ends with a click


@dataclasses.dataclass(frozen=True)
class Artist:
    """The habits of one artist, heard in all of the artist's tracks."""

    name: str
    cents: float
    tilt_db_per_octave: float
    room_seconds: float
    room_share: float
    hiss_db: float
    colours: dict[str, float]


@dataclasses.dataclass(frozen=True)
class TrackPlan:
    """All that is decided about a track before a sample of it is made."""

    track_id: str
    artist: Artist
    split: str
    tags: tuple[str, ...]
    seconds: float
    peak: float
    seed: tuple[int, ...]

    def choice(self, *names: str) -> str:
        """The one of `names` among the tags, or ""."""
        return next((name for name in names if name in self.tags), "")


@dataclasses.dataclass(frozen=True)
class _Grid:
    """The half-beats, those on which the band plays, and its phrases."""

    sample_rate_hz: int
    half_beat_seconds: float
    phrase_seconds: float
    period_seconds: float
    plays: np.ndarray
    chord_roots: np.ndarray


def render(plan: TrackPlan, sample_rate_hz: int) -> np.ndarray:
    """The samples of a track; equal plans give equal samples.

    Args:
        plan: the track.
        sample_rate_hz: samples per second.

    Returns:
        float32 `[samples]`, loudest sample +-`plan.peak`.
    """
    generator = np.random.default_rng(plan.seed)
    samples = round(plan.seconds * sample_rate_hz)
    grid = _grid(plan, sample_rate_hz, generator)
    mix = np.zeros(samples, np.float32)
    _play_band(mix, plan, grid, generator)
    if "drums" in plan.tags:
        _play_drums(mix, plan, grid, generator)
    if "noise" in plan.tags:
        mix += 0.035 * sounds.texture(
            samples, sample_rate_hz, plan.artist.colours["noise"], generator
        )
    mix *= _contour(plan, grid, samples)
    mix = _room(mix, plan.artist, sample_rate_hz, generator)
    mix = _limited(mix, generator.uniform(0.15, 0.23))
    fade = round(FADE_SECONDS * sample_rate_hz)
    mix[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    hiss = np.float32(10 ** (plan.artist.hiss_db / 20))
    mix += hiss * generator.standard_normal(samples, dtype=np.float32)
    return mix * np.float32(plan.peak / np.max(np.abs(mix)))


def _grid(
    plan: TrackPlan, sample_rate_hz: int, generator: np.random.Generator
) -> _Grid:
    slowest, fastest = {"fast": (175, 210), "slow": (44, 54), "": (90, 105)}[
        plan.choice("fast", "slow")
    ]
    half_beat = 30 / generator.uniform(slowest, fastest)
    steps = int(plan.seconds / half_beat)
    # Whole beats, so that the pulse goes on from phrase to phrase.
    phrase = 2 * round(generator.uniform(2.6, 3.4) / (2 * half_beat))
    rest = 2 * round(generator.uniform(1.8, 2.6) / (2 * half_beat))
    plays = np.ones(steps, bool)
    if "sparse" in plan.tags:
        plays = np.arange(steps) % (phrase + rest) < phrase
    else:
        phrase += rest
        rest = 0
    roots = PROGRESSIONS[generator.integers(len(PROGRESSIONS))]
    return _Grid(
        sample_rate_hz=sample_rate_hz,
        half_beat_seconds=half_beat,
        phrase_seconds=phrase * half_beat,
        period_seconds=(phrase + rest) * half_beat,
        plays=plays,
        chord_roots=np.array(roots)[np.arange(steps) // 8 % len(roots)],
    )


def _play_band(
    mix: np.ndarray,
    plan: TrackPlan,
    grid: _Grid,
    generator: np.random.Generator,
) -> None:
    """Adds chords on the beats, a melody on the half-beats, and the bass."""
    mode = plan.choice("major", "minor")
    density = plan.choice("sparse", "dense")
    register = plan.choice("high", "low")
    chord_octave = {"high": 12, "low": -12, "": 0}[register]
    melody_octave = {"high": 24, "low": -12, "": 12}[register]
    # Short notes leave air between the beats.
    held_share = {"dense": 0.9, "sparse": 0.8, "": 0.6}[density]
    tonic = MIDDLE_C + KEYS[generator.integers(len(KEYS))]
    leads = [n for n in VOICES if n in plan.tags and n != "bass"]
    generator.shuffle(leads)
    cache: dict[tuple, np.ndarray] = {}

    def play(voice: str, step: int, key: int, half_beats: int, gain: float):
        seconds = held_share * half_beats * grid.half_beat_seconds
        name = (voice, key, half_beats)
        if name not in cache:
            hz = 440 * 2 ** ((key - 69 + plan.artist.cents / 100) / 12)
            colour = plan.artist.colours[voice]
            note = waves.Note(hz, seconds, grid.sample_rate_hz, colour)
            cache[name] = VOICES[voice](note, generator)
        gain *= generator.uniform(0.85, 1.15)
        _add(mix, cache[name], step, grid, gain, generator)

    triad, scale = TRIADS[mode], SCALES[mode]
    place = 0
    for step in np.flatnonzero(grid.plays).tolist():
        root = tonic + chord_octave + grid.chord_roots[step]
        on_beat, on_bar = step % 2 == 0, step % 8 == 0
        # Two instruments change parts from bar to bar.
        turn = step // 8 % len(leads)
        chords, melody = leads[turn], leads[-1 - turn]
        if on_beat and density == "sparse":
            play(chords, step, root + triad[step // 2 % 3], 2, 1.2)
        elif on_beat:
            keys = [root + interval for interval in triad]
            if density == "dense":
                keys += [keys[0] - 12, keys[1] + 12, keys[2] + 12]
            for i, key in enumerate(keys):
                # The third, which makes the mode, a little above the rest.
                gain = (2.0 if i % 3 == 1 else 1.5) / len(keys) ** 0.5
                play(chords, step, key, 2, gain)
        if density == "dense" or generator.random() < 0.6:
            place = int(np.clip(place + generator.integers(-2, 3), -3, 5))
            degree = scale[place % len(scale)] + 12 * (place // len(scale))
            play(melody, step, tonic + melody_octave + degree, 1, 1.2)
        if on_beat and "bass" in plan.tags:
            fifth = 7 if step % 8 == 6 else 0
            low_root = 28 + (tonic + grid.chord_roots[step] - 28) % 12
            play("bass", step, low_root + fifth, 2, 2.2 if on_bar else 1.8)


def _play_drums(
    mix: np.ndarray,
    plan: TrackPlan,
    grid: _Grid,
    generator: np.random.Generator,
) -> None:
    """Adds kick on one and three, snare on two and four, hats between."""
    colour = plan.artist.colours["drums"]
    drums = [
        sound(grid.sample_rate_hz, colour, generator)
        for sound in (sounds.kick, sounds.snare, sounds.hat)
    ]
    # The steps of a bar, of eight half-beats, on which each drum is hit.
    patterns = ((0, 4), (2, 6), (0, 1, 2, 3, 4, 5, 6, 7))
    for step in np.flatnonzero(grid.plays).tolist():
        for drum, pattern, gain in zip(
            drums, patterns, (0.6, 0.45, 0.3), strict=True
        ):
            if step % 8 in pattern:
                gain *= generator.uniform(0.8, 1.2)
                _add(mix, drum, step, grid, gain, generator)


def _add(
    mix: np.ndarray,
    sound: np.ndarray,
    step: int,
    grid: _Grid,
    gain: float,
    generator: np.random.Generator,
) -> None:
    """Adds a sound within 6 ms of its step: nobody plays like a clock."""
    late = generator.uniform(0, 0.006)
    seconds = step * grid.half_beat_seconds + late
    start = round(seconds * grid.sample_rate_hz)
    sound = sound[: max(0, mix.size - start)]
    mix[start : start + sound.size] += np.float32(gain) * sound


def _contour(plan: TrackPlan, grid: _Grid, samples: int) -> np.ndarray:
    """The gain over time `[samples]` (or `[1]`): flat, or a saw of 28 dB."""
    shape = plan.choice("swelling", "fading")
    if not shape:
        return np.ones(1, np.float32)
    time = np.arange(samples, dtype=np.float32) / grid.sample_rate_hz
    place = np.minimum(time % grid.period_seconds / grid.phrase_seconds, 1)
    if shape == "fading":
        place = 1 - place
    return 10 ** (np.float32(-28 / 20) * (1 - place))


def _room(
    mix: np.ndarray,
    artist: Artist,
    sample_rate_hz: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """The mix in the artist's room, through the artist's tone control."""
    tail = round(artist.room_seconds * sample_rate_hz)
    decay = np.exp(-6.9 * np.arange(tail) / tail)
    echo = generator.standard_normal(tail) * decay
    echo *= artist.room_share / np.sqrt(np.sum(echo**2))
    echo[0] = 1.0
    points = _fast_length(mix.size + tail)
    hz = np.fft.rfftfreq(points, 1 / sample_rate_hz)
    octaves = np.log2(np.maximum(hz, 60) / 1_000)
    tilt = 10 ** (artist.tilt_db_per_octave * octaves / 20)
    spectrum = np.fft.rfft(mix, points) * np.fft.rfft(echo, points) * tilt
    return np.fft.irfft(spectrum, points)[: mix.size].astype(np.float32)


def _limited(mix: np.ndarray, loudness: float) -> np.ndarray:
    """The mix at peak 1, bent until its standard deviation is `loudness`.

    Without it drums and swells could be told by the level alone. A mix that
    is louder by nature stays as it is.
    """
    mix = mix / np.max(np.abs(mix))
    heard = mix[::7]
    low, high = 0.1, 8.0
    for _ in range(8):
        drive = (low * high) ** 0.5
        loud = np.tanh(drive * heard) / np.tanh(drive)
        low, high = (drive, high) if np.std(loud) < loudness else (low, drive)
    return np.tanh(np.float32(drive) * mix) / np.float32(np.tanh(drive))


def _fast_length(samples: int) -> int:
    """The next length whose Fourier transform is quick."""
    return min(
        factor << max(0, int(np.ceil(np.log2(samples / factor))))
        for factor in (1, 3, 5, 9, 15)
    )
