import itertools

from pipelines.sources import magnatagatune_tags


def test_the_fifty_most_frequent():
    assert len(set(magnatagatune_tags.TOP_50)) == 50


def test_no_tag_stands_for_two():
    names = list(itertools.chain(*magnatagatune_tags.SYNONYMS))
    assert len(names) == len(set(names)) == 83
    assert all(len(group) > 1 for group in magnatagatune_tags.SYNONYMS)


def test_synonyms_become_one_tag():
    merged = magnatagatune_tags.merge(
        ("woman", "classic", "female vocal", "guitar", "loud", "classical")
    )
    assert merged == ("female", "classical", "guitar", "loud")
    assert magnatagatune_tags.merge(merged) == merged


def test_what_is_and_what_is_not_sung_stay_apart():
    with_voice = set(magnatagatune_tags.merge(("vocals", "singing", "woman")))
    without = set(magnatagatune_tags.merge(("no vocals", "no singing")))
    assert without == {"no singer"}
    assert not with_voice & without
