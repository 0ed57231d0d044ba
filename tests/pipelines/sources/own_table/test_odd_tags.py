"""Tags that may be one, or not what somebody meant, are named."""

import pytest

from pipelines.sources import listings
from pipelines.sources.own_table import odd_tags


def _told(caplog, *names):
    caplog.clear()
    recordings = [
        listings.SourceRecording(name, name, listings.clean_tags([name, "x"]))
        for name in names
    ]
    odd_tags.warn(recordings, "list.csv")
    return caplog.messages


def test_descriptions_are_named(caplog):
    (message,) = _told(caplog, "calm piano " * 20)
    assert "more than 100 letters: are they" in message
    assert len(message) < 200


@pytest.mark.parametrize(
    "names",
    [
        ("hip hop", "hip-hop"),
        ("hip-hop", "hip\u2011hop"),
        ("hip_hop", "hiphop"),
        ("rock 'n' roll", "rock ’n’ roll"),
        ("rock 'n' roll", "rock ´n´ roll"),
        ("'rock'", "rock"),
        ("rock", "ｒｏｃｋ"),
        ("café", "cafe"),
        ("singer/songwriter", "singer-songwriter"),
        ("hip+hop", "hip hop"),
        ("r.n.b.", "RnB"),
        ("#rock", "rock"),
        ("drum & bass", "Drum and Bass"),
        # Cyrillic and Greek, also where somebody wrote them in capitals.
        ("rock", "r\u043e\u0441k"),
        ("ROCK", "R\u041e\u0421\u041a"),
        ("metal", "m\u03b5t\u03b1l"),
        # Turkish; what case folding makes of the first is two letters.
        ("\u0130ndie", "indie"),
        ("\u0131ndie", "indie"),
        # As pandas writes a column of numbers that has an empty cell.
        ("1980", "1980.0"),
    ],
)
def test_tags_that_look_alike_are_named(caplog, names):
    (message,) = _told(caplog, *names)
    expected = sorted(map(listings.clean_tags, ([name] for name in names)))
    alike = " and ".join(repr(name) for (name,) in expected)
    assert message.endswith(f"stay apart: {alike}")


@pytest.mark.parametrize(
    "name",
    ["rock:0.9", "rock: .5", "rock (0,90)", "rock 0.9", "rock 90%", "rock=1"],
)
def test_tags_with_a_score_are_named(caplog, name):
    (message,) = _told(caplog, name)
    assert message.endswith(
        f"with a score behind them, each of which is a tag of its own: {name!r}"
    )


@pytest.mark.parametrize(
    "name",
    [
        "web 2.0",
        "year:1990",
        "80%",
        "100% pure",
        "1.0",
        "take 5",
        "op. 12",
        "a:b",
    ],
)
def test_other_numbers_are_no_score(caplog, name):
    assert not _told(caplog, name)


def test_a_tag_that_was_cut_within_quotes_is_named(caplog):
    (message,) = _told(caplog, '"pop', 'soft"', '7"', '"live"', '12" mix')
    assert message.endswith("separator within quotes? '\"pop'")


@pytest.mark.parametrize(
    "names",
    [
        *(("1-2", "12"), ("c", "c#"), ("r&b", "rb"), ("guitar", "guitars")),
        *(("rock", "rock"), ("-", "_"), ("☂", "❤"), ("1980", "1980.5")),
        *(("straße", "são"), ("рок", "rok"), ("50%", "&"), ("и", "й, и")),
    ],
)
def test_others_are_two(caplog, names):
    assert not _told(caplog, *names)


@pytest.mark.parametrize(
    "name",
    [
        *("r&amp;b", "R&AMP;B", "rock &#39;n&#39; roll", "caf&eacute;"),
        # What is left of it where a semicolon joins tags.
        *("r&amp", "hip%20hop", "r%26b", "caf%C3%A9"),
        *(r"caf\u00e9", r"caf\xe9"),
    ],
)
def test_letters_as_others_write_them_are_named(caplog, name):
    (message,) = _told(caplog, name)
    assert message.endswith(f"which stay so: {name.casefold()!r}")


@pytest.mark.parametrize(
    "name", ["drum & bass; live", "a&b", "100%", "50%ad", "&c.", r"a\b", "&x;"]
)
def test_what_only_looks_so_is_let_be(caplog, name):
    assert not _told(caplog, name)


@pytest.mark.parametrize(
    "name", ["café", "Škoda", "Nürnberg", "rock ’n’ roll", "音楽", "Музыка"]
)
def test_text_that_was_read_in_another_encoding_is_named(caplog, name):
    odd_tags.warn_of_encoding([name, "SÃO", "straße", "x"], "list.csv")
    assert not caplog.messages
    data = name.encode()
    for encoding in ("cp1252", "latin-1", "ascii"):
        caplog.clear()
        text = data.decode(encoding, "replace")
        odd_tags.warn_of_encoding([text, "x"], "list.csv")
        (message,) = caplog.messages
        assert message.endswith(f"were written in: {text!r}")
