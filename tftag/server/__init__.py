"""Exports and an index over HTTP: TensorFlow Serving's form, tags, search."""
