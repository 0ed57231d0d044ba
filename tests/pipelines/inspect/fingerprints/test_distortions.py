import melodies
import numpy as np
import pytest

from pipelines.inspect.fingerprints import distortions, fingerprint


@pytest.fixture
def wave():
    return melodies.melody(0, 12, 16_000)


@pytest.fixture
def generator():
    return np.random.default_rng(0)


@pytest.mark.parametrize("name", distortions.ALL)
def test_each_gives_a_waveform_and_no_more_than_there_was(
    name, wave, generator
):
    made, rate_hz = distortions.ALL[name](wave, 16_000, generator)
    assert made.ndim == 1 and made.dtype == np.float32
    assert np.isfinite(made).all() and np.abs(made).max() > 0.01
    assert len(made) / rate_hz < 12.2


def test_softer_is_a_quarter(wave, generator):
    made, _ = distortions.softer(wave, 16_000, generator)
    assert np.allclose(made, wave / 3.98, atol=1e-4)


def test_later_and_excerpt_are_parts(wave, generator):
    made, _ = distortions.later(wave, 16_000, generator)
    assert np.array_equal(made, wave[-len(made) :])
    assert 4 * 16_000 <= len(made) <= 11 * 16_000
    made, _ = distortions.excerpt(wave, 16_000, generator)
    assert len(made) == 160_000
    start = np.correlate(wave[:33_000], made[:1_000], "valid").argmax()
    assert np.array_equal(made, wave[start : start + 160_000])
    short, _ = distortions.excerpt(wave[:500], 16_000, generator)
    assert np.array_equal(short, wave[:500])


@pytest.mark.parametrize("snr_db", [0, 20])
def test_noise_has_its_level(wave, generator, snr_db):
    made, _ = distortions.noisy(snr_db)(wave, 16_000, generator)
    measured = 10 * np.log10(np.mean(wave**2) / np.mean((made - wave) ** 2))
    assert measured == pytest.approx(snr_db, abs=0.1)


def test_mp3_is_a_copy_but_for_the_coder(wave, generator):
    made, rate_hz = distortions.mp3(64_000)(wave, 16_000, generator)
    assert rate_hz == 16_000 and not np.array_equal(made[:160], wave[:160])
    one, other = (
        fingerprint.fingerprint(melodies.samples(x), 16_000)
        for x in (wave, made[len(made) - len(wave) :])
    )
    assert np.isclose(len(one), len(other), atol=2)
    # The coder adds a start of its own: the best of some places counts.
    rates = [
        fingerprint.count_ones(one[100:700] ^ other[s : s + 600]).sum() / 19_200
        for s in range(60, 140)
    ]
    assert min(rates) < 0.1


def test_faster_is_higher_and_shorter(generator):
    time = np.arange(32_000) / 16_000
    sine = np.sin(2 * np.pi * 1_000 * time).astype(np.float32)
    made, rate_hz = distortions.faster(4)(sine, 16_000, generator)
    assert rate_hz == 16_000
    assert len(made) == pytest.approx(32_000 / 1.04, abs=2)
    hz = np.abs(np.fft.rfft(made)).argmax() * 16_000 / len(made)
    assert hz == pytest.approx(1_040, abs=1)


def test_chained_does_one_after_the_other(wave, generator):
    both = distortions.chained(distortions.softer, distortions.resampled)
    made, rate_hz = both(wave, 16_000, generator)
    assert rate_hz == 11_025
    assert np.abs(made).max() < 0.3 * np.abs(wave).max()
