"""What zero-shot figures rest on: who carries which word, and where."""

import collections

import numpy as np
import pytest

from pipelines import manifest, synthetic
from pipelines.synthetic import music, other_sounds
from pipelines.synthetic import unseen as synthetic_unseen
from tftag import tags
from tftag.cli import command_line

RATE_HZ = 4_000
SYNONYMS = synthetic_unseen.SYNONYMS
OTHER_SOUNDS = set(synthetic_unseen.OTHER_SOUNDS)
FAMILIES = other_sounds.FAMILIES


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unseen")
    path = synthetic_unseen.make(
        folder, tracks=12, processes=2, sample_rate_hz=RATE_HZ
    )
    return manifest.read_manifest(path)


@pytest.fixture(scope="module", params=[0, 1, 2])
def plans(request):
    return synthetic_unseen.plan(360, request.param)


def bytes_of(folder):
    return {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_every_tag_has_synonyms_that_share_no_word_with_any_tag():
    assert SYNONYMS.keys() == set(synthetic_unseen.SEEN)
    assert all(1 <= len(words) <= 3 for words in SYNONYMS.values())
    unseen = [w for words in SYNONYMS.values() for w in words]
    assert set(unseen) > synthetic_unseen.MUSICAL_TERMS
    unseen += synthetic_unseen.OTHER_SOUNDS
    assert len(unseen) == len(set(unseen))
    for name in unseen:
        assert name == tags.clean_tag(name)
        assert not set(name.split()) & set(synthetic_unseen.SEEN)


def test_columns_of_trained_tags_come_first(small):
    assert synthetic_unseen.SEEN == synthetic.TAGS
    assert small.vocabulary.names == synthetic_unseen.TAGS
    assert synthetic_unseen.TAGS[:19] == synthetic.TAGS
    told = {tag for track in small.tracks for tag in track.tags}
    assert told <= set(synthetic_unseen.TAGS)


def test_the_known_tracks_are_as_they_were_and_others_come_on_top(plans):
    assert plans[:360] == synthetic.plan(360, plans[0].seed[1])
    assert len(plans) == 420
    counts = collections.Counter(planned.split for planned in plans)
    assert counts == {"train": 240, "validation": 60, "test": 120}
    assert len({planned.seed for planned in plans}) == 420
    assert [int(planned.track_id) for planned in plans] == list(range(420))


def test_other_sounds_play_in_added_test_tracks_only(plans):
    assert not any(OTHER_SOUNDS & {*planned.tags} for planned in plans[:360])
    played = collections.Counter()
    for planned in plans[360:]:
        assert planned.split == "test"
        (name,) = OTHER_SOUNDS & {*planned.tags}
        # The family is heard in the new instrument alone.
        assert FAMILIES[name] not in planned.tags
        played[name] += 1
    assert played == dict.fromkeys(synthetic_unseen.OTHER_SOUNDS, 12)


def test_artists_of_added_tracks_occur_nowhere_else(plans):
    known = {planned.artist.name for planned in plans[:360]}
    added = collections.Counter(p.artist.name for p in plans[360:])
    assert not known & added.keys()
    assert set(added.values()) == {6}


def test_no_tag_can_be_read_off_length_or_level(plans):
    rows = [synthetic_unseen.in_full(planned.tags) for planned in plans]
    table = np.array([[t in r for t in synthetic_unseen.TAGS] for r in rows])
    test = np.array([planned.split == "test" for planned in plans])
    nuisances = np.array([(p.seconds, np.log(p.peak)) for p in plans])
    added = np.arange(420) >= 360
    for among in (test, added):
        joint = np.corrcoef(
            np.column_stack([table, nuisances])[among].T.astype(float)
        )
        # Four standard errors, for all tags and 2 nuisances at a time.
        assert np.abs(joint[-2:, :-2]).max() < 4 / np.sqrt(among.sum())
    for values in nuisances.T:
        assert np.mean(values[added]) == pytest.approx(
            np.mean(values[test & ~added]), abs=0.1 * np.ptp(values)
        )


def test_dealt_tags_are_independent_of_the_instrument(plans):
    plans = plans[360:]
    dealt = [t for choice in synthetic.CHOICES for t in choice]
    others = synthetic_unseen.OTHER_SOUNDS
    table = np.array([[t in p.tags for t in (*dealt, *others)] for p in plans])
    joint = np.corrcoef(table.T.astype(float))[: len(dealt), len(dealt) :]
    assert np.abs(joint).max() < 4 / np.sqrt(60)
    for place in range(len(dealt)):
        assert 0.2 < table[:, place].mean() < 0.45


def test_in_full_adds_families_and_synonyms_and_nothing_else():
    assert synthetic_unseen.in_full(()) == ()
    assert synthetic_unseen.in_full(("cello", "fast")) == tuple(
        sorted(
            ("cello", "fast", "bowed", *SYNONYMS["fast"], *SYNONYMS["bowed"])
        )
    )


def test_a_track_carries_a_synonym_exactly_when_it_carries_the_tag(small):
    labels = small.labels()
    column = dict(zip(small.vocabulary.names, labels.T, strict=True))
    for tag, words in SYNONYMS.items():
        assert 0 < column[tag].sum() < len(small.tracks)
        for word in words:
            np.testing.assert_array_equal(column[word], column[tag])
    for name, family in FAMILIES.items():
        assert np.all(column[family] >= column[name])
        assert column[name].sum() == 12


def test_files_of_the_known_tracks_equal_those_of_the_plain_set(
    small, tmp_path
):
    path = synthetic.make(tmp_path, tracks=12, sample_rate_hz=RATE_HZ)
    plain = manifest.read_manifest(path)
    for a, b in zip(plain.tracks, small.tracks[:12], strict=True):
        assert a.audio_hash == b.audio_hash
        assert (a.track_id, a.split, a.artist) == (
            b.track_id,
            b.split,
            b.artist,
        )
        assert a.tags == tuple(t for t in b.tags if t in synthetic.TAGS)


def test_no_split_leaks_into_another(small):
    assert small.audit["leaks"] is False
    assert small.audit["artists"] == "checked"
    assert small.audit["duplicates"] == 0
    assert small.source["licence"] == "CC0-1.0"


def test_a_set_that_was_cut_short_is_made_again(
    tmp_path, quick_render, monkeypatch
):
    def make():
        return synthetic_unseen.make(tmp_path, tracks=12, processes=1)

    path = make()
    whole = bytes_of(tmp_path)
    (tmp_path / "audio" / "00003.wav").unlink()
    with monkeypatch.context() as cut:
        cut.setattr(music, "render", lambda plan, rate: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            make()
    assert not path.exists()
    assert make() == path
    assert bytes_of(tmp_path) == whole
    # Held whole now: nothing is rendered.
    monkeypatch.setattr(music, "render", lambda plan, rate: 1 / 0)
    assert make() == path


def test_other_words_make_another_set(tmp_path, quick_render, monkeypatch):
    path = synthetic_unseen.make(tmp_path, tracks=12, processes=1)
    old = manifest.read_manifest(path)
    assert "presto" in {tag for track in old.tracks for tag in track.tags}
    monkeypatch.setitem(SYNONYMS, "fast", ("quick", "rapid"))
    synthetic_unseen.make(tmp_path, tracks=12, processes=1)
    new = manifest.read_manifest(path)
    assert "presto" not in {tag for track in new.tracks for tag in track.tags}


def test_the_plain_set_and_this_one_do_not_replace_each_other(
    tmp_path, quick_render
):
    synthetic.make(tmp_path / "plain", tracks=12, processes=1)
    with pytest.raises(ValueError, match="Choose another.*Received"):
        synthetic_unseen.make(tmp_path / "plain", tracks=12)
    synthetic_unseen.make(tmp_path / "unseen", tracks=12, processes=1)
    with pytest.raises(ValueError, match="Choose another.*Received"):
        synthetic.make(tmp_path / "unseen", tracks=12)


def test_impossible_numbers_are_refused(tmp_path, capsys):
    argv = ["--out", str(tmp_path), "--tracks", "1"]
    assert command_line.run(synthetic_unseen.main, argv) == 2
    assert capsys.readouterr().err.startswith("error: `tracks` must be")
