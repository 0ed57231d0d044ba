"""What a query means, with and without known tags."""

import pytest

from tftag.search import query

KNOWN = {"no vocals", "hip hop", "drum and bass", "no wave", "piano", "r&b"}


def parsed(text, known=frozenset(KNOWN)):
    return {t.phrase: t.weight for t in query.parse(text, known.__contains__)}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("dreamy piano -vocals", {"dreamy": 1, "piano": 1, "vocals": -1}),
        ("dreamy piano", {"dreamy": 1, "piano": 1}),
        ("Dreamy  PIANO ", {"dreamy": 1, "piano": 1}),
        ("hip-hop lo-fi", {"hip-hop": 1, "lo-fi": 1}),
        ("mood/theme---Happy", {"happy": 1}),
        ("r&b pop/rock", {"r&b": 1, "pop/rock": 1}),
        ("\u2212vocals \u2013drums x", {"vocals": -1, "drums": -1, "x": 1}),
        ("-vocals", {"vocals": -1}),
        (
            "\u2014vocals \u2011drums x\u2010y",
            {"vocals": -1, "drums": -1, "x-y": 1},
        ),
    ],
)
def test_words(text, expected):
    assert parsed(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ('"hip hop" dreamy', {"hip hop": 1, "dreamy": 1}),
        ('"sad  Piano"', {"sad piano": 1}),
        ('-"sad piano" slow', {"sad piano": -1, "slow": 1}),
        ('"sad piano"^3', {"sad piano": 3}),
        ('slow -"sad piano"^3', {"slow": 1, "sad piano": -3}),
        ("\u201csad piano\u201d", {"sad piano": 1}),
        ("\u00absad piano\u00bb x", {"sad piano": 1, "x": 1}),
        ('"no drums"', {"no drums": 1}),
        ('"-x, y^2 and z"', {"-x, y^2 and z": 1}),
        ('no "sad piano"', {"sad piano": -1}),
        ('slow without "sad piano" x', {"slow": 1, "sad piano": -1, "x": 1}),
    ],
)
def test_quotes_keep_a_phrase_as_it_stands(text, expected):
    assert parsed(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("piano^2 dreamy", {"piano": 2, "dreamy": 1}),
        ("-piano^0.5", {"piano": -0.5}),
        ("piano^1000 -sad^0.001", {"piano": 1000, "sad": -0.001}),
        ("slow hip hop^2", {"slow": 1, "hip hop": 2}),
        ("slow sad^2 loud", {"slow": 1, "sad": 2, "loud": 1}),
        ("piano piano", {"piano": 2}),
        ("Piano -drums piano^2 -drums", {"piano": 3, "drums": -2}),
    ],
)
def test_weights(text, expected):
    assert parsed(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("dreamy, sad piano, no drums", ["dreamy", "sad piano", "-drums"]),
        ("dreamy,sad piano,", ["dreamy", "sad piano"]),
        ("dreamy\uff0csad piano\u3001x", ["dreamy", "sad piano", "x"]),
        ("dreamy\u060c sad piano", ["dreamy", "sad piano"]),
        ("piano^2,80s,5 stars", ["piano", "80s", "5 stars"]),
        (",, sad piano", ["sad piano"]),
        ("sad piano, -loud drums", ["sad piano", "-loud drums"]),
        ("sad piano -loud drums, x", ["sad piano", "-loud drums", "x"]),
        ("piano and strings, x", ["piano and strings", "x"]),
        ("sad piano without loud drums, x", ["sad piano", "-loud drums", "x"]),
        ("no vocals, no drums", ["no vocals", "-drums"]),
        ("sad piano no vocals, x", ["sad piano", "no vocals", "x"]),
        ('slow "hip hop", sad piano', ["slow", "hip hop", "sad piano"]),
    ],
)
def test_between_commas_stands_a_phrase(text, expected):
    signed = [
        ("-" if weight < 0 else "") + phrase
        for phrase, weight in parsed(text).items()
    ]
    assert signed == expected
    assert parsed("no loud drums^2, x") == {"loud drums": -2, "x": 1}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("slow hip hop beats", {"slow": 1, "hip hop": 1, "beats": 1}),
        ("drum and bass", {"drum and bass": 1}),
        ("Drum AND bass", {"drum and bass": 1}),
        ("drums and bass", {"drums": 1, "bass": 1}),
        ("piano & strings with drums", {"piano": 1, "strings": 1, "drums": 1}),
        ("-hip hop slow", {"hip hop": -1, "slow": 1}),
        ("-trip hop", {"trip": -1, "hop": 1}),
    ],
)
def test_known_phrases_are_joined(text, expected):
    assert parsed(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("the piano and the drums", {"piano": 1, "drums": 1}),
        ("piano without the drums", {"piano": 1, "drums": -1}),
        ("without any drums or piano", {"drums": -1, "piano": 1}),
        ("not too fast", {"fast": -1}),
        ("songs of the sea", {"songs": 1, "sea": 1}),
        ("-the piano slow", {"piano": -1, "slow": 1}),
        ('"the drums" slow', {"the drums": 1, "slow": 1}),
        ("the, slow", {"the": 1, "slow": 1}),
    ],
)
def test_stop_words_are_passed_over(text, expected):
    assert parsed(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("no vocals", {"no vocals": 1}),
        ("slow no vocals", {"slow": 1, "no vocals": 1}),
        ("-no vocals", {"no vocals": -1}),
        ("without no vocals", {"no vocals": -1}),
        ("no wave", {"no wave": 1}),
        ("no drums", {"drums": -1}),
        ("slow not sad", {"slow": 1, "sad": -1}),
        ("slow WITHOUT hip hop drums", {"slow": 1, "hip hop": -1, "drums": 1}),
        ("piano, no vocals", {"piano": 1, "no vocals": 1}),
    ],
)
def test_a_known_tag_comes_before_negation(text, expected):
    assert parsed(text) == expected


def test_without_known_tags_no_turns_away():
    assert parsed("no vocals", frozenset()) == {"vocals": -1}
    assert parsed("a, no hip hop", frozenset()) == {"a": 1, "hip hop": -1}
    # Even one who calls every word known gets negations.
    every = query.parse("no vocals piano", lambda phrase: " " not in phrase)
    assert every == (query.Term("vocals", -1.0), query.Term("piano"))


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "at least one tag"),
        (" , ,", "at least one tag"),
        ("and", "at least one tag"),
        ("the", "at least one tag"),
        ("piano without the", "must be followed"),
        ('sad "piano', "Quotes must be closed"),
        ('""', "must not be empty"),
        ('slow " "', "must not be empty"),
        ("piano^", "number above 0"),
        ("piano^x", "number above 0"),
        ("piano^0", "number above 0"),
        ("piano^-1", "write -piano"),
        ("piano^inf", "number above 0"),
        ("piano^nan", "number above 0"),
        ("piano^1e308 rock^1e308", "from 0.001 to 1000"),
        ("piano^1e-320", "from 0.001 to 1000"),
        ("piano^1,5", r"number above 0.*\^1,5 in"),
        ("dreamy piano^2,25 -drums", "number above 0"),
        ("piano ^2", "directly behind"),
        ("slow - piano", "directly before"),
        ("--piano", "directly before"),
        ("-", "directly before"),
        ("piano no", "must be followed"),
        ("no", "must be followed"),
        ("no, piano", "must be followed"),
        ("no -drums", "must be followed"),
        ('no -"drums"', "must be followed"),
        ('-no "drums"', "must be followed"),
        ("no no drums", "must be followed"),
        ("-no drums", "turned away from once"),
        ("piano -piano", "at once.*'piano'"),
        ("Piano no PIANO", "at once"),
    ],
)
def test_refuses_with_a_reason(text, message):
    with pytest.raises(ValueError, match=message) as error:
        parsed(text)
    assert repr(text.strip())[1:-1] in str(error.value) or "^" in message


def test_the_work_follows_the_length_of_the_query():
    asked = []

    def is_known(phrase):
        asked.append(phrase)
        return False

    query.parse("piano " * 1_000, is_known)
    assert len(asked) <= 20 * 1_000
    assert max(map(len, asked)) < 200


def test_a_list_of_one_phrase_is_read_as_with_a_comma_and_shown_without():
    def is_known(phrase):
        return phrase in ("sad", "piano")

    (term,) = query.parse("sad piano", is_known, is_list=True)
    assert (term,) == query.parse("sad piano,", is_known)
    with pytest.raises(ValueError, match="Received: .*'sad -sad'\\.$"):
        query.parse("sad -sad", is_known, is_list=True)


@pytest.mark.parametrize(
    "phrase",
    [
        *(
            "drums",
            "r&b",
            "pop/rock",
            "c#",
            "80s",
            "1.5",
            "日本語",
            "rock'n'roll",
        ),
        *(
            "hip hop",
            "no vocals",
            "guitar, bass",
            "pop,rock",
            "slow^2",
            "^calm",
        ),
        *("-fast", "--top", "-", "no", "without", "or", "&", '"live"', 'a"b'),
    ],
)
def test_any_phrase_can_be_written_so_that_it_is_asked_for(phrase):
    wanted = phrase.replace('"', "")
    (term,) = query.parse(query.written(phrase), lambda text: False)
    assert (term.phrase, term.weight) == (wanted, 1)
    terms = query.parse(f"x -{query.written(phrase)}", lambda text: False)
    assert [(t.phrase, t.weight) for t in terms] == [("x", 1), (wanted, -1)]
