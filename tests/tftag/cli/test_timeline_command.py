import os
import types

import matplotlib.image
import numpy as np
import pytest
import soundfile
import tftag_command
import tiny_tagger
from matplotlib import figure

from tftag.cli import chosen_model, timeline_command

RATE = tiny_tagger.SPEC.sample_rate_hz
HIEROGLYPH = "\U00013000"


@pytest.fixture(autouse=True)
def loaded_once(tagger, monkeypatch):
    monkeypatch.setattr(chosen_model, "open_tagger", lambda path, **_: tagger)


def run(folder, path, *options):
    model = ["--model", str(folder.parent)]
    return tftag_command.run("timeline", path, *model, *options)


@pytest.mark.parametrize("seconds", [0.1, 3.0])
def test_a_picture_is_drawn(
    tagger_folder, tmp_path, seconds, capsys, caplog, monkeypatch
):
    # As in the matplotlibrc of somebody who has LaTeX elsewhere.
    monkeypatch.setitem(matplotlib.rcParams, "text.usetex", True)
    # And of a notebook in another environment.
    monkeypatch.setenv("MPLBACKEND", "module://of_a_notebook.inline")
    # Hieroglyphs: no font of a system for tests has them.
    name = f"50$ or $x_1$ {HIEROGLYPH}.wav"
    song, out = tmp_path / name, tmp_path / "a.png"
    samples = tiny_tagger.music(int(seconds * RATE)) / 8
    soundfile.write(song, samples, RATE)
    assert run(tagger_folder, song, "--out", out, "--top", "4") == 0
    picture = matplotlib.image.imread(out)
    assert picture.shape[0] > 100 and picture.std() > 0
    assert capsys.readouterr().err == "" and "MPLBACKEND" not in os.environ
    # And no more of it than a line.
    assert all(HIEROGLYPH in one for one in caplog.messages)


def test_long_names_leave_room_for_the_picture(
    tagger, tagger_folder, tmp_path, monkeypatch
):
    long = types.SimpleNamespace(
        tag_names=tuple(f"{name} {'x' * 300}" for name in tagger.tag_names),
        timeline_file=tagger.timeline_file,
        spec=tagger.spec,
    )
    monkeypatch.setattr(chosen_model, "open_tagger", lambda path, **_: long)
    song, out = tmp_path / f"{'y' * 250}.wav", tmp_path / "a.png"
    soundfile.write(song, tiny_tagger.music(RATE) / 8, RATE)
    # Were there none, matplotlib would warn, and all would be white.
    assert run(tagger_folder, song, "--out", out) == 0
    assert matplotlib.image.imread(out).std() > 0


def test_rows_are_tags_and_columns_clips():
    axes, alone = figure.Figure().subplots(1, 2)
    values = np.array([[0.1, 0.9, 0.5], [0.2, 0.3, 0.4]])
    names = ["a$", "$b"]
    timeline_command._draw(axes, np.array([0, 10, 20]), values, names, 15.0)
    (mesh,) = axes.collections
    np.testing.assert_array_equal(mesh.get_array().reshape(2, 3), values)
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        *("a$", "$b")
    ]
    assert axes.get_xlim() == (0, 30)
    timeline_command._draw(alone, np.array([0]), values[:, :1], names, 15.0)
    assert alone.get_xlim() == (0, 15)


def test_bad_input_is_a_line(tagger_folder, tmp_path, capsys):
    song = tmp_path / "a.wav"
    song.write_bytes(b"RIFF")
    assert run(tagger_folder, song, "--out", tmp_path / "a.png") == 2
    assert run(tagger_folder, song, "--out", song) == 2
    assert run(tagger_folder, tmp_path / "none", "--out", "a.png") == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("error: ") for line in lines)
    assert os.listdir(tmp_path) == ["a.wav"]
    assert song.read_bytes() == b"RIFF"


def test_more_tags_than_a_picture_is_high_are_refused_before_the_work(
    tagger_folder, tmp_path, monkeypatch, capsys
):
    many = types.SimpleNamespace(tag_names=("tag",) * 3_000)
    monkeypatch.setattr(chosen_model, "open_tagger", lambda path, **_: many)
    song, out = tmp_path / "a.wav", tmp_path / "a.png"
    soundfile.write(song, tiny_tagger.music(RATE) / 8, RATE)
    assert run(tagger_folder, song, "--out", out, "--top", "2500") == 2
    assert "at most 2,000" in capsys.readouterr().err
    assert not out.exists()
