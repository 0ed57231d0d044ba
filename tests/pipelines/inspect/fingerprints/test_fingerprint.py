import melodies
import numpy as np
import pytest
import soxr

from pipelines.inspect.fingerprints import fingerprint


def different_bits(one, other):
    count = min(len(one), len(other))
    ones = fingerprint.count_ones(one[:count] ^ other[:count])
    return ones.sum() / (32 * count)


def test_a_word_for_every_hop_after_the_first_frame():
    frames = 200
    samples = (frames - 1) * fingerprint.HOP_SAMPLES + fingerprint.FRAME_SAMPLES
    wave = melodies.melody(0, samples / 5_000, 5_000)
    made = fingerprint.fingerprint(melodies.samples(wave), 5_000)
    # The first frame has none before it.
    assert made.shape == (frames - 1,) and made.dtype == np.uint32


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_101])
def test_words_per_second_are_those_of_any_rate(rate_hz):
    wave = melodies.melody(0, 10, rate_hz)
    made = fingerprint.fingerprint(melodies.samples(wave), rate_hz)
    expected = 10 * fingerprint.RATE_HZ / fingerprint.HOP_SAMPLES - 32
    assert len(made) == pytest.approx(expected, abs=3)


def test_pieces_may_be_cut_anywhere():
    samples = melodies.samples(melodies.melody(1, 20))
    whole = fingerprint.fingerprint(samples, melodies.RATE_HZ)
    generator = np.random.default_rng(0)
    for _ in range(3):
        cuts = np.sort(generator.integers(0, len(samples), 7))
        made = fingerprint.Fingerprinter(melodies.RATE_HZ)
        for piece in np.split(samples, cuts):
            made.add(piece)
        assert np.array_equal(made.finish(), whole)


def test_bits_are_the_signs_that_the_paper_defines():
    wave = melodies.melody(3, 2, 5_000)
    samples = melodies.samples(wave)
    made = fingerprint.fingerprint(samples, 5_000)
    # Slow and plain: one frame, one band and one bin after the other.
    edges = np.geomspace(300, 2_000, 34)
    energies = []
    for frame in range(10):
        start = 64 * frame
        piece = samples[start : start + 2_048] * np.hanning(2_049)[:-1]
        power = np.abs(np.fft.rfft(piece)) ** 2
        bins = np.round(edges * 2_048 / 5_000).astype(int)
        energies.append(
            [power[a:b].sum() for a, b in zip(bins, bins[1:], strict=False)]
        )
    for n in range(1, 10):
        now, before = energies[n], energies[n - 1]
        bits = "".join(
            str(int(now[m] - now[m + 1] - (before[m] - before[m + 1]) > 0))
            for m in range(32)
        )
        assert f"{made[n - 1]:032b}" == bits


def test_level_changes_no_more_than_a_few_bits():
    wave = melodies.melody(4)
    loud = melodies.samples(wave)
    soft = (loud / 8).astype(np.int16)
    one, other = (
        fingerprint.fingerprint(x, melodies.RATE_HZ) for x in (loud, soft)
    )
    assert different_bits(one, other) < 0.02


def test_another_rate_changes_few_bits():
    wave = melodies.melody(5, 8, 16_000)
    one = fingerprint.fingerprint(melodies.samples(wave), 16_000)
    lower = soxr.resample(wave, 16_000, 11_025)
    other = fingerprint.fingerprint(melodies.samples(lower), 11_025)
    assert different_bits(one, other) < 0.02


def test_unrelated_music_differs_in_half_of_the_bits():
    made = [
        fingerprint.fingerprint(
            melodies.samples(melodies.melody(seed)), melodies.RATE_HZ
        )
        for seed in range(6)
    ]
    rates = [different_bits(a, b) for a in made for b in made if a is not b]
    assert min(rates) > 0.45 and max(rates) < 0.55


def test_silence_has_no_bits():
    samples = melodies.samples(melodies.melody(6, 6))
    samples[: 3 * melodies.RATE_HZ] = 0
    made = fingerprint.fingerprint(samples, melodies.RATE_HZ)
    assert (made[:180] == fingerprint.SILENT).all()
    assert (made[-180:] != fingerprint.SILENT).all()


def test_less_than_two_frames_have_no_word():
    made = fingerprint.fingerprint(np.ones(100, np.int16), 8_000)
    assert made.shape == (0,) and made.dtype == np.uint32
    assert fingerprint.Fingerprinter(8_000).finish().shape == (0,)


def test_too_low_a_rate_is_refused():
    with pytest.raises(ValueError, match="4000 Hz. Received: 3999"):
        fingerprint.Fingerprinter(3_999)


def test_ones_are_counted_as_python_does():
    words = np.random.default_rng(0).integers(0, 2**32, 500, np.uint32)
    words[:3] = 0, 2**32 - 1, 2**31
    expected = [int(word).bit_count() for word in words]
    assert fingerprint.count_ones(words).tolist() == expected
