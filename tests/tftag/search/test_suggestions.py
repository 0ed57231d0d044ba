import pytest

from tftag.search import query, suggestions

PHRASES = suggestions.Phrases(
    ["rock", "hip hop", "piano"], ["rocksteady", "dreamy", "drum", "hip", "no"]
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ro", ["rock", "rocksteady"]),
        ("RO", ["rock", "rocksteady"]),
        ("dreamy -ro", ["dreamy -rock", "dreamy -rocksteady"]),
        ("dreamy,ro", ["dreamy,rock", "dreamy,rocksteady"]),
        ("no dr", ["no dreamy", "no drum"]),
        ("cool hip h", ['cool "hip hop"', "cool hip hip"]),
        ('cool -"hip h', ['cool -"hip hop"']),
        ("hi", ['"hip hop"', "hip"]),
        ("dreamy ", []),
        ("", []),
        ("-", []),
        ("zzz", []),
        ('"dreamy" "pi', ['"dreamy" piano']),
        ("n", ['"no"']),
    ],
)
def test_the_last_word_becomes_what_begins_like_it(text, expected):
    found = [query for _, query in PHRASES.complete(text, 10)]
    assert found == expected


@pytest.mark.parametrize("tag", ["hip hop", "a^b", "10,000", "no vocals", "&"])
def test_what_is_completed_is_read_as_that_tag(tag):
    ((phrase, completed),) = suggestions.Phrases([tag], []).complete(tag[0], 1)
    (term,) = query.parse(completed, lambda _: False)
    assert phrase == term.phrase == tag


def test_a_tag_is_found_by_any_of_its_words_before_what_is_none():
    made = suggestions.Phrases(["classic rock", "rock"], ["roc", "rochester"])
    found = [phrase for phrase, _ in made.complete("-roc", 4)]
    assert found == ["rock", "classic rock", "roc", "rochester"]
    assert made.complete("-roc", 2)[1] == ("classic rock", '-"classic rock"')


def test_tags_come_first_and_no_more_than_asked():
    assert PHRASES.complete("r", 1) == [("rock", "rock")]
    assert len(PHRASES.complete("d", 5)) == 2
