"""The recordings of a run, and which of their tags it may learn."""
