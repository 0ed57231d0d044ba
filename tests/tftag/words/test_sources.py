import gzip
import pathlib
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from tftag.words import sources

# Tags of several public data sets, as they are written there.
SPELLED = (
    "no vocals|female vocal|new age|hard rock|middle eastern|foreign|"
    "genre---drumnbass|genre---rnb|genre---popfolk|mood/theme---holiday|"
    "mood/theme---backgrounds|instrument---acousticbassguitar|"
    "genre---singersongwriter|genre---easylistening|instrument---drummachine|"
    "Hip-Hop|Soul-RnB|Old-Time / Historic|Avant-Garde|Psych-Rock|Lo-Fi|"
    "International|Post-Punk|angst-ridden|laid-back|good-natured|pop/rock|"
    "stage & screen|comedy/spoken|r&b|thuggish|easy listening|malevolent|"
    "female vocalists|seen live|80s|trip-hop|idm|singer-songwriter|j-pop|"
    "rock 'n' roll|Chanson Française|Música Popular Brasileira|d'n'b|DnB"
).split("|")


def cosine(one, other):
    shipped = sources.shipped()
    return shipped.lookup(one).vector @ shipped.lookup(other).vector


def neighbours(text, count):
    shipped = sources.shipped()
    near = np.argsort(-(shipped.vectors @ shipped.lookup(text).vector))
    return [shipped.phrases[place] for place in near[1 : count + 1]]


@pytest.mark.parametrize("tag", SPELLED)
def test_the_shipped_table_knows_tags_as_they_are_written(tag):
    assert sources.shipped().lookup(tag).unknown == ()


def test_the_shipped_table_is_small_and_loads_fast():
    folder = (
        sources.importlib.resources.files("tftag.words") / "shipped_vectors"
    )
    sizes = [len(item.read_bytes()) for item in folder.iterdir()]
    assert sum(sizes) < 5e6
    began = time.process_time()
    sources.shipped.cache_clear()
    assert sources.shipped() is sources.shipped()
    assert time.process_time() - began < 5
    assert sources.shipped().dim == 128


@pytest.mark.parametrize(
    ("one", "near", "far"),
    [
        ("fast", "quick", "slow"),
        ("happy", "joyful", "sad"),
        ("sad", "sorrowful", "happy"),
        ("guitar", "electric guitar", "choir"),
        ("techno", "trance", "opera"),
        ("melancholy", "melancholic", "party"),
        ("hip hop", "rap", "baroque"),
        ("violin", "cello", "drums"),
        ("calm", "peaceful", "angry"),
    ],
)
def test_what_means_the_same_is_near(one, near, far):
    assert cosine(one, near) > cosine(one, far)


def test_neighbours_of_an_instrument_are_about_it():
    near = neighbours("guitar", 10)
    assert (
        sum("guitar" in phrase or phrase == "acoustic" for phrase in near) > 5
    )


def test_most_pairs_of_phrases_have_nothing_to_do_with_each_other():
    vectors = sources.shipped().vectors
    pairs = np.random.default_rng(0).integers(0, len(vectors), (2, 5_000))
    cosines = np.sum(vectors[pairs[0]] * vectors[pairs[1]], axis=1)
    assert abs(np.mean(cosines)) < 0.25
    assert np.quantile(cosines, 0.95) < 0.6


GLOVE = """\
the 0.5 0 0
rock 3 4 0
Hip 1 0 0
hop 0 0 1
easy 0 1 0
listening 1 0 0
rock 0 0 1
, 1 1 1
. . 1 2 3
nought 0 0 0
"""


@pytest.fixture
def glove_path(tmp_path):
    path = tmp_path / "glove.txt"
    path.write_text(GLOVE, encoding="utf-8")
    return path


def test_glove_is_read_to_unit_length(glove_path):
    read = sources.read_glove(glove_path)
    assert read.phrases[:6] == (
        "the",
        "rock",
        "hip",
        "hop",
        "easy",
        "listening",
    )
    assert "nought" not in read.rows and "" not in read.rows
    # The first of equal words is the more frequent one.
    np.testing.assert_allclose(read.lookup("rock").vector, [0.6, 0.8, 0])
    np.testing.assert_allclose(read.lookup("the").vector, [1, 0, 0])
    assert read.source == "GloVe text glove.txt"
    assert sources.read_glove(glove_path, limit=2).phrases == (
        "the",
        "rock",
    )


def test_aliases_work_where_only_the_words_are_known(glove_path):
    read = sources.open_source(str(glove_path))
    for glued, spaced in (
        ("hiphop", "hip hop"),
        ("easylistening", "easy listening"),
    ):
        assert read.aliases[glued] == spaced
        expected = np.mean([read.lookup(w).vector for w in spaced.split()], 0)
        expected /= np.linalg.norm(expected)
        for text in (glued, spaced):
            found = read.lookup(text)
            np.testing.assert_allclose(found.vector, expected, atol=1e-6)
            assert found.known_share == 1.0
    assert "dnb" not in read.rows


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("a 1 2\nb 1\n", "Received: 1 numbers in line 2"),
        ("400 3\na 1 2 3\n", "word2vec:.*Received: 1 numbers in line 1"),
        ("a 1 2\nb 1 x\n", "line 2.*'x'"),
        ("a 1 2\nb 1 nan\n", "finite numbers. Received: vector 1.*'b'"),
        ("a 1 2\nb 1e39 1\n", "finite numbers. Received: vector 1.*'b'"),
        ("a 1 2\n\udce9 1 2\n", "UTF-8.*line 2 of .*bad.txt"),
        ("", "no word in"),
    ],
)
def test_what_is_no_glove_is_refused(tmp_path, text, match):
    (tmp_path / "bad.txt").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ValueError, match=match):
        sources.read_glove(tmp_path / "bad.txt")


def test_empty_lines_and_spaces_at_the_end_are_no_matter(tmp_path):
    path = tmp_path / "glove.txt"
    path.write_bytes(b"rock 3 4 \r\n\r\na\xc2\xa0b 0 1 \r\n\r\n")
    read = sources.read_glove(path)
    assert read.phrases[:2] == ("rock", "a b")
    np.testing.assert_allclose(read.vectors[:2], [[0.6, 0.8], [0, 1]])


def write_word2vec(path, binary):
    names = ["rock", "hip_hop", "música"]
    rows = np.array([[3, 4], [0, 2], [1, 0]], "<f4")
    with open(path, "wb") as file:
        file.write(b"3 2\n")
        for name, row in zip(names, rows, strict=True):
            numbers = row.tobytes() if binary else f"{row[0]} {row[1]}".encode()
            file.write(name.encode() + b" " + numbers + b"\n")


@pytest.mark.parametrize("name", ["vectors.bin", "vectors.vec"])
def test_word2vec_is_read(tmp_path, name):
    write_word2vec(tmp_path / name, binary=name.endswith(".bin"))
    read = sources.open_source(f"word2vec:{tmp_path / name}")
    assert read.phrases == ("rock", "hip hop", "musica")
    np.testing.assert_allclose(read.vectors, [[0.6, 0.8], [0, 1], [1, 0]])
    np.testing.assert_allclose(read.lookup("HipHop").vector, [0, 1])


def test_words_that_word2vec_has_cut_within_a_letter(tmp_path, caplog):
    rows = np.array([[3, 4], [0, 2], [1, 0]], "<f4")
    with open(tmp_path / "cut.bin", "wb") as file:
        file.write(b"3 2\n")
        for name, row in zip((b"rock", b"m\xc3", b"jazz"), rows, strict=True):
            file.write(name + b" " + row.tobytes() + b"\n")
    read = sources.open_source(f"word2vec:{tmp_path / 'cut.bin'}")
    assert read.phrases[:2] == ("rock", "jazz") and "m" not in read.rows
    np.testing.assert_allclose(read.vectors[:2], [[0.6, 0.8], [1, 0]])
    assert "1 word is left out of" in caplog.text


def test_word2vec_of_the_other_kind_is_refused(tmp_path):
    write_word2vec(tmp_path / "text", binary=False)
    (tmp_path / "short").write_bytes(b"3 2\nrock ")
    with pytest.raises(ValueError, match="binary format. Received"):
        sources.read_word2vec(tmp_path / "short", binary=True)
    with pytest.raises(ValueError, match="text format. Received"):
        sources.read_word2vec(tmp_path / "short", binary=False)
    with pytest.raises(FileNotFoundError):
        sources.read_word2vec(tmp_path / "never", binary=True)


def test_of_equal_words_word2vecs_first_is_kept(tmp_path, monkeypatch):
    (tmp_path / "twice.vec").write_text("3 2\nrock 3 4\nrock 1 0\njazz 0 1\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    read = sources.open_source("word2vec:~/twice.vec")
    assert read.phrases[:2] == ("rock", "jazz")
    np.testing.assert_allclose(read.lookup("rock").vector, [0.6, 0.8])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.vec.gz", b"1 2\nrock 3 4\n"),
        ("damaged.vec.gz", gzip.compress(b"rock", mtime=0)[:10] + b"\xff" * 9),
        ("endless.vec", b"99999999999 300\nrock 3 4\n"),
    ],
)
def test_damaged_word2vec_is_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"text format. Received: .*{name}: ."):
        sources.open_source(f"word2vec:{tmp_path / name}")


def test_without_gensim_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "gensim", None)
    with pytest.raises(ValueError, match=r"pip install 'tftag\[word2vec\]'"):
        sources.open_source(f"word2vec:{tmp_path}")


class TextModule(tf.Module):
    """Strings [n] -> [n, 2]: the number of letters, and one."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def __call__(self, texts):
        length = tf.cast(tf.strings.length(texts, "UTF8_CHAR"), tf.float32)
        return tf.stack([length, tf.ones_like(length)], axis=1)


def test_a_hub_module_is_asked_for_phrases(tmp_path):
    tf.saved_model.save(TextModule(), str(tmp_path / "module"))
    read = sources.from_hub(str(tmp_path / "module"), ("r & b", "rock"))
    assert read.phrases == ("r and b", "rock")
    expected = np.array([[5, 1], [4, 1]]) / np.sqrt([[26], [17]])
    np.testing.assert_allclose(read.vectors, expected, atol=1e-6)
    whole = sources.open_source(f"hub:{tmp_path / 'module'}")
    assert set(sources.shipped().rows) == set(whole.rows)
    assert whole.dim == 2


def test_hub_modules_that_do_not_fit_are_refused(tmp_path):
    class Total(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def __call__(self, texts):
            return tf.size(texts)

    tf.saved_model.save(Total(), str(tmp_path / "total"))
    with pytest.raises(ValueError, match=r"must return \[n, dim\]"):
        sources.from_hub(str(tmp_path / "total"), ("rock",))
    tf.saved_model.save(tf.Module(), str(tmp_path / "empty"))
    with pytest.raises(ValueError, match="which can be called"):
        sources.from_hub(str(tmp_path / "empty"), ("rock",))
    with pytest.raises((OSError, ValueError)):
        sources.from_hub(str(tmp_path / "never"), ("rock",))


def test_random_vectors_know_the_same_and_mean_nothing():
    shipped = sources.shipped()
    drawn = sources.random_vectors(shipped, seed=3)
    assert drawn.phrases == shipped.phrases
    assert drawn.aliases == shipped.aliases
    cosines = np.sum(drawn.vectors * shipped.vectors, axis=1)
    assert abs(cosines.mean()) < 0.01
    again = sources.random_vectors(shipped, seed=3)
    assert again.fingerprint == drawn.fingerprint
    assert sources.open_source("random").fingerprint != drawn.fingerprint


def test_sources_are_opened_by_name(tmp_path):
    assert sources.open_source("shipped") is sources.shipped()
    with pytest.raises(ValueError, match="`shipped`.*Received: 'glove'"):
        sources.open_source("glove")
    with pytest.raises(FileNotFoundError):
        sources.open_source(str(tmp_path / "never.txt"))


def test_nothing_heavy_is_imported_before_it_is_used():
    code = (
        "import sys; from tftag.words import sources; sources.shipped();"
        "heavy = {'gensim', 'tensorflow', 'keras'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=pathlib.Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr
