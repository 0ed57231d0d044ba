"""What TensorFlow Serving asks of the signatures of every export."""

import numpy as np
import pytest
import signature_inputs
import tensorflow as tf
import tiny_dual_encoder
import warmup_requests
from alike import assert_alike
from tensorflow.core.protobuf import saved_model_pb2

NAMES = {
    "tagger": signature_inputs.OF_TAGGERS,
    "encoder": signature_inputs.OF_DUAL_ENCODERS,
}
EACH = [(kind, name) for kind, names in NAMES.items() for name in names]


@pytest.fixture
def folder(kind, request):
    return request.getfixturevalue(f"{kind}_folder")


@pytest.fixture
def signatures(kind, request):
    return request.getfixturevalue(f"{kind}_loaded").signatures


@pytest.fixture
def nodes(folder):
    """All that is computed in the functions of the SavedModel."""
    saved = saved_model_pb2.SavedModel.FromString(
        (folder / "saved_model.pb").read_bytes()
    )
    functions = saved.meta_graphs[0].graph_def.library.function
    return [node for function in functions for node in function.node_def]


@pytest.mark.parametrize(("kind", "name"), EACH)
def test_dimension_0_of_every_output_is_the_batch(signatures, name):
    """As it is declared and as it comes."""
    signature = signatures[name]
    declared = signature.structured_outputs
    for rows in (1, 2, 5):
        answer = signature(**signature_inputs.inputs_of(signature, rows))
        assert answer.keys() == declared.keys()
        for key, value in answer.items():
            assert value.shape[0] == rows
            assert declared[key].shape[0] is None


@pytest.mark.parametrize(("kind", "name"), EACH)
def test_requests_can_be_joined_and_their_answer_cut(kind, signatures, name):
    """Batching puts rows of several requests together."""
    inputs = signature_inputs.inputs_of(signatures[name], 3)
    together = signatures[name](**inputs)
    for part in (slice(0, 1), slice(1, 3), slice(2, 3)):
        apart = signatures[name](
            **{key: value[part] for key, value in inputs.items()}
        )
        for key, value in together.items():
            if value.dtype == tf.string:
                np.testing.assert_array_equal(apart[key], value[part])
            else:
                assert_alike(apart[key], value[part])


@pytest.mark.parametrize(
    ("kind", "by_wav", "by_waveform"),
    [
        ("tagger", "tag_wav", "serving_default"),
        ("tagger", "top_tags_wav", "top_tags"),
        ("tagger", "timeline_wav", "timeline"),
        ("encoder", "embed_wav", "embed_audio"),
        ("encoder", "score_wav", "score"),
    ],
)
def test_wav_bytes_and_waveform_agree(signatures, by_wav, by_waveform):
    by_wav, by_waveform = signatures[by_wav], signatures[by_waveform]
    inputs = signature_inputs.inputs_of(by_wav, 3)
    waveform = signature_inputs.inputs_of(by_waveform, 3)["waveform"]
    from_wav = by_wav(**inputs)
    del inputs["wav"]
    from_waveform = by_waveform(waveform=waveform, **inputs)
    assert from_wav.keys() == from_waveform.keys()
    for key, value in from_wav.items():
        if value.dtype == tf.string:
            np.testing.assert_array_equal(value, from_waveform[key])
        else:
            np.testing.assert_allclose(value, from_waveform[key], atol=1e-5)


@pytest.mark.parametrize("kind", NAMES)
def test_each_signature_answers_to_the_request_that_is_kept_for_it(
    kind, folder, signatures
):
    requests = warmup_requests.read(
        folder / "assets.extra" / "tf_serving_warmup_requests"
    )
    names = [name for _, name, _ in requests]
    assert sorted(names) == sorted(NAMES[kind]) == sorted(signatures)
    for model_name, name, inputs in requests:
        assert model_name == folder.parent.name
        signature = signatures[name]
        assert inputs.keys() == signature.structured_input_signature[1].keys()
        answer = signature(
            **{key: tf.constant(value) for key, value in inputs.items()}
        )
        if "status" in answer:
            assert answer["status"].numpy().tolist() == [b""]


@pytest.mark.parametrize(
    ("kind", "most"),
    # Two members share one grouped convolution per block.
    [("tagger", 3), ("encoder", 6)],
)
def test_only_core_operations_and_one_network(nodes, most):
    assert not [node for node in nodes if "PyFunc" in node.op]
    assert 0 < sum(node.op == "Conv2D" for node in nodes) <= most


@pytest.mark.parametrize(
    ("kind", "stored_numbers"),
    [("tagger", 0), ("encoder", tiny_dual_encoder.word_vectors().vectors.size)],
)
def test_weights_are_constants_and_only_words_are_stored(
    kind, stored_numbers, folder, nodes, request
):
    stored = tf.train.list_variables(str(folder / "variables" / "variables"))
    sizes = [np.prod(shape, dtype=int) for _, shape in stored if shape]
    assert sum(sizes) == stored_numbers
    constants = [
        tf.make_ndarray(node.attr["value"].tensor)
        for node in nodes
        if node.op == "Const" and node.attr["dtype"].type == tf.float32
    ]
    model = request.getfixturevalue(f"{kind}_model")
    for weight in map(np.asarray, getattr(model, "audio_tower", model).weights):
        # Kernels, which no other array equals, are there once.
        if weight.ndim > 1 and weight.any():
            same = [one for one in constants if _is_rescaled(one, weight)]
            assert len(same) == 1, weight.shape


def _is_rescaled(found, kernel):
    """Whether each filter of a convolution is that of a kernel, times a number.

    Other kernels are as they were.
    """
    if found.shape != kernel.shape:
        return False
    if kernel.ndim == 4:
        found, kernel = (
            np.abs(each) / np.abs(each).max(axis=(0, 1, 2))
            for each in (found, kernel)
        )
    return np.allclose(found, kernel, atol=1e-6)
