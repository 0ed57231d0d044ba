"""The functions of a SavedModel, as TensorFlow graphs."""
