"""What every test runs under."""

import os

# Before any test imports TensorFlow: only errors are worth a line.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
