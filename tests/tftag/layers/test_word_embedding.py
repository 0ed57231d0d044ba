import timeit

import numpy as np
import pytest
import tensorflow as tf
import word_tables

from tftag import words
from tftag.layers import word_embedding
from tftag.words import sources


@pytest.fixture(scope="module")
def table():
    return word_tables.build()


def test_graph_and_python_agree_on_thousands_of_texts(table):
    texts = word_tables.random_texts(3_000)
    embed = tf.function(word_embedding.WordEmbedding(table))
    vectors, shares = embed(tf.constant(texts))
    expected, expected_shares = table.embed(texts)
    np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(shares, expected_shares, rtol=0, atol=1e-6)
    assert 0.2 < np.mean(expected_shares > 0) < 0.95


def test_graph_and_python_agree_on_the_shipped_table():
    shipped = sources.shipped()
    rng = np.random.default_rng(0)
    chosen = rng.choice(list(shipped.rows), (1_000, 3))
    texts = [
        " ".join(row[: 1 + number % 3]) for number, row in enumerate(chosen)
    ]
    texts += [*shipped.aliases, "", "zzzz rock", "Drum & Bass", "K-Pop"]
    vectors, shares = word_embedding.WordEmbedding(shipped)(tf.constant(texts))
    expected, expected_shares = shipped.embed(texts)
    np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(shares, expected_shares, rtol=0, atol=1e-6)


def test_int8_rows_stay_int8_and_give_the_same_to_the_bit():
    shipped = sources.shipped()
    plain = words.WordVectors(
        shipped.phrases, shipped.vectors, shipped.aliases, shipped.source
    )
    small, large = map(word_embedding.WordEmbedding, (shipped, plain))

    def stored_bytes(module):
        return sum(v.numpy().nbytes for v in module.variables)

    assert stored_bytes(small) == shipped.codes.size + 4 * len(shipped.phrases)
    assert stored_bytes(large) == shipped.vectors.nbytes
    texts = tf.constant([*shipped.phrases[::50], "the sad piano", "zzz"])
    for one, other in zip(small(texts), large(texts), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_text_is_the_same_alone_and_in_every_batch(table):
    embed = word_embedding.WordEmbedding(table)
    texts = ["hip hop", "", "new york " * 50, "Drum & Bass zzz"]
    vectors, shares = embed(tf.constant(texts))
    for place, text in enumerate(texts):
        alone, share = embed(tf.constant([text]))
        np.testing.assert_array_equal(alone[0], vectors[place])
        assert share[0] == shares[place]


def test_a_long_text_makes_its_neighbours_no_slower(table):
    embed = tf.function(
        word_embedding.WordEmbedding(table),
        input_signature=[tf.TensorSpec([None], tf.string)],
    )
    long = ["new york zzz the rock city " * 2_000]
    short = ["the new york city", ""] * 500

    def seconds(texts):
        texts = tf.constant(texts)
        return min(timeit.repeat(lambda: embed(texts), number=1, repeat=3))

    apart = seconds(long) + seconds(short)
    assert seconds(short + long + short) < 5 * apart
    vectors, shares = embed(tf.constant(short + long + short))
    expected, expected_shares = table.embed(short + long + short)
    np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(shares, expected_shares, rtol=0, atol=1e-6)


@pytest.mark.parametrize("texts", [[], [""], ["", "", ""]])
def test_nothing_has_no_vector(table, texts):
    embed = word_embedding.WordEmbedding(table)
    vectors, shares = embed(tf.constant(texts, tf.string))
    assert vectors.shape == (len(texts), table.dim)
    assert not np.any(vectors) and not np.any(shares)


def test_bytes_that_are_no_text_read_as_space(table):
    embed = word_embedding.WordEmbedding(table)
    broken = [
        b"\xff\xferock",
        b"x---\xc3rock",
        b"hip\xe2\x82hop",
        b"\xed\xa0\x80",
    ]
    whole = ["rock", "rock", "hip hop", ""]
    for one, other in zip(
        embed(tf.constant(broken)), embed(tf.constant(whole)), strict=True
    ):
        np.testing.assert_array_equal(one, other)
