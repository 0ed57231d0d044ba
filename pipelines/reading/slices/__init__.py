"""A part of a file, whatever it holds: as samples, from where it lies."""
