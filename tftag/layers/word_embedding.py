"""The whole way from strings to word vectors, in the graph."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tftag import tags, words
from tftag.words import text_normalization as letters

# What the table of letters answers for a letter that stays as it is: no text
# holds it, because NUL itself has another spelling.
_SAME = "\0"
_STOP_WORD = "|".join(sorted(words.STOP_WORDS))


class WordEmbedding(tf.Module):
    """`words.WordVectors.embed` in core TensorFlow operations.

    A module, not a Keras layer: it owns lookup tables, which Keras does not
    export. Whoever saves it as an attribute of a `tf.Module` needs nothing
    but TensorFlow to load it; letters, phrases, aliases and vectors are
    inside.

    >>> import tensorflow as tf
    >>> from tftag.layers import word_embedding
    >>> from tftag.words import sources
    >>> embed = word_embedding.WordEmbedding(sources.open_source("shipped"))
    >>> vectors, known_share = embed(tf.constant(["Hip-Hop", "zzqx"]))
    >>> vectors.shape, known_share.numpy().tolist()
    (TensorShape([2, 128]), [1.0, 0.0])
    """

    def __init__(self, vectors: words.WordVectors) -> None:
        """Makes the tables.

        Args:
            vectors: What the graph is to know.
        """
        super().__init__(name="word_embedding")
        folded = letters.folded_letters()
        self._spelling = _table(list(folded), list(folded.values()), _SAME)
        rows = vectors.rows
        self._row = _table(
            list(rows), tf.constant(list(rows.values()), tf.int64), -1
        )
        self._longest = vectors.longest
        stored = vectors.vectors if vectors.codes is None else vectors.codes
        self._vectors = tf.Variable(
            stored, trainable=False, name="word_vectors"
        )
        self._scales = None
        if vectors.scales is not None:
            self._scales = tf.Variable(
                vectors.scales, trainable=False, name="word_scales"
            )

    def __call__(self, texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Embeds texts.

        Args:
            texts: UTF-8 strings `[n]`; bytes that are no UTF-8 read as space.

        Returns:
            float32 `[n, dim]`, of unit length, 0 where no word is known; and
            float32 `[n]`, the share of the words that are known, stop words
            that were left out not counted.
        """
        split = tf.strings.split(self._normalize(texts))  # [n, words]
        spelled, text_of = split.flat_values, _row_of_each(split)
        # Words up to the end of the text.
        left = tf.gather(split.row_limits(), text_of) - _places(spelled)
        lengths, rows = self._longest_at_each(spelled, left)
        runs = _reached(lengths)
        others = runs & ~((lengths <= 1) & _is_stop_word(spelled))
        text_count = split.nrows()

        def total(values: Any) -> Any:
            return tf.math.unsorted_segment_sum(values, text_of, text_count)

        has_others = total(tf.cast(others, tf.int64)) > 0
        runs &= others | ~tf.gather(has_others, text_of)
        found = runs & (lengths > 0)
        vectors = self._vectors_of(tf.boolean_mask(rows, found))
        # In float64, as in Python: the order of adding does not show.
        mean = tf.math.unsorted_segment_sum(
            tf.cast(vectors, tf.float64),
            tf.boolean_mask(text_of, found),
            text_count,
        )
        mean = tf.math.divide_no_nan(mean, tf.norm(mean, axis=1, keepdims=True))
        known, counted = (
            total(tf.where(which, tf.maximum(lengths, 1), 0))
            for which in (found, runs)
        )
        share = tf.math.divide_no_nan(
            tf.cast(known, tf.float64), tf.cast(counted, tf.float64)
        )
        return tf.cast(mean, tf.float32), tf.cast(share, tf.float32)

    def _vectors_of(self, rows: Any) -> Any:
        """Returns float32 `[rows, dim]`, to the bit as in Python."""
        vectors = tf.cast(tf.gather(self._vectors, rows), tf.float32)
        if self._scales is not None:
            vectors *= tf.gather(self._scales, rows)[:, tf.newaxis]
        return vectors

    def _normalize(self, texts: Sequence[str]) -> Any:
        """Returns `words.normalize` of strings `[n]`, but for its spaces."""
        valid = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8")
        last = tf.strings.regex_replace(
            valid, f"(?s)^.*{tags.CATEGORY_MARK}", ""
        )
        split = tf.strings.unicode_split(last, "UTF-8")  # [n, letters]
        spelling = self._spelling.lookup(split.flat_values)
        spelling = tf.where(spelling == _SAME, split.flat_values, spelling)
        return tf.strings.unsorted_segment_join(
            spelling, _row_of_each(split), split.nrows()
        )

    def _longest_at_each(self, spelled: Any, left: Any) -> tuple[Any, Any]:
        """Finds the longest known phrase that begins at each word.

        Args:
            spelled: Strings `[words]`, of all texts, one after the other.
            left: int64 `[words]`: words from each to the end of its text.

        Returns:
            int64 `[words]` number of words of the phrase, 0 if none; int64
            `[words]` its row.
        """
        ahead = tf.pad(spelled, [[0, self._longest - 1]])
        phrase = spelled
        lengths = rows = tf.zeros_like(spelled, tf.int64)
        for length in range(1, self._longest + 1):
            if length > 1:
                nth = ahead[length - 1 :][: tf.size(spelled)]
                phrase = tf.strings.join([phrase, nth], " ")
            row = self._row.lookup(phrase)
            is_known = (length <= left) & (row >= 0)
            lengths = tf.where(is_known, tf.constant(length, tf.int64), lengths)
            rows = tf.where(is_known, row, rows)
        return lengths, rows


def _is_stop_word(spelled: Any) -> Any:
    return tf.strings.regex_full_match(spelled, _STOP_WORD)


def _places(values: Any) -> Any:
    return tf.range(tf.size(values, tf.int64))


def _row_of_each(ragged: Any) -> Any:
    """`ragged.value_rowids()`, which pads every row to the longest."""
    places = _places(ragged.flat_values)
    return tf.searchsorted(ragged.row_splits, places, "right") - 1


def _table(keys: Any, values: Any, default: Any) -> tf.lookup.StaticHashTable:
    return tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(tf.constant(keys), values), default
    )


def _reached(lengths: tf.Tensor) -> tf.Tensor:
    """Which words a reader from left to right stops at.

    No phrase reaches beyond its text, so the reader stops at the first word
    of each. Every turn of the loop doubles how far is known, and a long text
    takes few.

    Args:
        lengths: int64 `[words]`, of all texts: how far each word's phrase
            reaches; from an unknown word the reader goes on to the next.

    Returns:
        bool `[words]`.
    """
    end = tf.size(lengths, tf.int64)
    places = tf.range(end + 1)
    steps = tf.pad(tf.maximum(lengths, 1), [[0, 1]])  # from the end, none

    def double(reached: Any, ahead: Any) -> tuple[Any, Any]:
        more = tf.math.unsorted_segment_max(reached, ahead, end + 1)
        return tf.maximum(reached, more), tf.gather(ahead, ahead)

    reached, _ = tf.while_loop(
        lambda _, ahead: ahead[0] < end,
        double,
        (tf.cast(places == 0, tf.int32), places + steps),
    )
    return reached[:-1] > 0
