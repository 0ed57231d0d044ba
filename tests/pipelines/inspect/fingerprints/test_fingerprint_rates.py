import melodies
import numpy as np
import pytest

from pipelines.inspect.fingerprints import (
    distortions,
    fingerprint,
    fingerprint_rates,
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return melodies.with_a_copy(tmp_path_factory.mktemp("rates") / "data")


@pytest.fixture(scope="module")
def made(prepared):
    return [
        fingerprint.fingerprint(
            fingerprint_rates._samples(prepared, row), melodies.RATE_HZ
        )
        for row in range(len(prepared.tracks))
    ]


def test_pairs_of_different_recordings_are_counted(prepared, made):
    alarms = fingerprint_rates.count_false_alarms(prepared.tracks, made)
    # Of four recordings, the second and the last have equal tags.
    assert alarms.compared == {"all": 6, "one artist": 0, "equal tags": 1}
    assert [(p.first, p.second) for p in alarms.found["all"]] == [(0, 3)]
    assert alarms.found["equal tags"] == []


def test_copies_are_found_and_strangers_are_not(made):
    stranger = fingerprint.fingerprint(
        melodies.samples(melodies.melody(77)), melodies.RATE_HZ
    )
    found = fingerprint_rates.detect(made, {1: made[1], 2: stranger})
    assert (found.copies, found.found, found.with_others) == (2, 1, 0)
    assert found.error_rate == 0


def test_a_copy_may_be_like_what_its_original_is_like(made):
    # The first and the last share audio: so do the first and a copy of it.
    found = fingerprint_rates.detect(made, {3: made[3]})
    assert (found.found, found.with_others) == (1, 0)


def test_a_copy_of_another_recording_is_wrong(made):
    found = fingerprint_rates.detect(made, {1: made[2]})
    assert (found.found, found.with_others) == (0, 1)
    assert np.isnan(found.error_rate)


def test_distorted_copies_are_fingerprints(prepared):
    samples = fingerprint_rates._samples(prepared, 1)
    generator = np.random.default_rng(0)
    made = fingerprint_rates.distorted(
        samples, melodies.RATE_HZ, distortions.faster(4), generator
    )
    seconds = len(samples) / melodies.RATE_HZ / 1.04
    expected = seconds * fingerprint.RATE_HZ / fingerprint.HOP_SAMPLES - 32
    assert len(made) == pytest.approx(expected, abs=3)


def test_similar_pieces_are_two_and_two():
    made = fingerprint_rates.similar(2, 8_000)
    assert [len(made[0]), len(made[2])] == [len(made[1]), len(made[3])]
    assert not np.array_equal(made[0], made[1])


def test_the_command_prints_both_tables(prepared, capsys):
    line = [str(prepared.folder), "--copies", "2", "--similar", "1"]
    assert (
        fingerprint_rates.main([*line, "--max-error-rates", "0.2", "0.3"]) == 0
    )
    said = capsys.readouterr().out
    assert "limit 0.2" in said and "limit 0.3" in said
    assert "track 0 (Nobody) and track 3 (C)" in said
    for name in distortions.ALL:
        assert f"\n{name:<36}" in said
    assert "one plan, played twice" in said
    row = next(r for r in said.splitlines() if r.startswith("MP3, 64"))
    assert row.split()[-3:-1] == ["100", "100"]
