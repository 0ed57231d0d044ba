"""Makes the word vectors that ship with tftag; run once, by hand.

    python -m tools.distil_word_vectors MINILM_FOLDER

The folder holds `config.json`, `model.safetensors`, `tokenizer.json` and
`vocab.txt` of all-MiniLM-L6-v2; safetensors and tokenizers have to be
installed. Each phrase of `word_lists/` and each whole word of MiniLM's own
vocabulary is encoded as "<phrase> music";
`tftag/words/shipped_vectors/README.txt` says what was lost on the way to its
size.
"""

import argparse
import collections
import pathlib
import re

import numpy as np

from tftag import words
from tools import minilm

TEMPLATE = "{} music"
LISTS = pathlib.Path(__file__).parent / "word_lists"
TABLE = pathlib.Path(__file__).parents[1] / "tftag" / "words" / "table"
DIM = 128
# Shorter glued forms are too often another word.
_GLUED_LETTERS = 5
_CODES = 127


def read_lists(folder: pathlib.Path) -> tuple[list[str], dict[str, str]]:
    """Reads the phrases, as written, and `aliases.txt`, `alias = phrase`.

    Raises:
        ValueError: An alias is its own phrase, or stands for another alias.
    """
    written = []
    for path in sorted(folder.glob("*.txt")):
        if path.stem != "aliases":
            written += path.read_text(encoding="utf-8").split("\n")
    pairs = (
        line.split("=")
        for line in (folder / "aliases.txt").read_text("utf-8").splitlines()
    )
    aliases = {words.normalize(a): words.normalize(b) for a, b in pairs}
    wrong = [alias for alias, phrase in aliases.items() if phrase in aliases]
    if wrong:
        raise ValueError(
            f"An alias must stand for a phrase that is none. Received: {wrong}"
        )
    return [text for text in written if text], aliases


def phrases(
    written: list[str], vocabulary: list[str], aliases: dict[str, str]
) -> dict[str, str]:
    """Collects the rows of the table.

    Args:
        written: The phrases of the lists, as written there.
        vocabulary: MiniLM's own.
        aliases: Alias to phrase; an alias gets no row.

    Returns:
        Phrase, normalised, to the text that is encoded for it; the phrases
        of the lists, their single words, then the words of the vocabulary.
    """
    texts: dict[str, str] = {}
    for text in [*written, *aliases.values()]:
        texts.setdefault(words.normalize(text), text)
    parts = [word for phrase in texts for word in phrase.split()]
    whole = [word for word in vocabulary if re.fullmatch("[a-z0-9]+", word)]
    for word in [*parts, *whole]:
        if len(word) > 1:
            texts.setdefault(word, word)
    return {
        phrase: text
        for phrase, text in sorted(texts.items())
        if phrase and phrase not in aliases
    }


def all_aliases(
    listed: dict[str, str], rows: dict[str, str], instruments: list[str]
) -> dict[str, str]:
    """Adds to the listed aliases what follows from a rule.

    Phrases glued together (`easylistening`), "and" as "n" or left out, and
    the other number of an instrument, each unless it has a row of its own.
    """
    found = collections.defaultdict(set)
    for phrase in rows:
        parts = phrase.split()
        glued = "".join(parts)
        if len(parts) > 1 and len(glued) >= _GLUED_LETTERS:
            found[glued].add(phrase)
        if "and" in parts[1:-1]:
            found[phrase.replace(" and ", " n ")].add(phrase)
            found[phrase.replace(" and ", " ")].add(phrase)
            found[glued.replace("and", "n", 1)].add(phrase)
    for instrument in instruments:
        phrase = words.normalize(instrument)
        if phrase in rows and not phrase.endswith("ss"):
            other = phrase[:-1] if phrase.endswith("s") else phrase + "s"
            found[other].add(phrase)
    made = {
        alias: min(targets)
        for alias, targets in found.items()
        if alias not in rows
    }
    made.update(listed)
    return {alias: made[alias] for alias in sorted(made) if alias}


def reduce(
    vectors: np.ndarray, fitted: np.ndarray, dim: int
) -> tuple[np.ndarray, np.ndarray]:
    """Centres, keeps the main directions, and rounds to 8 bits.

    Args:
        vectors: float32 `[phrases, full_dim]`.
        fitted: bool `[phrases]`: whose mean and main directions are taken.
        dim: Directions to keep.

    Returns:
        int8 `[phrases, dim]`, float32 `[phrases]` scales: their product has
        rows of unit length.
    """
    centre = vectors[fitted].mean(axis=0)
    _, _, directions = np.linalg.svd(
        vectors[fitted] - centre, full_matrices=False
    )
    kept = (vectors - centre) @ directions[:dim].T
    largest = np.abs(kept).max(axis=1, keepdims=True)
    codes = np.rint(kept / largest * _CODES).astype(np.int8)
    lengths = np.linalg.norm(codes.astype(np.float64), axis=1)
    return codes, (1.0 / lengths).astype(np.float32)


def main(argv: list[str] | None = None) -> None:
    """Writes the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path, help="of MiniLM")
    parser.add_argument("--out", type=pathlib.Path, default=TABLE)
    parser.add_argument("--full", type=pathlib.Path, help="full vectors: .npz")
    options = parser.parse_args(argv)
    written, listed = read_lists(LISTS)
    vocabulary = (options.folder / "vocab.txt").read_text("utf-8").split("\n")
    rows = phrases(written, vocabulary, listed)
    instruments = (LISTS / "instruments.txt").read_text("utf-8").splitlines()
    aliases = all_aliases(listed, rows, instruments)
    texts = [TEMPLATE.format(text) for text in rows.values()]
    full = minilm.MiniLm.load(options.folder).embed(texts)
    of_lists = {words.normalize(text) for text in written}
    fitted = np.array([phrase in of_lists for phrase in rows])
    codes, scales = reduce(full, fitted, DIM)
    options.out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(options.out / "vectors.npz", codes=codes, scales=scales)
    _write_lines(options.out / "phrases.txt", rows)
    _write_lines(
        options.out / "aliases.txt",
        (f"{alias}\t{phrase}" for alias, phrase in aliases.items()),
    )
    if options.full:
        np.savez(options.full, full=full, fitted=fitted, phrases=list(rows))


def _write_lines(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
