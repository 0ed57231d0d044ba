"""The rooms of a library's index: rows on disk, their lists, what changes."""
