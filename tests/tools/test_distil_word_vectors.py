import numpy as np
import pytest

from tftag import words
from tftag.words import sources
from tools import distil_word_vectors

LISTS = sorted(distil_word_vectors.LISTS.glob("*.txt"))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_lists_are_sorted_and_lower_case(path):
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    assert text == "".join(f"{line}\n" for line in lines)
    assert lines == sorted(set(lines))
    assert text == text.casefold()
    assert all(line == " ".join(line.split()) for line in lines)


def test_lists_are_read_as_written(tmp_path):
    (tmp_path / "b.txt").write_text("r&b\nlo-fi\n")
    (tmp_path / "aliases.txt").write_text("r'n'b = r&b\nlofi = lo-fi\n")
    assert distil_word_vectors.read_lists(tmp_path) == (
        ["r&b", "lo-fi"],
        {"rnb": "r and b", "lofi": "lo fi"},
    )


@pytest.mark.parametrize("line", ["R & B = r and b", "rnb = dnb"])
def test_an_alias_stands_for_a_phrase(tmp_path, line):
    (tmp_path / "aliases.txt").write_text(f"dnb = drum and bass\n{line}\n")
    with pytest.raises(ValueError, match="must stand for a phrase"):
        distil_word_vectors.read_lists(tmp_path)


def test_rows_are_phrases_their_words_and_the_vocabulary():
    rows = distil_word_vectors.phrases(
        ["r&b", "dark-wave", "Dark wave", "sax"],
        ["[CLS]", "##ing", "tree", "x", "é", "dark", "80s"],
        {"sax": "saxophone", "wave": "waves"},
    )
    assert rows == {
        "80s": "80s",
        "and": "and",
        "dark": "dark",
        "dark wave": "dark-wave",
        "r and b": "r&b",
        "saxophone": "saxophone",
        "tree": "tree",
        "waves": "waves",
    }


def test_aliases_follow_rules_and_never_hide_a_row():
    rows = ["drum and bass", "hip hop", "new age", "newage", "oboe", "drums"]
    made = distil_word_vectors.all_aliases(
        {"d and b": "drum and bass"}, dict.fromkeys(rows), ["oboe", "drums"]
    )
    assert made == {
        "d and b": "drum and bass",
        "drum": "drums",
        "drum bass": "drum and bass",
        "drum n bass": "drum and bass",
        "drumandbass": "drum and bass",
        "drumnbass": "drum and bass",
        "hiphop": "hip hop",
        "oboes": "oboe",
    }


def test_reduced_vectors_keep_their_angles():
    rng = np.random.default_rng(0)
    # What lies beside the four directions is small, and the mean is large.
    full = rng.normal(size=(300, 4)) @ rng.normal(size=(4, 32))
    full += 0.01 * rng.normal(size=full.shape) + rng.normal(size=32) * 5
    fitted = np.arange(300) < 200
    codes, scales = distil_word_vectors.reduce(
        full.astype(np.float32), fitted, 4
    )
    assert codes.dtype == np.int8 and codes.shape == (300, 4)
    assert np.abs(codes.astype(int)).max(axis=1).tolist() == [127] * 300
    rows = codes * scales[:, np.newaxis]
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    centred = full - full[fitted].mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    np.testing.assert_allclose(rows @ rows.T, centred @ centred.T, atol=0.05)


def test_the_shipped_table_is_made_from_the_lists():
    written, listed = distil_word_vectors.read_lists(distil_word_vectors.LISTS)
    shipped = sources.shipped()
    for text in written:
        phrase = words.normalize(text)
        assert phrase in shipped.rows, text
    for alias, phrase in listed.items():
        assert shipped.aliases[alias] == phrase
