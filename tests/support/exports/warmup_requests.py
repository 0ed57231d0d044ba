"""Reads warm-up requests as TensorFlow Serving does: as its own messages."""

import pytest
import tensorflow as tf


def read(path):
    """Returns (model name, signature name, inputs) of every request."""
    messages = pytest.importorskip(
        "tensorflow_serving.apis.prediction_log_pb2",
        reason="needs tensorflow-serving-api",
    )
    found = []
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        log = messages.PredictionLog.FromString(record)
        assert log.WhichOneof("log_type") == "predict_log"
        request = log.predict_log.request
        inputs = {
            name: tf.make_ndarray(value)
            for name, value in request.inputs.items()
        }
        spec = request.model_spec
        found.append((spec.name, spec.signature_name, inputs))
    return found
