"""Embeds texts by a SavedModel with TensorFlow and numpy alone.

    python -I tests/support/embed_without_tftag.py FOLDER

Reads `saved/` and `texts.npz` in the folder (each text ends in a `|`, because
numpy drops NUL at the end) and writes `answer.npz`.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
for _name in ("tftag", "pipelines", "experiments", "keras", "soundfile"):
    sys.modules[_name] = None

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402


def main(folder):
    with np.load(os.path.join(folder, "texts.npz")) as file:
        texts = [text[:-1] for text in file["texts"].tolist()]
    loaded = tf.saved_model.load(os.path.join(folder, "saved"))
    answer = loaded.signatures["embed_text"](texts=tf.constant(texts))
    np.savez(
        os.path.join(folder, "answer.npz"),
        **{name: value.numpy() for name, value in answer.items()},
    )


if __name__ == "__main__":
    main(sys.argv[1])
