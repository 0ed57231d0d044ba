"""Uses an installed tftag: tags, searches, builds and fits on arrays.

    python -I use_installed.py TAGGER DUAL_ENCODER FILE.wav

Prints what a search finds, and JSON: where tftag lies, whether the other trees
are there, and what came of it.
"""

import importlib.util
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np

import tftag
from tftag.cli import main as command


def main(tagger_folder, encoder_folder, path):
    tagger, encoder = tftag.load(tagger_folder), tftag.load(encoder_folder)
    cosines = encoder.embed_texts(["dreamy"])[0] @ encoder.embed_file(path)
    waveforms = np.random.default_rng(0).normal(size=(4, 8_000))
    labels = np.tile([[1, 0], [0, 1]], (2, 1))
    spec = tftag.AudioSpec(clip_seconds=0.5)
    narrow = tftag.BackboneConfig(width=1 / 64, blocks=2)
    names = ["calm", "loud"]
    words, _ = tftag.open_words("shipped").embed(names)
    models = {
        tftag.losses.BinaryCrossentropy: tftag.Tagger(
            names, spec, tftag.TaggerConfig(narrow)
        ),
        tftag.losses.MultiPositiveInfoNCE: tftag.DualEncoder(
            names, words, spec, tftag.DualEncoderConfig(narrow, dim=8)
        ),
    }
    losses = []
    for loss, model in models.items():
        model.compile("adam", loss(), run_eagerly=True)
        fitted = model.fit(waveforms, labels, epochs=1, verbose=0)
        losses.append(fitted.history["loss"])
    found = {
        "tftag": tftag.__file__,
        "other_trees": [
            name
            for name in ("pipelines", "experiments")
            if importlib.util.find_spec(name)
        ],
        "probabilities": tagger.tag_file(path).probabilities.tolist(),
        "cosine": float(cosines[0]),
        "losses": losses,
    }
    line = ["search", encoder_folder, os.path.dirname(path), "dreamy"]
    assert command.main([*line, "--format", "jsonl"]) == 0
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
