"""Finding recordings by words: queries, and the index of a library."""
