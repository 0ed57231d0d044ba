"""Small word vectors for tests."""

import numpy as np

from tftag import words

PHRASES = (
    "a",
    "bass",
    "drum",
    "drum and bass",
    "easy listening",
    "hip",
    "hip hop",
    "hop beat",
    "new york",
    "new york city",
    "r and b",
    "rock",
    "york city",
)
ALIASES = {
    "dnb": "drum and bass",
    "easylistening": "easy listening",
    "rnb": "r and b",
    "rock n roll star": "rock",
}


def build(dim=8, seed=0):
    rows = np.random.default_rng(seed).normal(size=(len(PHRASES), dim))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return words.WordVectors(PHRASES, rows, dict(ALIASES), "a test")


def random_texts(count, seed=0):
    """Texts of known and unknown words, accents, marks and any character."""
    rng = np.random.default_rng(seed)
    parts = [
        *PHRASES,
        *ALIASES,
        *"abckorzAKÖé&-–/_'’.,;!| \t\n\0\u0301\u0345\u200b\u00a0\ufeffßﬁİıØ",
        *("and", "the", "Very", "York", "NEW", "zzz", "---", "mood/theme---"),
        *("日本", "한국"),
        *("R&B", "Drum'n'Bass", "HIP-HOP", "🎵", "❤️", "\ufffd", "𝔯𝔬𝔠𝔨"),
        *("\ufdd0", "\uffff", "\U0010fffe"),
    ]
    texts = []
    for number in range(count):
        size = rng.integers(0, 10)
        if number % 4:
            chosen = rng.choice(len(parts), size)
            glue = " " if number % 2 else ""
            texts.append(glue.join(parts[place] for place in chosen))
        else:
            codes = rng.integers(0, 0x2FFF if number % 8 else 0x20FFF, size)
            codes[(codes >= 0xD800) & (codes < 0xE000)] = 0x20
            texts.append("".join(map(chr, codes)))
    return texts


def of_tags(names, dim=6, seed=0):
    """A random vector of unit length for each name."""
    drawn = np.random.default_rng(seed).normal(size=(len(names), dim))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return words.WordVectors(names, drawn, {}, "a few words")
