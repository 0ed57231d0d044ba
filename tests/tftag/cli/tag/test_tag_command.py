import csv
import io
import json

import numpy as np
import pytest
import tftag_command
import tiny_dual_encoder
import tiny_tagger

pytestmark = pytest.mark.usefixtures("encoder_at_hand")
RATE = tiny_dual_encoder.SPEC.sample_rate_hz


@pytest.fixture(scope="module")
def model(encoder):
    return encoder.folder.parent


@pytest.fixture
def songs(tmp_path):
    return tiny_tagger.write_songs(tmp_path, ["0.wav", "1.wav"])


def run(*argv):
    return tftag_command.run("tag", *argv)


def test_a_dual_encoder_tags_as_a_tagger(model, encoder, songs, capsys):
    path = songs / "0.wav"
    assert run(model, path, "--all", "--format", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    calibrated = encoder.tag_file(path).calibrated
    order = np.argsort(-calibrated, kind="stable")
    assert [row["tag"] for row in rows] == [encoder.tag_names[i] for i in order]


def test_any_tags_are_ranked_and_unknown_words_named(
    model, encoder, songs, capsys
):
    asked = "dreamy, handpann, no vocals, -Hang drum, no dreamy jazz"
    assert run(model, songs, "--tags", asked, "--format", "jsonl") == 0
    out, err = capsys.readouterr()
    assert err == (
        "unknown word 'handpann', left out; the nearest spelling is 'handpan'\n"
    )
    trained, _ = encoder.embed_texts(encoder.tag_names)
    # "no vocals" is a phrase of its own; the others are turned away from.
    signs = {"dreamy": 1, "no vocals": 1, "-hang drum": -1, "-dreamy jazz": -1}
    names = [name.removeprefix("-") for name in signs]
    vectors, _ = encoder.embed_texts(names)
    for seed, line in enumerate(out.splitlines()):
        entry = json.loads(line)
        assert entry["path"] == str(songs / f"{seed}.wav")
        embedding = encoder.embed_file(entry["path"])
        expected = {}
        for (name, sign), vector in zip(signs.items(), vectors, strict=True):
            cosine = vector @ embedding
            farther = sign * (trained @ embedding) < sign * cosine
            expected[name] = (farther.mean(), sign * cosine)
        order = sorted(expected, key=expected.get, reverse=True)
        assert [tag["tag"] for tag in entry["tags"]] == order
        for tag in entry["tags"]:
            share, signed = expected[tag["tag"]]
            assert tag["nearer_than"] == pytest.approx(share)
            cosine = signs[tag["tag"]] * signed
            assert tag["cosine"] == pytest.approx(cosine, abs=1e-5)


def test_a_trained_tag_does_not_count_itself(model, encoder, songs, capsys):
    names = ", ".join(encoder.tag_names)
    assert run(model, songs / "0.wav", "--tags", names, "--format", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    shares = [float(row["nearer_than"]) for row in rows]
    np.testing.assert_allclose(shares, np.arange(11, -1, -1) / 12)


def test_the_table_says_what_the_numbers_are(model, songs, capsys):
    path = songs / "0.wav"
    assert run(model, path, "--tags", "dreamy,jazz,drum", "--top", "2") == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == str(path)
    assert len([line for line in lines if "%  " in line]) == 2
    assert "Neither is a probability" in " ".join(lines)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--tags", "zzqx"), "At least one word"),
        (("--tags", ""), "--tags must name at least one tag"),
        (("--tags", "jazz^2"), "no weights"),
        (("--tags", "no"), "A negation must be followed"),
        (("--tags", 'a "b'), "Quotes must be closed"),
        (("--tags", "jazz", "--timeline"), "leave out --threshold"),
        (("--tags", "jazz", "--threshold"), "leave out --threshold"),
    ],
)
def test_what_cannot_be_asked_is_one_line(
    model, songs, capsys, options, message
):
    assert run(model, songs, *options) == 2
    out, err = capsys.readouterr()
    assert out == ""
    line = err.splitlines()[-1]
    assert line.startswith("error: ") and message in line


def test_a_tagger_has_no_other_tags(songs, capsys, tagger_folder):
    assert run(tagger_folder, songs, "--tags", "dreamy") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: The SavedModel must be a dual encoder")
    assert err.count("\n") == 1
