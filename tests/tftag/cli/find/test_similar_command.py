import json

import numpy as np
import pytest
import tiny_dual_encoder
import tiny_tagger
from tftag_command import run

from tftag.cli import chosen_model

RATE = tiny_dual_encoder.SPEC.sample_rate_hz


pytestmark = pytest.mark.usefixtures("loaded_once")


@pytest.fixture
def songs(tmp_path):
    names = [f"{number}.wav" for number in range(5)]
    return tiny_tagger.write_songs(tmp_path / "songs", names)


def found(capsys, *words):
    assert run("similar", *words, "--copies", "--format", "jsonl") == 0
    out = capsys.readouterr().out
    return [json.loads(line) for line in out.splitlines()]


def test_a_folder_is_ranked_by_cosine_without_the_example(
    songs, capsys, encoder
):
    rows = found(capsys, songs, "--like", songs / "2.wav")
    vectors = [encoder.embed_file(songs / f"{n}.wav") for n in range(5)]
    cosines = np.array(vectors) @ vectors[2]
    order = [n for n in np.argsort(-cosines) if n != 2]
    assert [row["path"] for row in rows] == [
        str(songs / f"{n}.wav") for n in order
    ]
    for row, n in zip(rows, order, strict=True):
        ((label, cosine),) = row["cosines"].items()
        assert label == str(songs / "2.wav")
        assert cosine == pytest.approx(cosines[n], abs=1e-5)


def test_an_index_answers_without_a_model(songs, capsys, tmp_path, monkeypatch):
    place = tmp_path / "i"
    run("index", songs, "--out", place, "--model", "musicnn_words")
    capsys.readouterr()

    def none(_):
        raise AssertionError("no model is needed")

    monkeypatch.setattr(chosen_model, "open_dual_encoder", none)
    like = ("--like", songs / "2.wav", songs / "1.wav")
    unlike = ("--unlike", songs / "0.wav")
    rows = found(capsys, place, *like, *unlike)
    assert {row["path"] for row in rows} == {
        str(songs / "3.wav"),
        str(songs / "4.wav"),
    }
    assert list(rows[0]["cosines"]) == [
        *(str(songs / "2.wav"), str(songs / "1.wav")),
        f"-{songs / '0.wav'}",
    ]


def test_a_file_from_elsewhere_is_embedded(songs, capsys, tmp_path):
    place = tmp_path / "i"
    run("index", songs, "--out", place, "--model", "musicnn_words")
    other = tmp_path / "other.wav"
    other.write_bytes((songs / "3.wav").read_bytes())
    capsys.readouterr()
    rows = found(capsys, place, "--like", other)
    assert len(rows) == 5
    assert rows[0]["path"] == str(songs / "3.wav")
    assert rows[0]["cosines"][str(other)] == pytest.approx(1, abs=1e-5)


def test_an_example_is_refused_before_a_model_is_opened(
    songs, capfd, tmp_path, monkeypatch
):
    noise = tmp_path / "noise.mp3"
    noise.write_bytes(np.random.default_rng(0).bytes(5_000))
    place = tmp_path / "i"
    run("index", songs, "--out", place, "--model", "musicnn_words")
    capfd.readouterr()

    def none(*_, **__):
        raise AssertionError("no model is needed")

    monkeypatch.setattr(chosen_model, "open_dual_encoder", none)
    for library in (songs, place):
        assert run("similar", library, "--like", noise) == 2
        # And no notes of decoders.
        (line,) = capfd.readouterr().err.splitlines()
        assert line.startswith(f"error: {noise}: ")
    assert not (songs / ".tftag-index").exists()


def test_bad_input_is_one_line(songs, capsys):
    assert run("similar", songs, "--like", songs / "1.wav", "--tag", "jaz") == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert "'jaz'. The nearest is 'jazz'. It has" in last
    before = (songs / "1.wav").read_bytes()
    like = ("--like", songs / "1.wav", "--out", songs / "1.wav")
    assert run("similar", songs, *like) == 2
    assert (songs / "1.wav").read_bytes() == before
