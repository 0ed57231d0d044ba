import melodies
import numpy as np
import pytest

from pipelines.inspect.fingerprints import fingerprint, near_duplicates


def made(wave, rate_hz=melodies.RATE_HZ):
    return fingerprint.fingerprint(melodies.samples(wave), rate_hz)


@pytest.fixture(scope="module")
def unrelated():
    return [made(melodies.melody(seed, 12)) for seed in range(12)]


def test_unrelated_recordings_are_no_pair(unrelated):
    assert near_duplicates.find(unrelated) == []


@pytest.mark.parametrize("row", range(4))
def test_a_shifted_part_is_found_where_it_is(unrelated, row):
    generator = np.random.default_rng(row)
    wave = melodies.melody(row, 12)
    cut = int(generator.uniform(1, 4) * melodies.RATE_HZ)
    lead = melodies.melody(100 + row, 2)
    copy = np.concatenate([lead, 0.5 * wave[cut:]])
    copy += generator.normal(0, 0.002, len(copy)).astype(np.float32)
    (pair,) = near_duplicates.find([*unrelated, made(copy)])
    assert (pair.first, pair.second) == (row, len(unrelated))
    shared = (len(wave) - cut) / melodies.RATE_HZ
    assert pair.offset_seconds == pytest.approx(
        2 - cut / melodies.RATE_HZ, abs=0.02
    )
    assert pair.shared_seconds == pytest.approx(shared, abs=1.5)
    assert pair.shared_seconds <= pair.overlap_seconds
    assert pair.error_rate < 0.2


def test_order_and_neighbours_change_nothing(unrelated):
    copy = made(melodies.melody(3, 12)[8_000:])
    (one,) = near_duplicates.find([*unrelated, copy])
    (other,) = near_duplicates.find([copy, *unrelated])
    assert (other.first, other.second) == (0, 4)
    assert other.offset_seconds == -one.offset_seconds
    assert other.shared_seconds == one.shared_seconds
    assert one.between(20, 7) == near_duplicates.Pair(
        7,
        20,
        -one.offset_seconds,
        one.shared_seconds,
        one.overlap_seconds,
        one.error_rate,
    )


def test_silence_is_nobodys_copy(unrelated):
    silence = np.zeros(12 * melodies.RATE_HZ, np.int16)
    quiet = fingerprint.fingerprint(silence, melodies.RATE_HZ)
    assert near_duplicates.find([quiet, quiet, *unrelated]) == []


def test_what_is_shorter_than_a_block_is_not_compared():
    short = made(melodies.melody(0, 3))
    assert 0 < len(short) < near_duplicates.BLOCK_WORDS
    assert near_duplicates.find([short, short]) == []
    assert near_duplicates.find([]) == []
    assert near_duplicates.find([np.zeros(0, np.uint32)]) == []


def test_several_lookups_find_the_same(unrelated, monkeypatch):
    copies = [made(melodies.melody(row, 12)[4_000:]) for row in (2, 5)]
    table = [*unrelated, *copies]
    once = near_duplicates.find(table)
    assert len(once) == 2
    monkeypatch.setattr(near_duplicates, "WORDS_AT_ONCE", 1_000)
    monkeypatch.setattr(near_duplicates, "_SCAN_WORDS", 777)
    monkeypatch.setattr(near_duplicates, "_HITS_AT_ONCE", 3)
    found = near_duplicates.find(table)
    assert [(p.first, p.second) for p in found] == [
        (p.first, p.second) for p in once
    ]


def test_a_crowd_of_copies_is_connected(unrelated):
    wave = melodies.melody(0, 8)
    crowd = [made(wave[200 * n :]) for n in range(30)]
    pairs = near_duplicates.find([*crowd, *unrelated[1:]])
    group = {0}
    for _ in crowd:
        for pair in pairs:
            if {pair.first, pair.second} & group:
                group |= {pair.first, pair.second}
    assert group == set(range(30))


def test_rates_are_those_of_a_slow_comparison(unrelated):
    wave = melodies.melody(1, 12)
    noisy = wave + np.random.default_rng(0).normal(0, 0.01, len(wave))
    copy = made(noisy.astype(np.float32))
    (pair,) = near_duplicates.find([unrelated[1], copy])
    shared, errors = 0, 0
    moved = round(pair.offset_seconds / fingerprint.SECONDS_PER_WORD)
    words = [
        (int(a), int(copy[i + moved]))
        for i, a in enumerate(unrelated[1])
        if 0 <= i + moved < len(copy)
    ]
    bits = [(a ^ b).bit_count() for a, b in words]
    inside = set()
    for start in range(len(bits) - 255):
        if sum(bits[start : start + 256]) <= 0.25 * 32 * 256:
            inside |= set(range(start, start + 256))
    shared = len(inside)
    errors = sum(bits[i] for i in inside) / (32 * shared)
    assert pair.shared_seconds == pytest.approx(shared * 64 / 5_000)
    assert pair.error_rate == pytest.approx(errors)
    assert pair.overlap_seconds == pytest.approx(len(words) * 64 / 5_000)


@pytest.mark.parametrize("rate", [0, 0.5, -1, float("nan")])
def test_a_limit_that_means_nothing_is_refused(rate):
    with pytest.raises(ValueError, match="max_error_rate"):
        near_duplicates.find([], rate)


@pytest.mark.slow
def test_damaged_copies_are_found_in_a_large_collection():
    tracks, length, copies = 10_000, 2_316, 50
    generator = np.random.default_rng(0)
    words = generator.integers(1, 2**32, tracks * length, np.uint32)
    table = words.reshape(tracks, length)
    rows = generator.permutation(tracks)[: 2 * copies].reshape(copies, 2)
    for first, second in rows:
        wrong = generator.random((length - 700, 32)) < 0.1
        wrong = np.packbits(wrong, axis=1).view(np.uint32)[:, 0]
        table[second, :-700] = table[first, 700:] ^ wrong
    found = near_duplicates.find_in_table(words, np.arange(tracks + 1) * length)
    expected = {tuple(sorted(pair)) for pair in rows.tolist()}
    assert {(pair.first, pair.second) for pair in found} == expected
    assert all(pair.error_rate < 0.11 for pair in found)
