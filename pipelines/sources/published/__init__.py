"""Data sets that people publish: a file each, and what all of them need."""
