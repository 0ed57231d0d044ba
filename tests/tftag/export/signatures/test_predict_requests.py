"""Requests as TensorFlow Serving's own messages, as they come over gRPC."""

import numpy as np
import pytest
import signature_inputs
import tensorflow as tf

pytest.importorskip("tensorflow_serving", reason="needs tensorflow-serving-api")

from tensorflow_serving.apis import predict_pb2  # noqa: E402


def request_of(name, inputs):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "tiny_dual"
    request.model_spec.signature_name = name
    for key, value in inputs.items():
        request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    return request.SerializeToString()


def read(message):
    """Returns the name of the signature, and the inputs as arrays."""
    request = predict_pb2.PredictRequest.FromString(message)
    inputs = {
        key: tf.make_ndarray(value) for key, value in request.inputs.items()
    }
    return request.model_spec.signature_name, inputs


def answer(signature, inputs):
    """Answers with a PredictResponse, as a server writes it."""
    _, declared = signature.structured_input_signature
    assert inputs.keys() == declared.keys()
    response = predict_pb2.PredictResponse()
    tensors = {key: tf.constant(value) for key, value in inputs.items()}
    for key, value in signature(**tensors).items():
        response.outputs[key].CopyFrom(tf.make_tensor_proto(value.numpy()))
    response = predict_pb2.PredictResponse.FromString(
        response.SerializeToString()
    )
    return {k: tf.make_ndarray(value) for k, value in response.outputs.items()}


@pytest.mark.parametrize("name", signature_inputs.OF_DUAL_ENCODERS)
def test_a_server_can_join_requests_and_cut_the_answer(
    encoder_signatures, name
):
    """Batching asks for the same dimension 0 in every input and output."""
    signature = encoder_signatures[name]
    inputs = signature_inputs.inputs_of(signature, 3)
    messages = [
        request_of(name, {key: value[part] for key, value in inputs.items()})
        for part in (slice(0, 1), slice(1, 3))
    ]
    requests = [read(message) for message in messages]
    assert {found for found, _ in requests} == {name}
    joined = {
        key: np.concatenate([inputs[key] for _, inputs in requests])
        for key in inputs
    }
    assert {len(value) for value in joined.values()} == {3}
    together = answer(signature, joined)
    first, second = (answer(signature, inputs) for _, inputs in requests)
    for key, value in together.items():
        assert len(value) == 3
        apart = np.concatenate([first[key], second[key]])
        if value.dtype == object:
            np.testing.assert_array_equal(value, apart)
        else:
            np.testing.assert_allclose(value, apart, atol=1e-6)
