"""What training must not share with a test."""

import pytest

from tftag.zero_shot import leaks


def test_refuses_a_recording_of_the_test():
    leaks.check_recordings_apart(["a", "b"], ["A", "c"])
    with pytest.raises(ValueError, match=r"no recordings.*2, \['b', 'c'\]"):
        leaks.check_recordings_apart(["c", "a", "b"], ["b", "c"])


def test_refuses_an_artist_of_the_test_in_any_spelling():
    leaks.check_artists_apart(["", "One", "Two"], ["", "Three"])
    with pytest.raises(ValueError, match="no artists.*some band"):
        leaks.check_artists_apart(["Some  Band"], ["some band "])
    with pytest.raises(ValueError, match="no artists"):
        leaks.check_artists_apart(["Beyonc\u00e9"], ["BEYONCE\u0301"])


def test_refuses_a_start_that_knows_an_unseen_tag_or_a_test_recording():
    card = {"tags": ["Rock", "piano"], "data": {"tags": ["rock", "piano"]}}
    assert leaks.check_start(card, ["jazz"], ["t1"], ["h1"]) == "unknown"
    card["data"]["recording_ids"] = ["t2", "t3"]
    assert leaks.check_start(card, ["jazz"], ["t1"], ["h1"]) == "checked"
    with pytest.raises(ValueError, match=r"unseen tags.*\['rock'\]"):
        leaks.check_start(card, ["genre---ROCK"], ["t1"], ["h1"])
    with pytest.raises(ValueError, match=r"no recordings.*\['t3'\]"):
        leaks.check_start(card, ["jazz"], ["t1", "t3"], [])
    card["data"]["audio_hashes"] = ["h2", "h3"]
    assert leaks.check_start(card, ["jazz"], ["t1"], ["h1"]) == "checked"
    with pytest.raises(ValueError, match=r"no recordings.*\['h3'\]"):
        leaks.check_start(card, ["jazz"], ["t1", "t4"], ["h1", "h3"])
    card["data"]["tags"].append("jazz")
    with pytest.raises(ValueError, match=r"\['jazz'\]"):
        leaks.check_start(card, ["jazz"], [], [])


@pytest.mark.parametrize(
    ("known", "unseen"),
    [
        ("hip-hop", "Hip Hop"),
        ("drum & bass", "drum_and_bass"),
        ("caf\u00e9", "cafe"),
        ("!!!", "genre---!!!"),
    ],
)
def test_another_spelling_of_an_unseen_tag_is_no_way_around(known, unseen):
    card = {"tags": [known, "rock"]}
    with pytest.raises(ValueError, match="must not know unseen tags"):
        leaks.check_start(card, [unseen], [], [])
    assert leaks.check_start(card, ["jazz", "???"], [], []) == "unknown"


def test_a_card_without_tags_proves_nothing():
    with pytest.raises(ValueError, match="must list its tags"):
        leaks.check_start({"data": None}, ["jazz"], [], [])
