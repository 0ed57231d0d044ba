import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from tftag import warmup


def fields(message):
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


def read_requests(path):
    """Returns (model name, signature name, inputs) of every request.

    By the field numbers of tensorflow_serving/apis: PredictionLog.predict_log
    = 6, PredictLog.request = 1, PredictRequest.model_spec = 1 and inputs = 2,
    ModelSpec.name = 1 and signature_name = 3; a map entry has key = 1 and
    value = 2.
    """
    requests = []
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        (predict_log,) = fields(record)[6]
        (request,) = fields(predict_log)[1]
        request = fields(request)
        (model_spec,) = map(fields, request[1])
        inputs = {}
        for entry in map(fields, request.get(2, [])):
            tensor = tensor_pb2.TensorProto.FromString(entry[2][0])
            inputs[entry[1][0].decode()] = tf.make_ndarray(tensor)
        requests.append(
            (model_spec[1][0].decode(), model_spec[3][0].decode(), inputs)
        )
    return requests


def test_requests_come_back(tmp_path):
    requests = {
        "serving_default": {"waveform": np.ones((2, 300), np.float32)},
        "tag_batch": {
            "waveform": np.zeros((1, 1), np.float32),
            "length_samples": np.array([1 << 40], np.int64),
        },
        "tag_wav": {"wav": np.array([b"RIFF\0\xff"], object)},
        "tag_names": {},
    }
    warmup.write_requests(tmp_path / "requests", "baseline", requests)
    read = read_requests(tmp_path / "requests")
    assert [name for _, name, _ in read] == list(requests)
    for model_name, signature_name, inputs in read:
        assert model_name == "baseline"
        assert inputs.keys() == requests[signature_name].keys()
        for name, value in inputs.items():
            expected = requests[signature_name][name]
            assert value.dtype == expected.dtype
            np.testing.assert_array_equal(value, expected)
