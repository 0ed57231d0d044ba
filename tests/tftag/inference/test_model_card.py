import json

import pytest

from tftag.inference import model_card

FIELDS = {
    "audio": {"sample_rate_hz": 16_000},
    "calibration": {"slope": 1.0, "offsets": [0, 0], "thresholds": [0, 1]},
    "clips_at_once": 8,
    "tags": ["été", "r&b"],
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "assets").mkdir()
    return tmp_path


def write(folder, text):
    (folder / "assets" / "tftag.json").write_text(text, encoding="utf-8")


def test_a_card_comes_back(folder):
    write(folder, model_card.to_text({**FIELDS, "metrics": {"map": 0.25}}))
    card = model_card.read(folder)
    assert card == {"format": 1, **FIELDS, "metrics": {"map": 0.25}}


def test_what_has_no_form_in_json_is_refused():
    with pytest.raises(TypeError, match="set"):
        model_card.to_text({"tags": {"a"}})


def _card(**changed):
    card = {
        "format": 1,
        "tags": ["a"],
        "audio": {},
        "clips_at_once": 8,
        "calibration": {"slope": 1.0, "offsets": [0.0], "thresholds": [0.5]},
    }
    return json.dumps(card | changed)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "damaged.*tftag.json"),
        ('"text"', "damaged.*holds a str"),
        ("[" * 100_000, "damaged.*tftag.json"),
        (_card(tags=[1]), "damaged.*tags"),
        (_card(tags={}), "damaged.*tags"),
        (_card(audio=[]), "damaged.*audio"),
        (_card(calibration={"offsets": [0]}), "damaged.*thresholds"),
        (_card(kind="dual_encoder"), "damaged.*without space, words"),
        (_card(kind="dual_encoder", space={}, words={}), "damaged.*space"),
        ("{}", "format None"),
        ('{"format": 2}', "newer tftag.*format 2"),
        ('{"format": 1, "tags": []}', "without audio, calibration"),
    ],
)
def test_a_card_that_cannot_be_read_is_told(folder, text, message):
    write(folder, text)
    with pytest.raises(ValueError, match=message):
        model_card.read(folder)


def test_no_card_is_a_foreign_model(tmp_path):
    with pytest.raises(ValueError, match="one that tftag wrote.*tftag.json"):
        model_card.read(tmp_path)


ISC = {"of": "the weights of x", "name": "ISC", "text": "Permission ...\n"}


def test_licences_become_one_text():
    assert model_card.licence_text({}) == ""
    assert model_card.licence_text({"licences": []}) == ""
    other = {**ISC, "of": "y", "name": "MIT", "authors": "A. Person"}
    assert model_card.licence_text({"licences": [ISC, other]}) == (
        "the weights of x: ISC\n\nPermission ...\n\n\n"
        "y: MIT\n\nPermission ...\n"
    )


@pytest.mark.parametrize("part", ["of", "name", "text"])
def test_half_a_licence_is_refused(part):
    with pytest.raises(ValueError, match=f"Received: .* without {part}"):
        model_card.licence_text({"licences": [{**ISC, part: ""}]})
