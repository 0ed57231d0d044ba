"""Where word vectors come from: the package, files, TF-Hub, chance."""

import functools
import gzip
import importlib.resources
import itertools
import logging
import os
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.console import counts_in_words
from tftag.storage.remote import hub
from tftag.words import vectors as words

WORD2VEC = "word2vec:"
_TABLE = "shipped_vectors"
_HUB_PHRASES_AT_ONCE = 1024
# What reading a file of another kind ends in; a header may ask for any memory.
_DAMAGE = (ValueError, EOFError, MemoryError, gzip.BadGzipFile, zlib.error)

_log = logging.getLogger(__name__)


@functools.cache
def shipped() -> words.WordVectors:
    """The table that comes with the package; nothing is downloaded.

    128 numbers per phrase, distilled from all-MiniLM-L6-v2, which has read
    "<phrase> music". `tftag/words/shipped_vectors/README.txt` says what is in
    it, what was lost, and under which licence.
    """
    folder = importlib.resources.files("tftag.words") / _TABLE
    phrases = (folder / "phrases.txt").read_text("utf-8").splitlines()
    aliases = (folder / "aliases.txt").read_text("utf-8").splitlines()
    with (folder / "vectors.npz").open("rb") as file, np.load(file) as table:
        codes, scales = table["codes"], table["scales"]
    return words.WordVectors(
        tuple(phrases),
        codes,
        dict(line.split("\t") for line in aliases),
        "shipped with tftag, distilled from all-MiniLM-L6-v2",
        scales,
    )


def read_glove(
    path: str | os.PathLike[str], limit: int | None = None
) -> words.WordVectors:
    """Reads vectors in GloVe's text format: a word and its numbers per line.

    Pennington et al. 2014, https://nlp.stanford.edu/projects/glove/.

    Args:
        path: The file, without a header.
        limit: Read only so many lines, the most frequent words; None reads
            all.

    Returns:
        The vectors, and the aliases of the shipped table.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A line has another number of numbers than the first, or
            something that is none.
    """
    names: list[str] = []
    rows: list[npt.NDArray[np.floating[Any]]] = []
    with open(path, "rb") as file:
        for number, line in enumerate(itertools.islice(file, limit), 1):
            line = line.rstrip()
            if not line:
                continue
            dim = len(rows[0]) if rows else line.count(b" ")
            # Some words of the larger files have spaces inside.
            word, *numbers = line.rsplit(b" ", dim)
            if not 2 <= len(numbers) == dim:
                raise ValueError(
                    "A line of GloVe must be a word and as many numbers as "
                    "the first. A file with a header is word2vec's: "
                    f"{WORD2VEC}{path}. Received: {len(numbers)} numbers in "
                    f"line {number} of {path}"
                )
            try:
                with np.errstate(over="ignore"):  # it is found below
                    rows.append(np.array(numbers, np.float32))
                names.append(word.decode())
            except ValueError as error:
                raise ValueError(
                    "A line of GloVe must be a word in UTF-8 and numbers. "
                    f"Received: line {number} of {path}: {error}"
                ) from error
    if not rows:
        raise ValueError(f"There is no word in {path}.")
    source = f"GloVe text {os.path.basename(path)}"
    return _from_any(names, np.stack(rows), source)


def read_word2vec(
    path: str | os.PathLike[str], binary: bool
) -> words.WordVectors:
    """Reads vectors in word2vec's format, by gensim.

    Args:
        path: The file, `.gz` or not.
        binary: Whether it is the binary format, or else the text format.

    Returns:
        The vectors, and the aliases of the shipped table.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: gensim is missing, or cannot read the file.
    """
    try:
        from gensim import models
    except ImportError as error:
        raise ValueError(
            "word2vec files are read by gensim: pip install 'tftag[word2vec]'. "
            f"Received: {error}"
        ) from error
    try:
        # The C program cuts long words within a letter.
        read = models.KeyedVectors.load_word2vec_format(
            os.fspath(path), binary=binary, unicode_errors="replace"
        )
    except _DAMAGE as error:
        kind = "binary" if binary else "text"
        raise ValueError(
            f"The file must be in word2vec's {kind} format. "
            f"Received: {path}: {str(error) or type(error).__name__}"
        ) from error
    # Of words that stand there twice gensim leaves rows without a name.
    names = [name or "" for name in read.index_to_key]
    damaged = sum("\ufffd" in name for name in names)
    if damaged:
        _log.warning(
            "%s left out of %s: not in UTF-8",
            counts_in_words.are(damaged, "word"),
            path,
        )
        names = ["" if "\ufffd" in name else name for name in names]
    return _from_any(names, read.vectors, f"word2vec {os.path.basename(path)}")


def from_hub(handle: str, phrases: Sequence[str]) -> words.WordVectors:
    """Asks a TF-Hub text module for the vectors of phrases, once.

    Args:
        handle: Handle or folder of a module of TensorFlow 2 that takes
            strings `[n]` and returns `[n, dim]`.
        phrases: What to ask for; no other phrase will be known, but as the
            mean of those inside it.

    Returns:
        The vectors, and the aliases of the shipped table.

    Raises:
        ValueError: tensorflow-hub is missing, or the module is of another
            kind.
    """
    import tensorflow as tf

    module = hub.load(handle)
    parts = []
    for start in range(0, len(phrases), _HUB_PHRASES_AT_ONCE):
        asked = tf.constant(phrases[start : start + _HUB_PHRASES_AT_ONCE])
        answer = module(asked)
        shape = getattr(answer, "shape", None)
        if shape is None or shape.rank != 2 or shape[0] != len(asked):
            raise ValueError(
                "A text module must return [n, dim] for strings [n]. "
                f"Received: {type(answer).__name__} {shape} from {handle}"
            )
        parts.append(answer.numpy())
    if not parts:
        raise ValueError("`phrases` must not be empty.")
    return _from_any(phrases, np.concatenate(parts), f"TF-Hub {handle}")


def random_vectors(like: words.WordVectors, seed: int) -> words.WordVectors:
    """The control: the same phrases, with vectors that mean nothing.

    Args:
        like: Gives the phrases, aliases and dimensions.
        seed: Of the draw.

    Returns:
        Vectors drawn evenly from the unit sphere.
    """
    drawn = np.random.default_rng(seed).normal(size=like.vectors.shape)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return words.WordVectors(
        like.phrases, drawn, like.aliases, f"random, seed {seed}"
    )


def open_source(text: str) -> words.WordVectors:
    """Opens the word vectors that a command line names.

    Args:
        text: `shipped`; `random`, for a control; the path of a GloVe `.txt`;
            `word2vec:PATH`, binary if it ends in `.bin` or `.bin.gz`; or
            `hub:HANDLE`, asked for the phrases of the shipped table.

    Returns:
        The vectors.

    Raises:
        ValueError: `text` is nothing of these, or cannot be read.
        FileNotFoundError: There is no such file.
    """
    if text == "shipped":
        return shipped()
    if text == "random":
        return random_vectors(shipped(), seed=0)
    if text.startswith(WORD2VEC):
        # The shell knows no home behind the colon.
        path = os.path.expanduser(text.removeprefix(WORD2VEC))
        return read_word2vec(path, path.endswith((".bin", ".bin.gz")))
    if text.startswith(hub.PREFIX):
        return from_hub(text.removeprefix(hub.PREFIX), shipped().phrases)
    if text.endswith(".txt"):
        return read_glove(text)
    raise ValueError(
        "Word vectors must be `shipped`, `random`, a GloVe file *.txt, "
        f"`{WORD2VEC}PATH` or `{hub.PREFIX}HANDLE`. Received: {text!r}"
    )


def _from_any(
    names: Sequence[str], vectors: npt.NDArray[np.floating[Any]], source: str
) -> words.WordVectors:
    """Normalises names and lengths; the first of equal names is kept.

    An alias of the shipped table stands for a phrase; where the source knows
    only its words, the phrase gets their mean as a vector of its own.
    """
    lengths = np.linalg.norm(np.asarray(vectors, np.float64), axis=1)
    if not np.isfinite(lengths).all():
        place = int(np.argmin(np.isfinite(lengths)))
        raise ValueError(
            "Vectors must be finite numbers. "
            f"Received: vector {place} of {source}, {names[place]!r}"
        )
    rows: dict[str, int] = {}
    for row, name in enumerate(names):
        phrase = words.normalize(name)
        if phrase and lengths[row] > 0:
            rows.setdefault(phrase, row)
    kept = list(rows.values())
    unit = np.asarray(vectors, np.float64)[kept] / lengths[kept, np.newaxis]
    plain = words.WordVectors(tuple(rows), unit, {}, source)
    aliases, means = {}, {}
    for alias, phrase in shipped().aliases.items():
        if alias in rows:
            continue
        if phrase not in rows:
            found = plain.lookup(phrase)
            if found.known_share < 1.0:
                continue
            means[phrase] = found.vector
        aliases[alias] = phrase
    return words.WordVectors(
        (*plain.phrases, *means),
        np.stack([*plain.vectors, *means.values()]),
        aliases,
        source,
    )
