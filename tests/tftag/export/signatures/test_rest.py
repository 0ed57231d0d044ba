"""Every signature of an export, asked by the rules of TensorFlow Serving."""

import base64
import json

import numpy as np
import pytest
import rest_contract
import signature_inputs
import tensorflow as tf
import tiny_tagger

CLIP, NAMES = tiny_tagger.CLIP, tiny_tagger.NAMES
# These give numbers that belong to the tags.
OF_TAGS = (
    *("serving_default", "tag_batch", "tag_wav", "timeline", "timeline_wav"),
    "tag_clips",
)


@pytest.fixture(scope="module")
def signatures(encoder_signatures):
    return encoder_signatures


def as_json(name, tensor):
    """What a client writes for an input."""
    if name != "wav":
        return rest_contract.as_json(tensor)
    return [{"b64": base64.b64encode(data).decode()} for data in tensor.numpy()]


def ask(signatures, request):
    """The rows of the answer; what is no strict JSON is refused."""
    text = rest_contract.predict(signatures, json.dumps(request))
    answer = json.loads(text, parse_constant=pytest.fail)
    if "predictions" in answer:
        return answer["predictions"]
    columns = answer["outputs"]
    if isinstance(columns, list):
        return columns
    return [
        dict(zip(columns, row, strict=True))
        for row in zip(*columns.values(), strict=True)
    ]


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("name", signature_inputs.OF_DUAL_ENCODERS)
def test_rows_and_columns_give_the_answer(signatures, name, rows):
    signature = signatures[name]
    requests = rest_contract.forms(signature, name, rows, as_json)
    expected = signature(**signature_inputs.inputs_of(signature, rows))
    for request in requests:
        answer = ask(signatures, request)
        assert len(answer) == rows
        for row, found in enumerate(answer):
            if len(expected) == 1:
                found = {next(iter(expected)): found}
            assert found.keys() == expected.keys()
            for key, value in expected.items():
                if value.dtype == tf.string:
                    assert found[key] == rest_contract.as_json(value)[row]
                else:
                    np.testing.assert_allclose(
                        found[key], value[row], atol=1e-6
                    )


@pytest.mark.parametrize("name", [*OF_TAGS, "tag_names"])
def test_the_names_can_be_asked_of_all_that_has_numbers(signatures, name):
    for request in rest_contract.forms(signatures[name], name, 2, as_json):
        for row in ask(signatures, request):
            tags = row if name == "tag_names" else row["tags"]
            assert tuple(tags) == NAMES
            if name != "tag_names":
                assert len(np.array(row["calibrated"]).T) == len(tags)


def test_no_other_numbers_are_without_names(signatures):
    """The width of the others is no number of tags."""
    for name in set(signatures) - set(OF_TAGS):
        for output in signatures[name].structured_outputs.values():
            is_text = output.dtype == tf.string
            assert is_text or output.shape[-1] != len(NAMES)


def test_a_file_is_named_tags_in_one_call(signatures):
    wav = signature_inputs.wav_bytes(tiny_tagger.music(CLIP * 2))
    instances = [{"b64": base64.b64encode(wav).decode()}]
    (row,) = ask(
        signatures, {"signature_name": "tag_wav", "instances": instances}
    )
    (top,) = ask(
        signatures, {"signature_name": "top_tags_wav", "instances": instances}
    )
    calibrated = dict(zip(row["tags"], row["calibrated"], strict=True))
    best = sorted(calibrated, key=calibrated.get, reverse=True)[:10]
    assert top["tags"] == best
    assert top["probabilities"] == [calibrated[tag] for tag in best]


@pytest.mark.parametrize(
    "name",
    [name for name in signature_inputs.OF_DUAL_ENCODERS if "wav" in name],
)
def test_one_bad_row_leaves_the_others(signatures, name):
    """Also where clients read no JSON but the strict one: no NaN."""
    signature = signatures[name]
    for request in rest_contract.forms(signature, name, 3, as_json):
        expected = ask(signatures, request)
        bad = {"b64": base64.b64encode(b"RIFF\xff\0").decode()}
        rows = request.get("instances") or request["inputs"]
        if isinstance(rows, dict):
            rows = rows["wav"]
        rows[1] = {**rows[1], "wav": bad} if "wav" in rows[1] else bad
        found = ask(signatures, request)
        assert found[1]["status"].startswith("The bytes must be a RIFF WAVE")
        for row in (0, 2):
            assert found[row]["status"] == ""
            for key, value in expected[row].items():
                if key in ("tags", "status"):
                    assert found[row][key] == value
                else:
                    np.testing.assert_allclose(
                        found[row][key], value, atol=1e-6
                    )


@pytest.mark.parametrize(
    "refused",
    [
        {"instances": [[0.1]], "inputs": [[0.1]]},
        {},
        {"instances": []},
        {"instances": [{"waveform": [0.1], "more": 1}]},
        {"instances": [[0.1], [0.1, 0.2]]},
        {"instances": ["text"]},
        {"instances": [{"b64": "AAAA"}]},
        {"signature_name": "tag_names", "inputs": {}},
    ],
)
def test_the_reference_refuses_what_the_contract_does(signatures, refused):
    with pytest.raises(ValueError):
        rest_contract.predict(signatures, json.dumps(refused))
