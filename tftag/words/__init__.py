"""From strings to pretrained word vectors."""

from tftag.words.vectors import STOP_WORDS, WordVectors, normalize

__all__ = ["STOP_WORDS", "WordVectors", "normalize"]
