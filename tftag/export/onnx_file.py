"""An exported tagger as one ONNX file.

python -m tftag.export.onnx_file MODEL FILE prints the largest difference.

The network alone is in it, from clips to probabilities; what surrounds it
(which clips, their level, means) is NumPy's in `inference.onnx_tagger`.
"""

import os
import sys
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

import tftag.models.averaged_tagger  # noqa: F401, what may be in the file
import tftag.models.tagger  # noqa: F401
from tftag import audio
from tftag.export import compute_precision, verification
from tftag.inference import (
    model_card,
    onnx_content,
    onnx_tagger,
    saved_tagger,
    version_folder,
)
from tftag.layers import power_spectrum
from tftag.storage import atomic_write

# The first with all that the networks need; ONNX Runtime keeps the old ones.
OPSET = 18
# Largest difference from the SavedModel. Recordings came within 3e-6; but in
# bands that a sine leaves empty the two round differently, and descriptors
# enlarge that.
TOLERANCE = 1e-4
# As loud as that of a tape.
_NOISE = 1e-3


def write(model: str | os.PathLike[str], path: str | os.PathLike[str]) -> float:
    """Converts a tagger, and compares the file with it.

    Args:
        model: Folder of the tagger.
        path: The file; an older one is replaced.

    Returns:
        The largest difference of a probability that was found.

    Raises:
        ValueError: A dual encoder, an export without a Keras model, or one
            that the file would answer otherwise than; nothing is written
            then. Or the converter is not installed.
        FileNotFoundError: There is no such model.
    """
    folder = version_folder.newest(model)
    card = model_card.read(folder)
    if card.get("kind") == model_card.DUAL_ENCODER:
        raise ValueError(
            "Only taggers are written as ONNX: a dual encoder stays a "
            f"SavedModel. Received: {folder}."
        )
    file = folder / "assets.extra" / "tagger.keras"
    if not file.is_file():
        raise ValueError(
            "The export must have its Keras model, which is converted: export "
            f"it again. Received: {folder} without assets.extra/{file.name}."
        )
    network, _ = compute_precision.float32_copy(
        keras.models.load_model(file, compile=False)
    )
    spec = audio.AudioSpec(**card["audio"])
    made_of = {"saved_model": version_folder.fingerprint(folder)}
    content = convert(network, spec, {**card, "made_of": made_of})
    with atomic_write.replacing(path, is_text=False) as written:
        written.write(content)
        written.flush()
        difference = largest_difference(written.name, folder)
        if not difference <= TOLERANCE:
            raise ValueError(
                "The file must answer as the SavedModel does, to "
                f"{TOLERANCE:g}. Received: {folder} (computes in "
                f"{card.get('precision', 'float32')}), whose probabilities "
                f"differ by {difference:.2g}; nothing was written."
            )
    return difference


def largest_difference(
    path: str | os.PathLike[str], folder: str | os.PathLike[str]
) -> float:
    """Compares what both say of signals of several lengths.

    Args:
        path: The ONNX file.
        folder: The SavedModel.

    Returns:
        The largest absolute difference of a probability; NaN when any is.
    """
    found = onnx_tagger.OnnxTagger(path)
    expected = saved_tagger.SavedTagger(folder)
    clip = found.spec.clip_samples
    signals = verification.signals(found.spec, 5 * clip // 2)
    # Recordings are never without noise: in bands that a sine leaves empty,
    # nothing but the rounding of one transform or the other would be compared.
    signals += _NOISE * np.roll(signals[1], 1)
    recordings = [
        signal[:length]
        for signal in signals
        for length in (1, clip // 3, clip, 5 * clip // 2)
    ]
    return float(
        np.max(
            [
                np.abs(one.probabilities - other.probabilities).max()
                for one, other in zip(
                    found.tag_batch(recordings),
                    expected.tag_batch(recordings),
                    strict=True,
                )
            ]
        )
    )


def convert(
    network: keras.Model, spec: audio.AudioSpec, card: dict[str, Any]
) -> bytes:
    """Makes the content of the file.

    Args:
        network: `{"waveform" [clips, samples], "peak" [clips]}` to logits
            `[clips, tags]`.
        spec: Length of a clip.
        card: What goes into the metadata.

    Raises:
        ValueError: The converter is not installed, or knows no way to write
            an operation.
    """
    try:
        import onnx
        import tf2onnx
    except ImportError as error:
        raise ValueError(onnx_tagger.INSTALL) from error

    def answer(
        waveform: tf.Tensor, peak: tf.Tensor
    ) -> dict[str, npt.NDArray[Any]]:
        clips = {"waveform": waveform, "peak": peak}
        logits = network(clips, training=False)
        return {"probabilities": tf.sigmoid(tf.cast(logits, tf.float32))}

    with power_spectrum.by_matrices():
        converted, _ = tf2onnx.convert.from_function(
            tf.function(answer, autograph=False),
            [
                tf.TensorSpec(
                    [None, spec.clip_samples], tf.float32, "waveform"
                ),
                tf.TensorSpec([None], tf.float32, "peak"),
            ],
            opset=OPSET,
            custom_op_handlers={"Log1p": (_write_log1p, [])},
        )
    try:
        onnx.checker.check_model(converted)
    except onnx.checker.ValidationError as error:
        raise ValueError(
            "The network must have no operation that ONNX lacks. "
            f"Received: {str(error).splitlines()[0]}"
        ) from error
    onnx.helper.set_model_props(
        converted, {onnx_content.CARD: model_card.to_text(card)}
    )
    content: bytes = converted.SerializeToString()
    return content


def _write_log1p(graph: Any, node: Any, name: str, _: list[Any]) -> Any:
    """ONNX has no such operation."""
    one = graph.make_const(f"{name}/one", np.ones((), np.float32))
    graph.insert_new_node_on_input(node, "Add", [node.input[0], one.name])
    node.type = "Log"
    return node


def main(argv: list[str]) -> None:
    """Prints what `write` finds; it is the last word, as libraries print."""
    print(write(*argv))


if __name__ == "__main__":
    main(sys.argv[1:])
