"""The whole way from strings to word vectors, in the graph."""

import tensorflow as tf

from tftag import letters, tags, words

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
    """

    def __init__(self, vectors: words.WordVectors):
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
        spelled = tf.strings.split(self._normalize(texts))  # [n, words]
        count = spelled.row_lengths()
        # One more: the loops below need a word, be it an empty one.
        spelled = tf.pad(spelled.to_tensor(), [[0, 0], [0, 1]])
        lengths, rows = self._longest_at_each(spelled, count)
        runs = _reached(lengths) & tf.sequence_mask(count, tf.shape(spelled)[1])
        is_stop_word = runs & (lengths <= 1) & _is_stop_word(spelled)
        others = runs & ~is_stop_word
        has_others = tf.reduce_any(others, axis=1, keepdims=True)
        runs = tf.where(has_others, others, runs)
        found = runs & (lengths > 0)
        at = tf.where(found)  # [phrases, 2]
        vectors = self._vectors_of(tf.boolean_mask(rows, found))
        # In float64, as in Python: the order of adding does not show.
        total = tf.math.unsorted_segment_sum(
            tf.cast(vectors, tf.float64), at[:, 0], tf.shape(count)[0]
        )
        mean = tf.math.divide_no_nan(
            total, tf.norm(total, axis=1, keepdims=True)
        )
        known, counted = (
            tf.reduce_sum(tf.where(which, tf.maximum(lengths, 1), 0), axis=1)
            for which in (found, runs)
        )
        share = tf.math.divide_no_nan(
            tf.cast(known, tf.float64), tf.cast(counted, tf.float64)
        )
        return tf.cast(mean, tf.float32), tf.cast(share, tf.float32)

    def _vectors_of(self, rows):
        """Returns float32 `[rows, dim]`, to the bit as in Python."""
        vectors = tf.cast(tf.gather(self._vectors, rows), tf.float32)
        if self._scales is not None:
            vectors *= tf.gather(self._scales, rows)[:, tf.newaxis]
        return vectors

    def _normalize(self, texts):
        """Returns `words.normalize` of strings `[n]`, but for its spaces."""
        valid = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8")
        last = tf.strings.regex_replace(
            valid, f"(?s)^.*{tags.CATEGORY_MARK}", ""
        )
        split = tf.strings.unicode_split(last, "UTF-8")  # [n, letters]
        spelling = self._spelling.lookup(split.flat_values)
        spelling = tf.where(spelling == _SAME, split.flat_values, spelling)
        return tf.strings.reduce_join(split.with_flat_values(spelling), axis=-1)

    def _longest_at_each(self, spelled, count):
        """Finds the longest known phrase that begins at each word.

        Args:
            spelled: Strings `[n, words]`, "" behind the end.
            count: int64 `[n]`: words of each text.

        Returns:
            int64 `[n, words]` its number of words, 0 if none; int64
            `[n, words]` its row.
        """
        width = tf.shape(spelled)[1]
        places = tf.range(tf.cast(width, tf.int64))
        ahead = tf.pad(spelled, [[0, 0], [0, self._longest - 1]])
        phrase = spelled
        lengths = rows = tf.zeros_like(spelled, tf.int64)
        for length in range(1, self._longest + 1):
            if length > 1:
                nth = ahead[:, length - 1 : length - 1 + width]
                phrase = tf.strings.join([phrase, nth], " ")
            row = self._row.lookup(phrase)
            inside = places + length <= count[:, tf.newaxis]
            is_known = inside & (row >= 0)
            lengths = tf.where(is_known, tf.constant(length, tf.int64), lengths)
            rows = tf.where(is_known, row, rows)
        return lengths, rows


def _is_stop_word(spelled):
    return tf.strings.regex_full_match(spelled, _STOP_WORD)


def _table(keys, values, default) -> tf.lookup.StaticHashTable:
    return tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(tf.constant(keys), values), default
    )


def _reached(lengths: tf.Tensor) -> tf.Tensor:
    """Which words a reader from left to right stops at.

    Args:
        lengths: int64 `[n, words]`: how far each word's phrase reaches; from
            an unknown word the reader goes on to the next.

    Returns:
        bool `[n, words]`.
    """
    steps = tf.transpose(tf.maximum(lengths, 1))  # [words, n]
    places = tf.range(tf.shape(steps, tf.int64)[0])

    def step(next_stop, word):
        place, length = word
        return tf.where(next_stop == place, place + length, next_stop)

    start = tf.zeros_like(steps[0])
    after = tf.scan(step, (places, steps), start)
    before = tf.concat([start[tf.newaxis], after[:-1]], axis=0)
    return tf.transpose(before == places[:, tf.newaxis])
