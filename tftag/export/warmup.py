"""Warm-up requests, which TensorFlow Serving replays when it loads a model.

The format is a TFRecord file of `tensorflow.serving.PredictionLog` messages.
Their few fields are written here by number, since the package that knows
them is tied to one TensorFlow version.
"""

import os
from typing import Any

import numpy.typing as npt
import tensorflow as tf

from tftag.storage import plain_path

FILE_NAME = "tf_serving_warmup_requests"

# tensorflow_serving/apis/{prediction_log,predict,model}.proto
_LOG_PREDICT_LOG = 6
_PREDICT_LOG_REQUEST = 1
_REQUEST_MODEL_SPEC = 1
_REQUEST_INPUTS = 2
_MODEL_SPEC_NAME = 1
_MODEL_SPEC_SIGNATURE_NAME = 3
# Every map of protocol buffers.
_MAP_KEY = 1
_MAP_VALUE = 2


def write_requests(
    path: str | os.PathLike[str],
    model_name: str,
    requests: dict[str, dict[str, npt.NDArray[Any]]],
) -> None:
    """Writes one request per signature.

    Args:
        path: The file; TensorFlow Serving looks for `FILE_NAME` in
            `assets.extra`.
        model_name: The name under which the model is served.
        requests: Signature name to its inputs by name.
    """
    folder, name = os.path.split(path)
    with (
        plain_path.plain(folder) as plain,
        tf.io.TFRecordWriter(os.path.join(plain, name)) as writer,
    ):
        for signature_name, inputs in requests.items():
            writer.write(_prediction_log(model_name, signature_name, inputs))


def _prediction_log(
    model_name: str, signature_name: str, inputs: dict[str, npt.NDArray[Any]]
) -> bytes:
    model_spec = _field(_MODEL_SPEC_NAME, model_name.encode()) + _field(
        _MODEL_SPEC_SIGNATURE_NAME, signature_name.encode()
    )
    request = _field(_REQUEST_MODEL_SPEC, model_spec)
    for name, value in sorted(inputs.items()):
        tensor = tf.make_tensor_proto(value).SerializeToString()
        request += _field(
            _REQUEST_INPUTS,
            _field(_MAP_KEY, name.encode()) + _field(_MAP_VALUE, tensor),
        )
    return _field(_LOG_PREDICT_LOG, _field(_PREDICT_LOG_REQUEST, request))


def _field(number: int, payload: bytes) -> bytes:
    """Encodes a field of bytes: its key, its length, and the bytes."""
    length_delimited = 2
    return (
        _varint(number << 3 | length_delimited)
        + _varint(len(payload))
        + payload
    )


def _varint(value: int) -> bytes:
    """Encodes an unsigned integer, 7 bits per byte, the lowest first."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
