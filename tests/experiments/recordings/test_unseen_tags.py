"""What is unseen stays unseen: tags, recordings and artists."""

import dataclasses

import numpy as np
import pytest
import tone_manifest

from experiments.recordings import unseen_tags
from experiments.settings import dual_encoder_config
from pipelines.synthetic import unseen
from tftag import tags
from tftag.zero_shot import tag_split

SPLIT = tag_split.TagSplit(("high", "low"), ("noise",))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unseen_tags")
    return tone_manifest.make(folder / "data", train=20, validation=12, test=12)


def test_unseen_tags_of_the_embedded_data_are_of_two_kinds():
    kinds = unseen_tags.by_kind(dual_encoder_config.demo(), None, None)
    assert set(kinds) == {"synonyms", "musical terms", "other sounds"}
    asked = [tag for several in kinds.values() for tag in several]
    assert len(asked) == len(set(asked))
    assert "quick" in kinds["synonyms"]
    assert "presto" in kinds["musical terms"]
    assert kinds["other sounds"] == unseen.OTHER_SOUNDS
    assert all(kinds.values())


def test_unseen_tags_of_other_data_are_as_many_as_asked_for(made):
    settings = dataclasses.replace(dual_encoder_config.demo(), data="somewhere")
    train, test = unseen_tags.fold(made, 0)
    assert unseen_tags.by_kind(settings, train, test) == {}
    settings = dataclasses.replace(settings, unseen_count=1)
    drawn = [
        unseen_tags.by_kind(settings, train, test, number)["unseen"]
        for number in range(8)
    ]
    assert all(len(tags) == 1 for tags in drawn)
    assert len(set(drawn)) > 1
    # The draw is that of its seed and number together, and of nothing else.
    shifted = dataclasses.replace(settings, tag_seed=3)
    assert drawn[3] == unseen_tags.by_kind(shifted, train, test)["unseen"]


def test_unseen_tags_may_be_those_of_a_file(made, tmp_path):
    file = tmp_path / "draws.json"
    settings = dataclasses.replace(
        dual_encoder_config.demo(), data="somewhere", unseen_draws=str(file)
    )

    def ask(number):
        train, test = unseen_tags.fold(made, number)
        return unseen_tags.by_kind(settings, train, test, number)

    file.write_text('[["low", "noise"], ["high"], ["calm"]]')
    assert [ask(number) for number in (0, 1)] == [
        {"unseen": ("low", "noise")},
        {"unseen": ("high",)},
    ]
    with pytest.raises(ValueError, match=r"calm.*draws\.json"):
        ask(2)
    # As other programs, and other studies, write them.
    file.write_text('\ufeff[["Low", "LOW ", "kind---noise"]]', encoding="utf-8")
    assert ask(0) == {"unseen": ("low", "noise")}
    file.write_text('[["low", "noise"], ["high"], [["calm"]]]')
    with pytest.raises(ValueError, match=r"calm.*draws\.json"):
        ask(2)
    with pytest.raises(ValueError, match="lower --draws.*3 draws"):
        ask(3)
    for damaged in ('{"a": 1}', "[[]]", '["low"]', "[[", "7"):
        file.write_text(damaged)
        with pytest.raises(ValueError, match="must be a list of lists"):
            ask(0)
    file.unlink()
    with pytest.raises(FileNotFoundError):
        ask(0)


def test_every_tag_is_either_seen_or_unseen_in_the_order_of_the_names():
    names = ("d", "a", "c", "b")
    split = unseen_tags.split_of(names, {"x": ("b",), "y": ("d", "b")})
    assert split.seen == ("a", "c")
    assert split.unseen == ("d", "b")


def test_a_seen_tag_in_another_spelling_is_not_unseen(made):
    manifest = unseen_tags.with_tags(made, ("low", "Low-", "noise"))
    train, test = unseen_tags.fold(manifest, 0)
    with pytest.raises(ValueError, match="another spelling.*--tag-seed.*: low"):
        unseen_tags.plan("hidden-labels", train, test, {"unseen": ("Low-",)})
    plan = unseen_tags.plan("hidden-labels", train, test, {"x": ("noise",)})
    assert plan.split.unseen == ("noise",)


def test_a_kind_that_no_recording_of_the_test_carries_is_refused(made):
    """After the training there would be no figures of it."""
    train, test = unseen_tags.fold(made, 0)
    tracks = [
        dataclasses.replace(t, tags=tuple({*t.tags} - {"noise"}))
        for t in test.tracks
    ]
    without = dataclasses.replace(test, tracks=tracks)
    kinds = {"strange": ("noise",)}
    with pytest.raises(ValueError, match=r"the strange tags, \['noise'\]"):
        unseen_tags.plan("hidden-labels", train, without, kinds)
    assert unseen_tags.plan("hidden-labels", train, test, kinds).kinds == kinds


def with_other_labels(manifest, tag):
    """The manifest with one tag given to whom it was not, and taken away."""
    tracks = [
        dataclasses.replace(track, tags=tuple(sorted(set(track.tags) ^ {tag})))
        for track in manifest.tracks
    ]
    return dataclasses.replace(manifest, tracks=tuple(tracks))


def test_hidden_labels_are_not_read(made):
    poisoned = with_other_labels(made, "noise")
    assert np.any(made.labels() != poisoned.labels())
    for manifest in (made, poisoned):
        learnt, part = unseen_tags.to_learn("hidden-labels", manifest, SPLIT)
        assert learnt.vocabulary.names == SPLIT.seen
        np.testing.assert_array_equal(learnt.labels(), made.labels()[:, :2])
        np.testing.assert_array_equal(part.labels, learnt.labels())
        assert learnt.tracks == manifest.tracks


def test_strict_leaves_the_recordings_without_unseen_tags(made):
    learnt, part = unseen_tags.to_learn("strict", made, SPLIT)
    expected = [t.track_id for t in made.tracks if "noise" not in t.tags]
    assert [t.track_id for t in learnt.tracks] == expected
    assert 0 < len(expected) < len(made.tracks)
    assert learnt.vocabulary.names == SPLIT.seen
    np.testing.assert_array_equal(part.labels, learnt.labels())


def test_a_test_split_is_what_every_draw_is_tested_on(made):
    for number in range(3):
        train, test = unseen_tags.fold(made, number)
        assert {t.split for t in test.tracks} == {"test"}
        assert {t.split for t in train.tracks} == {"train", "validation"}


def test_without_a_test_split_every_recording_is_tested_on_once(made):
    whole, tested = made.subset(range(32)), []
    for number in range(unseen_tags.FOLDS):
        train, test = unseen_tags.fold(whole, number)
        unseen_tags.check_apart(train, test)
        artists = [{t.artist for t in part.tracks} for part in (train, test)]
        assert not artists[0] & artists[1]
        assert len(train.tracks) + len(test.tracks) == len(whole.tracks)
        tested += [t.track_id for t in test.tracks]
    assert sorted(tested) == sorted(t.track_id for t in whole.tracks)
    again = unseen_tags.fold(whole, unseen_tags.FOLDS)[1]
    assert again.tracks == unseen_tags.fold(whole, 0)[1].tracks


@pytest.mark.parametrize(
    "field, said",
    [
        ("track_id", "no recordings"),
        ("audio_hash", "no recordings"),
        ("artist", "no artists"),
    ],
)
def test_what_training_and_test_share_is_refused(made, field, said):
    train, test = made.split("train"), made.split("test")
    unseen_tags.check_apart(train, test)
    shared = getattr(train.tracks[3], field)
    first = dataclasses.replace(test.tracks[0], **{field: shared})
    test = dataclasses.replace(test, tracks=(first, *test.tracks[1:]))
    with pytest.raises(ValueError, match=said):
        unseen_tags.check_apart(train, test)


def test_a_draw_that_cannot_be_is_refused_before_the_first(tmp_path):
    made = tone_manifest.make(
        tmp_path / "data", train=80, validation=0, artists=5, seconds=0.1
    )
    settings = dataclasses.replace(
        dual_encoder_config.demo(), data="somewhere", unseen_count=1
    )
    plans = unseen_tags.plan_draws(settings, made, 5)
    assert [plan.number for plan in plans] == list(range(5))
    for plan in plans:
        train, test = unseen_tags.fold(made, plan.number)
        learnt = (plan.learnt.tracks, plan.learnt.vocabulary.names)
        assert learnt == (train.tracks, plan.split.seen)
        assert plan.test.tracks == test.tracks
        kinds = unseen_tags.by_kind(settings, train, test, plan.number)
        assert plan.kinds == kinds
        assert plan.split.unseen == kinds["unseen"]
    # One artist alone has a tag, on too few recordings to be asked for it.
    (last,) = {t.artist for t in plans[3].test.tracks}
    rows = [row for row, t in enumerate(made.tracks) if t.artist == last][:3]
    tracks = [
        dataclasses.replace(track, tags=(*track.tags, "rare"))
        if row in rows
        else track
        for row, track in enumerate(made.tracks)
    ]
    made = dataclasses.replace(
        made,
        tracks=tuple(tracks),
        vocabulary=tags.TagVocabulary((*made.vocabulary.names, "rare")),
    )
    with pytest.raises(ValueError, match="neither. Received: .'rare'"):
        unseen_tags.plan_draws(settings, made, 5)
    assert len(unseen_tags.plan_draws(settings, made, 3)) == 3
