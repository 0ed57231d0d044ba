"""The index over HTTP: search, its map, its sound."""
