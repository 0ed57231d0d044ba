"""What TensorFlow Serving asks of the signatures of any export."""

import numpy as np
import tensorflow as tf
import tiny_tagger
from tensorflow.core.protobuf import saved_model_pb2

from tftag import audio

# Those that every export has; dimension 0 is the batch.
BATCH_SIGNATURES = (
    "serving_default",
    "tag_batch",
    "tag_wav",
    "timeline",
    "top_tags",
)


def inputs_of(name, rows, folder):
    """Inputs of one of `BATCH_SIGNATURES`; WAV files go into the folder."""
    waveform = np.stack(
        [tiny_tagger.music(tiny_tagger.CLIP * 3, row) for row in range(rows)]
    )
    match name:
        case "tag_batch":
            lengths = tf.range(1, rows + 1, dtype=tf.int64)
            return {
                "waveform": tf.constant(waveform),
                "length_samples": lengths,
            }
        case "tag_wav":
            wavs = []
            for row in waveform:
                samples = audio.to_full_scale(row).samples
                rate_hz = tiny_tagger.SPEC.sample_rate_hz
                audio.write_wav(folder / "row.wav", samples, rate_hz)
                wavs.append((folder / "row.wav").read_bytes())
            return {"wav": tf.constant(wavs)}
    return {"waveform": tf.constant(waveform)}


def check_dimension_0_is_the_batch(signature, inputs_of_rows):
    """Of every output, as it is declared and as it comes."""
    declared = signature.structured_outputs
    for rows in (1, 2, 5):
        answer = signature(**inputs_of_rows(rows))
        assert answer.keys() == declared.keys()
        for key, value in answer.items():
            assert value.shape[0] == rows
            assert declared[key].shape[0] is None


def check_rows_are_alone(signature, inputs, tolerance=0.0):
    """A server may put rows of several requests together."""
    together = signature(**inputs)
    for row in range(3):
        alone = signature(
            **{key: value[row : row + 1] for key, value in inputs.items()}
        )
        for key, value in together.items():
            if value.dtype == tf.string or not tolerance:
                np.testing.assert_array_equal(alone[key][0], value[row])
            else:
                np.testing.assert_allclose(
                    alone[key][0], value[row], atol=tolerance
                )


def operations(folder):
    """Names of all operations in the functions of a SavedModel."""
    saved = saved_model_pb2.SavedModel.FromString(
        (folder / "saved_model.pb").read_bytes()
    )
    functions = saved.meta_graphs[0].graph_def.library.function
    return [node.op for f in functions for node in f.node_def]


def stored_numbers(folder):
    """How many numbers are in the variables of a SavedModel."""
    stored = tf.train.list_variables(str(folder / "variables" / "variables"))
    return sum(np.prod(shape, dtype=int) for name, shape in stored if shape)
