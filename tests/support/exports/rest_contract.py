"""TensorFlow Serving's REST contract, as a slow and obvious reference.

`predict` answers a request as the server does (tensorflow/serving,
http_rest_api_util.cc and json_tensor.cc), by the signatures of a SavedModel.
"""

import base64
import json

import numpy as np
import signature_inputs
import tensorflow as tf


def predict(signatures, body):
    """Answers the text of a request with the text of an answer.

    Raises:
        ValueError: The contract answers this with an error.
    """
    request = json.loads(body)
    unknown = request.keys() - {"signature_name", "instances", "inputs"}
    if unknown or ("instances" in request) == ("inputs" in request):
        raise ValueError("Exactly one of `instances` and `inputs`.")
    signature = signatures[request.get("signature_name", "serving_default")]
    _, declared = signature.structured_input_signature
    if not declared:
        raise ValueError("There must be an input to name.")
    if "instances" in request:
        columns = _columns_of_rows(request["instances"], declared)
    else:
        columns = request["inputs"]
        if not isinstance(columns, dict) or _is_bytes(columns):
            (name,) = declared
            columns = {name: columns}
    if columns.keys() != declared.keys():
        raise ValueError(f"Inputs must be {sorted(declared)}.")
    outputs = signature(
        **{
            name: _tensor(column, declared[name].dtype)
            for name, column in columns.items()
        }
    )
    answer = {name: as_json(value) for name, value in outputs.items()}
    if "inputs" in request:
        return json.dumps({"outputs": _without_name(answer)})
    if any(value.shape.rank == 0 for value in outputs.values()):
        raise ValueError("Every output must have a dimension 0.")
    if len({len(values) for values in answer.values()}) > 1:
        raise ValueError("Every output must have the same dimension 0.")
    rows = zip(*answer.values(), strict=True)
    rows = [_without_name(dict(zip(answer, row, strict=True))) for row in rows]
    return json.dumps({"predictions": rows})


def _columns_of_rows(rows, declared):
    if not isinstance(rows, list) or not rows:
        raise ValueError("`instances` must be a list, and not empty.")
    if not isinstance(rows[0], dict) or _is_bytes(rows[0]):
        (name,) = declared
        return {name: rows}
    for row in rows:
        if row.keys() != declared.keys():
            raise ValueError(f"The keys of a row must be {sorted(declared)}.")
    return {name: [row[name] for row in rows] for name in declared}


def _is_bytes(value):
    return isinstance(value, dict) and value.keys() == {"b64"}


def _tensor(column, dtype):
    kinds = {tf.string: "OSU", tf.int64: "iu", tf.float32: "iuf"}
    values = np.array(_decoded(column, dtype))  # refuses rows of other shapes
    if values.size and values.dtype.kind not in kinds[dtype]:
        raise ValueError(f"{values.dtype} is no {dtype}.")
    return tf.constant(values.tolist(), dtype, values.shape)


def _decoded(value, dtype):
    if _is_bytes(value):
        if dtype != tf.string:
            raise ValueError("Only strings can be bytes.")
        # As an object: numpy would drop the zeros at the end.
        return np.array(base64.b64decode(value["b64"]), object)
    if isinstance(value, list):
        return [_decoded(item, dtype) for item in value]
    return value


def as_json(tensor):
    """Numbers or texts, nested as a tensor is; no name here ends in _bytes."""
    values = tensor.numpy()
    if tensor.dtype == tf.string:
        values = np.vectorize(bytes.decode, otypes=[object])(values)
    return values.tolist()


def _without_name(outputs):
    """A single output loses its name."""
    return next(iter(outputs.values())) if len(outputs) == 1 else outputs


def forms(signature, name, rows, as_json):
    """Every form that the contract has for the same request.

    Args:
        signature: Of the SavedModel.
        name: Its name.
        rows: How many to ask about.
        as_json: Makes JSON of the name of an input and its tensor.
    """
    inputs = {
        key: as_json(key, tensor)
        for key, tensor in signature_inputs.inputs_of(signature, rows).items()
    }
    objects = [
        dict(zip(inputs, row, strict=True))
        for row in zip(*inputs.values(), strict=True)
    ]
    found = [{"inputs": inputs}, {"instances": objects}]
    if len(inputs) == 1:
        (column,) = inputs.values()
        found += [{"inputs": column}, {"instances": column}]
    return [{"signature_name": name, **form} for form in found]
