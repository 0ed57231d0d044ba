import csv
import io
import json
import os

import numpy as np
import odd_names
import pytest
import soundfile
import tiny_tagger
from tftag_command import run

from tftag.cli import chosen_model
from tftag.cli import main as main_module

RATE = tiny_tagger.SPEC.sample_rate_hz


@pytest.fixture(scope="module")
def model(tagger_folder):
    """Folder of all versions, as a person names it."""
    return str(tagger_folder.parent)


@pytest.fixture(autouse=True)
def loaded_once(tagger, monkeypatch):
    """A tagger takes seconds to load; `opened` lists what was asked for."""
    opened, open_tagger = [], chosen_model.open_tagger

    def open_model(path, **_):
        opened.append(path)
        is_known = path == str(tagger.folder.parent)
        return tagger if is_known else open_tagger(path)

    monkeypatch.setattr(chosen_model, "open_tagger", open_model)
    return opened


def test_alone_it_names_its_commands(capsys):
    with pytest.raises(SystemExit) as caught:
        main_module.main([])
    said = capsys.readouterr().err
    assert caught.value.code == 2
    assert said.startswith("error: name a command: tag, timeline, index, ")
    assert said.endswith("models; tftag --help says more\n")


@pytest.fixture
def music(tmp_path):
    """Two songs and a cover in a folder, one song deeper."""
    folder = tmp_path / "music"
    (folder / "deep").mkdir(parents=True)
    for seed, (name, rate_hz, clips) in enumerate(
        [("b.flac", 22_050, 1), ("a.MP3", 44_100, 10), ("deep/c.ogg", RATE, 1)]
    ):
        seconds = clips * tiny_tagger.SPEC.clip_seconds
        samples = tiny_tagger.music(int(seconds * rate_hz), seed) / 8
        stereo = np.stack([samples, samples / 2], axis=1)
        kind = "OGG" if name.endswith("ogg") else name[-4:].strip(".").upper()
        soundfile.write(folder / name, stereo, rate_hz, format=kind)
    (folder / "cover.jpg").write_bytes(b"\xff\xd8")
    (folder / "._b.flac").write_bytes(b"\0")
    return folder


def csv_rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_a_folder_is_tagged_in_order_and_the_model_loaded_once(
    model, tagger, music, capsys, loaded_once
):
    assert run("tag", model, music, "--all", "--format", "csv") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert loaded_once == [model]
    rows = csv_rows(out)
    names = ["a.MP3", "b.flac", "deep/c.ogg"]
    paths = [str(music / name) for name in names]
    assert list(dict.fromkeys(row["path"] for row in rows)) == paths
    for path in paths:
        mine = [row for row in rows if row["path"] == path]
        calibrated = tagger.tag_file(path).calibrated
        order = np.argsort(-calibrated)
        assert [row["tag"] for row in mine] == [
            tiny_tagger.NAMES[place] for place in order
        ]
        np.testing.assert_array_equal(
            [np.float32(row["probability"]) for row in mine], calibrated[order]
        )
        np.testing.assert_array_equal(
            [row["above_threshold"] == "1" for row in mine],
            (calibrated >= tagger.thresholds)[order],
        )


def test_the_table_is_the_default_and_has_five_tags(model, music, capsys):
    assert run("tag", model, music / "b.flac") == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == str(music / "b.flac")
    assert len(lines) == 5 + 2
    assert lines[-1].startswith("* at or above")


def test_threshold_lists_what_reaches_it(model, tagger, music, capsys):
    path = music / "b.flac"
    assert run("tag", model, path, "--threshold", "--format", "jsonl") == 0
    (line,) = capsys.readouterr().out.splitlines()
    listed = json.loads(line)
    given = tagger.tag_file(path).calibrated >= tagger.thresholds
    assert {tag["tag"] for tag in listed["tags"]} == set(
        np.array(tiny_tagger.NAMES)[given]
    )
    assert all(tag["above_threshold"] for tag in listed["tags"])


def test_the_timeline_has_an_entry_for_each_clip(
    model, tagger, music, capsys, tmp_path
):
    out = tmp_path / "out.jsonl"
    path = music / "a.MP3"
    options = ("--timeline", "--top", "1", "--format", "jsonl", "--out", out)
    assert run("tag", model, path, *options) == 0
    assert capsys.readouterr().out == ""
    entries = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    timeline = tagger.timeline_file(path)
    np.testing.assert_allclose(
        [entry["start_seconds"] for entry in entries], timeline.start_seconds
    )
    assert [entry["tags"][0]["tag"] for entry in entries] == [
        tiny_tagger.NAMES[place] for place in timeline.calibrated.argmax(axis=1)
    ]


@pytest.mark.parametrize("options", [(), ("--timeline",)])
def test_bad_files_are_a_line_each_and_the_others_go_on(
    model, music, capsys, tmp_path, options
):
    (music / "deep" / "broken.mp3").write_bytes(b"ID3" + bytes(50))
    (music / "video.m4a").write_bytes(b"\0\0\0\x20ftypM4A ")
    (tmp_path / "empty").mkdir()
    absent = tmp_path / "absent.wav"
    status = run("tag", model, absent, tmp_path / "empty", music, *options)
    assert status == 1
    out, err = capsys.readouterr()
    assert all(name in out for name in ("a.MP3", "b.flac", "c.ogg"))
    # libsndfile's MP3 decoder writes to the file descriptor, not here.
    lines = err.splitlines()
    assert len(lines) == 4
    for line, name in zip(
        lines, ("absent.wav", "empty", "video.m4a", "broken.mp3"), strict=True
    ):
        assert line.startswith("not tagged: ")
        assert name in line


@pytest.mark.parametrize(
    "address",
    ["s3://KEY:SECRET@bucket/a.wav", "ftp://KEY:SECRET@host?token=SECRET"],
)
def test_what_no_flag_takes_is_told_without_its_secrets(address, capsys):
    with pytest.raises(SystemExit) as raised:
        run("tag", "model", "a.mp3", "--no-such-flag", address)
    assert raised.value.code == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: ") and printed.count("\n") == 1
    assert "SECRET" not in printed and "KEY" not in printed


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("tag", "model", "a.mp3", "--top", "0"),
        ("tag", "model", "a.mp3", "--top", "x"),
        ("tag", "model", "a.mp3", "--top", "3", "--all"),
        ("tag", "model", "a.mp3", "--format", "xml"),
        ("sing", "model", "a.mp3"),
    ],
)
def test_bad_usage_is_status_2(words, capsys):
    with pytest.raises(SystemExit) as raised:
        run(*words)
    assert raised.value.code == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: ") and printed.count("\n") == 1


def test_no_model_is_status_2(music, tmp_path, capsys):
    for words in (
        (music, "--model", tmp_path / "absent"),
        (music, "--model", tmp_path),
        (music, "--model", "msd_musicn"),
    ):
        assert run("tag", *words) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("error: ")
        assert err.count("\n") == 1


@pytest.mark.parametrize("name", odd_names.ODD_NAMES)
def test_any_name_is_read_and_written(model, tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    soundfile.write(folder / f"{name}.wav", tiny_tagger.music(RATE) / 8, RATE)
    out = folder / f"{name}.csv"
    words = ("tag", model, folder, "--top", "1", "--format", "csv")
    assert run(*words, "--out", out) == 0
    (row,) = csv_rows(out.read_text("utf-8"))
    assert row["path"] == str(folder / f"{name}.wav")
    left = set(os.listdir(folder)) - {f"{name}.wav", out.name}
    assert [n.endswith(".journal") for n in left] == [True]
