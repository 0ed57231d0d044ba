"""What TensorFlow Serving asks of the signatures of any export."""

import io

import numpy as np
import soundfile
import tensorflow as tf
import tiny_dual_encoder
import tiny_tagger
import warmup_requests
from tensorflow.core.protobuf import saved_model_pb2

from tftag import audio

OF_TAGGERS = (
    *("serving_default", "tag_batch", "tag_wav", "timeline", "timeline_wav"),
    *("top_tags", "top_tags_wav", "tag_clips", "tag_names"),
)
OF_DUAL_ENCODERS = (
    *OF_TAGGERS,
    *("embed_audio", "embed_batch", "embed_wav", "embed_text"),
    *("score", "score_wav"),
)


def inputs_of(signature, rows):
    """Inputs of so many rows, by the names that the signature declares."""
    music = [
        tiny_tagger.music(tiny_tagger.CLIP * 3, row) for row in range(rows)
    ]
    strings = (tiny_dual_encoder.STRINGS * 2)[: rows + 1]
    made = {
        "waveform": tf.constant(np.stack(music)),
        "length_samples": tf.range(1, rows + 1, dtype=tf.int64),
        "wav": tf.constant([wav_bytes(samples) for samples in music]),
        "row": tf.zeros([rows], tf.int64),
        # Of a text, or of what is asked of a recording.
        1: tf.constant(strings[:rows]),
        None: tf.constant([strings[row : row + 2] for row in range(rows)]),
    }
    _, declared = signature.structured_input_signature
    if "peak" in declared:
        clips = made["waveform"][:, : tiny_tagger.CLIP]
        made["peak"] = 2 * tf.reduce_max(tf.abs(clips), axis=1)
        made["waveform"] = clips
    return {
        name: made[spec.shape.rank if name == "strings" else name]
        for name, spec in declared.items()
    }


def wav_bytes(samples):
    """A 16-bit WAV file of a waveform, at full scale unless it is silent."""
    if np.any(samples):
        samples = audio.to_full_scale(samples).samples
    file = io.BytesIO()
    rate_hz = tiny_tagger.SPEC.sample_rate_hz
    soundfile.write(file, samples, rate_hz, "PCM_16", format="WAV")
    return file.getvalue()


def check_dimension_0_is_the_batch(signature):
    """Of every output, as it is declared and as it comes."""
    declared = signature.structured_outputs
    for rows in (1, 2, 5):
        answer = signature(**inputs_of(signature, rows))
        assert answer.keys() == declared.keys()
        for key, value in answer.items():
            assert value.shape[0] == rows
            assert declared[key].shape[0] is None


def check_they_agree(by_wav, by_waveform):
    """Bytes of WAV files give what their waveforms do."""
    inputs = inputs_of(by_wav, 3)
    waveform = inputs_of(by_waveform, 3)["waveform"]
    from_wav = by_wav(**inputs)
    del inputs["wav"]
    from_waveform = by_waveform(waveform=waveform, **inputs)
    assert from_wav.keys() == from_waveform.keys()
    for key, value in from_wav.items():
        if value.dtype == tf.string:
            np.testing.assert_array_equal(value, from_waveform[key])
        else:
            np.testing.assert_allclose(value, from_waveform[key], atol=1e-5)


def check_rows_are_alone(signature, tolerance=0.0):
    """A server may put rows of several requests together."""
    inputs = inputs_of(signature, 3)
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


def constants(folder):
    """The numbers that the functions of a SavedModel have in them, arrays."""
    saved = saved_model_pb2.SavedModel.FromString(
        (folder / "saved_model.pb").read_bytes()
    )
    return [
        tf.make_ndarray(node.attr["value"].tensor)
        for function in saved.meta_graphs[0].graph_def.library.function
        for node in function.node_def
        if node.op == "Const" and node.attr["dtype"].type == tf.float32
    ]


def assert_in_the_graph_once(weights, folder):
    """Kernels, which no other array equals, are constants, each once.

    Each filter of a convolution may be multiplied by a number.
    """

    def comparable(array):
        if array.ndim < 4:
            return array
        return np.abs(array) / np.abs(array).max(axis=(0, 1, 2))

    def count(wanted, arrays):
        return sum(
            wanted.shape == array.shape
            and np.allclose(comparable(wanted), comparable(array), atol=1e-6)
            for array in arrays
        )

    weights = [np.asarray(weight) for weight in weights]
    found = constants(folder)
    for weight in weights:
        if weight.ndim > 1 and weight.any():
            assert count(weight, found) == 1, weight.shape


def check_warm_up(folder, signatures, served_name):
    """Each signature answers to a request that is kept for it."""
    requests = warmup_requests.read(
        folder / "assets.extra" / "tf_serving_warmup_requests"
    )
    assert {name for _, name, _ in requests} == set(signatures)
    for model_name, name, inputs in requests:
        assert model_name == served_name
        signature = signatures[name]
        assert inputs.keys() == signature.structured_input_signature[1].keys()
        signature(**{key: tf.constant(value) for key, value in inputs.items()})
