"""TensorFlow Serving's REST interface, against calls of the SavedModels."""

import base64
import json

import numpy as np
import pytest
import rest_contract
import running_service
import signature_inputs

error_of = running_service.error_of
PREDICT = "/v1/models/tiny_dual:predict"


def as_json(_, tensor):
    """What a client writes for an input."""
    values = tensor.numpy()
    if values.dtype != object:
        return values.tolist()
    flat = [{"b64": base64.b64encode(one).decode()} for one in values.ravel()]
    return np.array(flat, object).reshape(values.shape).tolist()


def check_alike(found, expected):
    """Compares two answers in JSON, numbers to 1e-5."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key in expected:
            check_alike(found[key], expected[key])
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            check_alike(one, other)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=1e-5)
    else:
        assert found == expected


@pytest.mark.parametrize("name", signature_inputs.OF_DUAL_ENCODERS)
def test_rows_and_columns_are_answered_as_the_contract_has_it(
    service_client, encoder_signatures, name
):
    for request in rest_contract.forms(
        encoder_signatures[name], name, 2, as_json
    ):
        body = json.dumps(request)
        answer = service_client.post(PREDICT, content=body)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        expected = json.loads(rest_contract.predict(encoder_signatures, body))
        check_alike(answer.json(), expected)


def test_a_signature_that_is_not_named_is_the_default_one(
    service_client, tagger
):
    waveform = signature_inputs.inputs_of(tagger.signatures["timeline"], 2)
    body = {"instances": waveform["waveform"].numpy().tolist()}
    rows = service_client.post("/v1/models/tiny:predict", json=body).json()
    expected = tagger.tag_batch(list(waveform["waveform"].numpy()))
    for row, one in zip(rows["predictions"], expected, strict=True):
        np.testing.assert_allclose(
            row["probabilities"], one.probabilities, atol=1e-5
        )


def test_numbers_have_as_few_digits_as_tell_them_apart(service_client, tagger):
    body = {"signature_name": "tag_batch", "inputs": {}}
    inputs = signature_inputs.inputs_of(tagger.signatures["tag_batch"], 1)
    body["inputs"] = {key: as_json(key, value) for key, value in inputs.items()}
    answer = service_client.post("/v1/models/tiny:predict", json=body)
    expected = tagger.signatures["tag_batch"](**inputs)["probabilities"]
    found = answer.json()["outputs"]["probabilities"]
    np.testing.assert_allclose(np.float32(found), expected, atol=1e-6)
    for value in found[0]:
        assert value == float(str(np.float32(value)))


def test_not_a_number_is_a_token_both_ways(service_client):
    """A row that is none is named in its status; the others are answered."""
    body = '{"instances": [[0.5, NaN, Infinity], [0.5, -0.5, 0.25]]}'
    answer = service_client.post("/v1/models/tiny:predict", content=body)
    assert answer.status_code == 200
    bad, good = answer.json()["predictions"]
    assert "NaN" in bad["status"] or "finite" in bad["status"]
    assert good["status"] == "" and max(good["probabilities"]) > 0


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("", "JSON Parse error: The document is empty"),
        ("{", "JSON Parse error: "),
        ('{"instances": [1,}', "at offset: 17"),
        ("[1]", "Is not object"),
        ("[" * 100_000, "JSON Parse error: "),
        (b"\xff\xfe{}", "JSON Parse error: "),
        ("{}", "Missing 'inputs' or 'instances' key"),
        ('{"inputs": [[1]], "instances": [[1]]}', "only one of 'inputs' or"),
        ('{"instances": 1}', "to be an list/array"),
        ('{"instances": []}', "No values in 'instances'"),
        ('{"signature_name": "no", "instances": [[1]]}', '"no" not found in'),
        ('{"signature_name": 1, "instances": [[1]]}', "must be a string value"),
        ('{"instances": [[0.1], [0.1, 0.2]]}', "tensor size: 1 but got: 2"),
        (
            '{"instances": [["a"]]}',
            'JSON Value: "a" Type: String is not of exp',
        ),
        (
            '{"instances": [[true]]}',
            "Type: True is not of expected type: float",
        ),
        (
            '{"instances": [{"waveform": [0.1], "more": 1}]}',
            "named input: more",
        ),
        ('{"instances": [1]}', "must have the shape"),
    ],
)
def test_what_cannot_be_predicted_is_refused_in_which_words(
    service_client, body, text
):
    answer = service_client.post("/v1/models/tiny:predict", content=body)
    assert text in error_of(answer)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("instances", [{"waveform": [0.1]}], "to: length_samples,waveform"),
        ("instances", [[0.1]], "a plain list, but expecting list of objects"),
        (
            "inputs",
            {"waveform": [[0.1]]},
            "Missing named input: length_samples",
        ),
    ],
)
def test_all_inputs_of_a_signature_must_be_named(
    service_client, key, value, text
):
    body = {"signature_name": "tag_batch", key: value}
    answer = service_client.post("/v1/models/tiny:predict", json=body)
    assert text in error_of(answer)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("no:predict", 404, "Latest(no)"),
        ("tiny/versions/7:predict", 404, "request: Specific(tiny, 7)"),
        (f"tiny/versions/{'9' * 20}:predict", 400, "to numeric"),
        ("tiny/versions/x:predict", 400, "Malformed request: POST"),
        ("tiny/labels/no:predict", 400, "version label: no"),
        ("tiny:other", 400, "Malformed request: POST"),
        ("tiny/labels/a/versions/1:predict", 400, "Malformed request"),
    ],
)
def test_what_is_not_served_is_refused_in_which_words(
    service_client, path, status, text
):
    answer = service_client.post(
        f"/v1/models/{path}", json={"instances": [[1]]}
    )
    assert text in error_of(answer)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("end", "body", "text"),
    [
        ("classify", {}, "key 'examples' is expected and was not found"),
        ("classify", {"examples": []}, "is an empty array"),
        (
            "classify",
            {"examples": [{"x": 1}]},
            "Expected classification signature method_name to be "
            "tensorflow/serving/classify. Was: tensorflow/serving/predict",
        ),
        ("regress", {"examples": [{"x": 1}]}, "Expected regression signature"),
    ],
)
def test_no_signature_classifies_or_regresses(service_client, end, body, text):
    answer = service_client.post(f"/v1/models/tiny:{end}", json=body)
    assert text in error_of(answer)
    assert answer.status_code == 400


def test_paths_in_any_case_are_understood(service_client):
    body = {"signature_name": "tag_names", "instances": [0]}
    expected = service_client.post("/v1/models/tiny:predict", json=body).json()
    for path in (
        "/V1/MODELS/tiny:PREDICT",
        "/v1/models/tiny/Versions/1:predict",
    ):
        assert service_client.post(path, json=body).json() == expected
    assert service_client.get("/v1/MODELS/tiny").status_code == 200


def test_status_and_what_there_is_none_of(service_client):
    available = {
        "version": "1",
        "state": "AVAILABLE",
        "status": {"error_code": "OK", "error_message": ""},
    }
    for path in ("tiny", "tiny/versions/1"):
        answer = service_client.get(f"/v1/models/{path}")
        assert answer.json() == {"model_version_status": [available]}
    for path, status, text in (
        ("/no", 404, "Could not find any versions of model no"),
        ("/tiny/versions/3", 404, "Could not find version 3 of model tiny"),
        ("/tiny/labels/x", 400, "Unrecognized servable version label: x"),
        ("", 400, "Missing model name in request."),
        ("/tiny:predict", 400, "Malformed request: GET"),
    ):
        answer = service_client.get(f"/v1/models{path}")
        assert answer.status_code == status
        assert text in error_of(answer)
    answer = service_client.delete("/v1/models/tiny")
    assert answer.status_code == 400
    assert "Malformed request: DELETE" in error_of(answer)


def test_metadata_is_that_of_the_file(service_client, tagger_loaded):
    found = service_client.get("/v1/models/tiny/metadata").json()
    assert found["model_spec"] == {
        "name": "tiny",
        "signature_name": "",
        "version": "1",
    }
    (definitions,) = found["metadata"].values()
    signatures = definitions["signature_def"]
    loaded = tagger_loaded.signatures
    assert signatures.keys() >= loaded.keys()
    one = signatures["tag_wav"]
    assert one["method_name"] == "tensorflow/serving/predict"
    assert one["inputs"]["wav"]["dtype"] == "DT_STRING"
    assert one["inputs"]["wav"]["tensor_shape"] == {
        "dim": [{"size": "-1", "name": ""}],
        "unknown_rank": False,
    }
    assert one["outputs"].keys() == loaded["tag_wav"].structured_outputs.keys()
