import itertools

import numpy as np
import pytest
import word_tables

from tftag import tags, words
from tftag.words import sources


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Hip-Hop", "hip hop"),
        ("hip_hop / rap", "hip hop rap"),
        ("R&B", "r and b"),
        ("Drum & Bass", "drum and bass"),
        ("Rock 'n' Roll", "rock n roll"),
        ("1980's", "1980s"),
        ("mood/theme---easylistening", "easylistening"),
        ("a---b---C", "c"),
        ("---", ""),
        ("Motörhead \n Beyoncé", "motorhead beyonce"),
        ("  ", ""),
        ("", ""),
    ],
)
def test_normalize(written, normal):
    assert words.normalize(written) == normal


def test_normalizing_twice_changes_nothing():
    for text in word_tables.random_texts(3_000):
        once = words.normalize(text)
        assert words.normalize(once) == once
        assert once == " ".join(once.split())


def test_a_cleaned_tag_has_the_vector_of_the_tag():
    for text in word_tables.random_texts(3_000, seed=1):
        assert words.normalize(tags.clean_tag(text)) == words.normalize(text)


def test_a_phrase_is_a_string():
    with pytest.raises(TypeError, match="Received: 3"):
        words.normalize(3)


def splits(parts):
    """All ways to cut a list into runs."""
    for cuts in itertools.product((False, True), repeat=max(len(parts) - 1, 0)):
        runs, start = [], 0
        for place, cut in enumerate(cuts, 1):
            if cut:
                runs.append(" ".join(parts[start:place]))
                start = place
        yield [*runs, " ".join(parts[start:])] if parts else []


def reference(table, text):
    """Of all cuts whose runs are known or single words, the greedy one."""
    rows = dict(zip(table.phrases, table.vectors, strict=True))
    rows |= {alias: rows[phrase] for alias, phrase in table.aliases.items()}
    parts = words.normalize(text).split()
    allowed = [
        runs
        for runs in splits(parts)
        if all(run in rows or " " not in run for run in runs)
    ]
    best = max(allowed, key=lambda runs: [run.count(" ") for run in runs])
    if not all(run in words.STOP_WORDS for run in best):
        best = [run for run in best if run not in words.STOP_WORDS]
    parts = [word for run in best for word in run.split()]
    found = [rows[run] for run in best if run in rows]
    unknown = [run for run in best if run not in rows]
    total = np.sum(found, axis=0, dtype=np.float64) if found else np.zeros(8)
    length = np.linalg.norm(total)
    share = 1 - len(unknown) / len(parts) if parts else 0
    return total / length if length else total, share, tuple(unknown)


def test_the_longest_phrase_is_read_first():
    table = word_tables.build()
    rng = np.random.default_rng(0)
    single = sorted({w for p in table.rows for w in p.split()} | {"zzz"})
    for _ in range(500):
        text = " ".join(rng.choice(single, rng.integers(0, 9)))
        vector, share, unknown = reference(table, text)
        found = table.lookup(text)
        np.testing.assert_allclose(found.vector, vector, atol=1e-6)
        assert found.known_share == pytest.approx(share)
        assert found.unknown == unknown


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("the rock and the hip", "rock hip"),
        ("a rock", "rock"),
        ("drum and bass with the bass", "drum and bass bass"),
        ("the zzz", "zzz"),
    ],
)
def test_stop_words_are_left_out_beside_others(text, same):
    table = word_tables.build()
    found, expected = table.lookup(text), table.lookup(same)
    np.testing.assert_array_equal(found.vector, expected.vector)
    assert found.known_share == expected.known_share
    assert found.unknown == expected.unknown


def test_stop_words_alone_are_words_like_any():
    table = word_tables.build()
    found = table.lookup("a the")
    np.testing.assert_allclose(
        found.vector, table.vectors[table.rows["a"]], atol=1e-6
    )
    assert found.known_share == 0.5 and found.unknown == ("the",)


def test_a_phrase_with_a_stop_word_is_nearer_to_its_other_words():
    shipped = sources.shipped()
    nearer = []
    for phrase in shipped.phrases:
        parts = phrase.split()
        others = [part for part in parts if part not in words.STOP_WORDS]
        known = all(part in shipped.rows for part in parts)
        if not known or not 0 < len(others) < len(parts):
            continue
        whole = shipped.lookup(phrase).vector
        with_all, without = (
            np.sum([shipped.lookup(part).vector for part in several], axis=0)
            for several in (parts, others)
        )
        nearer.append(
            whole @ without / np.linalg.norm(without)
            - whole @ with_all / np.linalg.norm(with_all)
        )
    assert len(nearer) > 50
    assert np.mean(np.array(nearer) > 0) > 0.9


def test_a_phrase_is_not_the_mean_of_its_words():
    table = word_tables.build()
    row = table.rows["new york city"]
    found = table.lookup("New-York City")
    np.testing.assert_allclose(found.vector, table.vectors[row], atol=1e-6)
    assert table.lookup("york").unknown == ("york",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("easylistening", "Easy Listening"),
        ("rnb", "R&B"),
        ("dnb", "drum & bass"),
        ("D'n'B", "Drum-And-Bass"),
        ("mood/theme---HIP HOP", "hip_hop"),
    ],
)
def test_spellings_of_one_phrase_have_one_vector(one, other):
    table = word_tables.build()
    one, other = table.lookup(one), table.lookup(other)
    np.testing.assert_array_equal(one.vector, other.vector)
    assert one.known_share == other.known_share == 1.0
    assert np.linalg.norm(one.vector) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("text", ["", "---", "zzz yyy", "!?"])
def test_without_a_known_word_there_is_no_vector(text):
    found = word_tables.build().lookup(text)
    assert found.known_share == 0.0
    assert not found.vector.any()


def test_many_texts_are_embedded_one_by_one():
    table = word_tables.build()
    texts = ["rock", "", "hip hop zzz"]
    vectors, shares = table.embed(texts)
    assert vectors.dtype == shares.dtype == np.float32
    np.testing.assert_allclose(shares, [1, 0, 2 / 3], atol=1e-6)
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_array_equal(vector, table.lookup(text).vector)
    vectors, shares = table.embed([])
    assert vectors.shape == (0, table.dim) and shares.shape == (0,)


def test_coverage_counts_tags_and_annotations():
    table = word_tables.build()
    found = table.coverage(["Rock", "hiphop zzz", "bass"], [10, 5, 5])
    assert found.tag_share == pytest.approx(2 / 3)
    assert found.annotation_share == pytest.approx(0.75)
    assert found.unknown == {"hiphop zzz": {"hiphop": "hip hop", "zzz": None}}
    assert "'hiphop' (nearest: 'hip hop'), 'zzz'" in str(found)
    assert "66.7% of the tags and 75.0%" in str(found)
    assert table.coverage(["rock", "zzz"]).annotation_share == 0.5
    for names, counts in ((["rock"], [0]), (["rock"], [1, 2]), ([], None)):
        with pytest.raises(ValueError, match="`counts`"):
            table.coverage(names, counts)


def test_the_nearest_spelling_is_named():
    table = word_tables.build()
    assert table.nearest("rocks") == "rock"
    assert table.nearest("Easy-Listning") == "easy listening"
    assert table.nearest("qqqqqq") is None


def test_a_word_of_one_or_two_letters_is_no_misspelling():
    table = words.WordVectors(
        ("za", "abc"), np.eye(2, dtype=np.float32), {}, "a test"
    )
    assert table.nearest("a") is None
    assert table.nearest("ab") is None
    assert table.nearest("abd") == "abc"


def test_the_fingerprint_changes_with_every_part():
    table = word_tables.build()
    parts = (table.phrases, table.vectors, table.aliases)
    same = words.WordVectors(*parts, "elsewhere")
    assert same.fingerprint == table.fingerprint
    assert len(table.fingerprint) == 16
    others = [
        words.WordVectors((*parts[0][:-1], "york"), *parts[1:], "a test"),
        words.WordVectors(parts[0], -parts[1], parts[2], "a test"),
        words.WordVectors(*parts[:2], {"dnb": "rock"}, "a test"),
    ]
    assert len({table.fingerprint, *(o.fingerprint for o in others)}) == 4


def test_parts_that_do_not_fit_are_refused():
    unit = np.eye(2, dtype=np.float32)

    def make(phrases=("a b", "c"), vectors=unit, aliases=None):
        return words.WordVectors(phrases, vectors, aliases or {}, "a test")

    with pytest.raises(ValueError, match="row per phrase.*Received: .2, 2."):
        make(phrases=("a",))
    with pytest.raises(ValueError, match="no vectors in a test"):
        make((), np.zeros((0, 3)))
    with pytest.raises(ValueError, match="length 1. Received: 2.0 for 'a b'"):
        make(vectors=2 * unit)
    with pytest.raises(ValueError, match="length 1. Received: nan for 'c'"):
        make(vectors=np.array([[1, 0], [np.nan, 1]]))
    for phrase in ("A B", "a-b", "", "a  b"):
        with pytest.raises(ValueError, match="as `normalize` spells"):
            make((phrase, "c"))
    with pytest.raises(ValueError, match="unique"):
        make(("c", "c"))
    for aliases in ({"c": "a b"}, {"d": "e"}):
        with pytest.raises(ValueError, match="stand for a phrase"):
            make(aliases=aliases)


def test_int8_rows_are_multiplied_by_their_scales():
    codes = np.array([[0, 127], [-60, 80]], np.int8)
    scales = np.array([1 / 127, 0.01], np.float32)
    table = words.WordVectors(("a", "b"), codes, {}, "a test", scales)
    np.testing.assert_array_equal(table.codes, codes)
    assert table.vectors.dtype == np.float32
    np.testing.assert_array_equal(table.vectors, codes * scales[:, None])
    plain = words.WordVectors(("a", "b"), table.vectors, {}, "a test")
    assert plain.codes is None
    assert plain.fingerprint == table.fingerprint
    for wrong in ((codes, scales[:1]), (table.vectors, scales)):
        with pytest.raises(ValueError, match="one per row of int8"):
            words.WordVectors(("a", "b"), wrong[0], {}, "a test", wrong[1])


def test_vectors_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        word_tables.build().vectors[0] = 0
