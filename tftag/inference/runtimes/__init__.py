"""What runs a signature: TensorFlow in Python, or its C library alone."""
