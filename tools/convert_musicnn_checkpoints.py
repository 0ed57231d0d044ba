"""Makes the pretrained weights that ship with tftag; run once, by hand.

    pip download --no-deps musicnn==0.1.0
    python -m tools.convert_musicnn_checkpoints musicnn-0.1.0-py3-none-any.whl

The wheel is opened, not installed: nothing in it is run. Of its checkpoints
the arrays of the networks are kept as they are, in float32, under the names
that `tftag/models/backbones/musicnn.py` and `vgg.py` give their layers; the
state of the optimizer is left out. `tftag/pretrained/README.txt` says where the
weights come from.
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
NETWORKS = ("MSD_musicnn", "MTT_musicnn", "MSD_vgg")
OUT = pathlib.Path(__file__).parents[1] / "tftag" / "pretrained"

# Of the checkpoint, in the order in which its names are numbered.
CONVOLUTIONS = (
    *("timbral_38", "timbral_67"),
    *("temporal_128", "temporal_64", "temporal_32"),
    *("frames_1", "frames_2", "frames_3"),
)
VGG_CONVOLUTIONS = tuple(f"conv_{number}" for number in range(1, 6))
_LINEAR = ("kernel", "bias")
_NORM = ("gamma", "beta", "moving_mean", "moving_variance")


def names(architecture: str) -> dict[str, str]:
    """Name of every array in the checkpoint of a network to its name here.

    Args:
        architecture: `musicnn` or `vgg`.
    """
    if architecture == "vgg":
        convolutions = VGG_CONVOLUTIONS
        behind: tuple[str, ...] = ()
        numbered = [f"{number}CNN" for number in range(1, 6)]
    else:
        convolutions = CONVOLUTIONS
        behind = ("embedding",)
        numbered = _numbered("conv2d", len(convolutions))
    dense = (*behind, "tag_logits")
    norms = ("input", *convolutions, *(("pooled", *behind) if behind else ()))
    layers = dict(zip(numbered, convolutions, strict=True))
    layers |= zip(_numbered("dense", len(dense)), dense, strict=True)
    found = {
        f"{there}/{part}": f"{here}/{part}"
        for there, here in layers.items()
        for part in _LINEAR
    }
    for there, here in zip(
        _numbered("batch_normalization", len(norms)), norms, strict=True
    ):
        found |= {f"{there}/{part}": f"{here}_norm/{part}" for part in _NORM}
    return found


def _numbered(kind: str, count: int) -> list[str]:
    """What TensorFlow calls the layers of a kind: the first has no number."""
    return [kind, *(f"{kind}_{number}" for number in range(1, count))]


def read_checkpoint(prefix: str, architecture: str) -> dict[str, np.ndarray]:
    """Reads the arrays of a network by their names here.

    Args:
        prefix: Of the checkpoint's files, `.index` and `.data-*`.
        architecture: As `names` takes it.

    Returns:
        float32 arrays.

    Raises:
        ValueError: The checkpoint holds more or less than the network.
    """
    reader = tf.train.load_checkpoint(prefix)
    kept = names(architecture)
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
        source = wheel.read("musicnn/configuration.py").decode()
        for there in NETWORKS:
            here = there.lower()
            data_set, _, architecture = here.partition("_")
            # TensorFlow's reader takes no name that begins with a dot.
            prefix = pathlib.Path(scratch, here)
            for ending in (".index", ".data-00000-of-00001"):
                file = wheel.read(f"musicnn/{there}/{ending}")
                prefix.with_name(here + ending).write_bytes(file)
            # NumPy has a flag among the names of the arrays.
            np.savez_compressed(
                options.out / f"{here}.npz",
                **cast(Any, read_checkpoint(str(prefix), architecture)),
            )
            found = tag_names(source, f"{data_set.upper()}_LABELS")
            text = "".join(f"{tag}\n" for tag in found)
            (options.out / f"{here}.txt").write_text(text, "utf-8")
        licence = wheel.read("musicnn-0.1.0.dist-info/LICENSE.md")
    (options.out / "LICENSE.txt").write_bytes(licence)


if __name__ == "__main__":
    main()
