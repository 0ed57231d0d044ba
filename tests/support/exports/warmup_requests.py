"""Reads warm-up requests as TensorFlow Serving does: by field numbers."""

import tensorflow as tf
from tensorflow.core.framework import tensor_pb2


def _fields(message):
    """Reads a message whose fields are all bytes: {number: [bytes]}."""
    found, at = {}, 0

    def varint():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        number, wire_type = divmod(varint(), 8)
        assert wire_type == 2
        length = varint()
        assert at + length <= len(message)
        found.setdefault(number, []).append(message[at : at + length])
        at += length
    return found


def read(path):
    """Returns (model name, signature name, inputs) of every request.

    By the field numbers of tensorflow_serving/apis: PredictionLog.predict_log
    = 6, PredictLog.request = 1, PredictRequest.model_spec = 1 and inputs = 2,
    ModelSpec.name = 1 and signature_name = 3; a map entry has key = 1 and
    value = 2.
    """
    requests = []
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        (predict_log,) = _fields(record)[6]
        (request,) = _fields(predict_log)[1]
        request = _fields(request)
        (model_spec,) = map(_fields, request[1])
        inputs = {}
        for entry in map(_fields, request.get(2, [])):
            tensor = tensor_pb2.TensorProto.FromString(entry[2][0])
            inputs[entry[1][0].decode()] = tf.make_ndarray(tensor)
        requests.append(
            (model_spec[1][0].decode(), model_spec[3][0].decode(), inputs)
        )
    return requests
