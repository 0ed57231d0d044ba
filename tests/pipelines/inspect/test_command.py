import inspect
import os
import subprocess
import sys

import odd_names
import pytest

from pipelines.inspect import command, measurements
from tftag.cli import command_line


def test_text_and_pages_are_written(prepared, capsys):
    assert command.main([str(prepared.folder), "--listen"]) == 0
    said = capsys.readouterr().out
    folder = prepared.folder / "inspection"
    assert "4 recordings" in said and str(folder / "index.html") in said
    assert "listen.html" in (folder / "index.html").read_text()
    assert "index.html" in (folder / "listen.html").read_text()


def test_quick_opens_no_audio(prepared, tmp_path, capsys):
    for track in prepared.tracks:
        (prepared.folder / track.path).unlink()
    out = tmp_path / "pages"
    manifest = str(prepared.folder / "manifest.csv")
    assert command.main([manifest, "--quick", "--out", str(out)]) == 0
    assert [path.name for path in out.iterdir()] == ["index.html"]
    assert not (prepared.folder / "inspection").exists()


@pytest.mark.parametrize("name", odd_names.ODD_NAMES)
def test_pages_have_any_name(prepared, tmp_path, name):
    data = prepared.folder.rename(tmp_path / name)
    out = tmp_path / f"{name}.out"
    assert command.main([f"--out={out}", "--quick", "--", str(data)]) == 0
    assert (out / "index.html").stat().st_size


def make_pipe(_, path):
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("plant", "name"),
    [
        *((os.symlink, n) for n in ("", "index.html", "fingerprints.u32")),
        (os.symlink, measurements.TABLE_NAME),
        (make_pipe, "fingerprints.u32"),
        (make_pipe, measurements.TABLE_NAME),
    ],
)
def test_nothing_is_written_through_what_was_planted(
    prepared, tmp_path, plant, name
):
    precious = tmp_path / "precious"
    precious.write_text("mine")
    planted = prepared.folder / "inspection" / name
    if name:
        planted.parent.mkdir(exist_ok=True)
    plant(precious, planted)
    argv = [str(prepared.folder)]
    assert command_line.run(command.main, argv) in (0, 2)
    assert precious.read_text() == "mine"


def test_files_that_are_gone_are_a_finding(prepared, capsys):
    (prepared.folder / "audio/1.wav").unlink()
    assert command.main([str(prepared.folder)]) == 0
    assert "!! Unreadable: 1 file of 4" in capsys.readouterr().out


def test_another_limit_finds_less(prepared, capsys):
    line = [str(prepared.folder), "--max-error-rate"]
    command.main([*line, "0.0001"])
    assert "ACROSS SPLITS" not in capsys.readouterr().out
    command.main([*line, "0.3"])
    assert "ACROSS SPLITS" in capsys.readouterr().out


def test_the_module_leaves_pythons_own_inspect_alone(prepared):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pipelines.inspect",
            str(prepared.folder),
            "--quick",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and done.stderr == ""
    assert "4 recordings" in done.stdout
    assert inspect.getsource(command.main).startswith("def main")


def test_what_is_no_manifest_is_one_line(tmp_path, capsys):
    assert command_line.run(command.main, [str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and said.count("\n") == 1


def test_no_examples_are_refused(prepared, capsys):
    with pytest.raises(SystemExit):
        command.main([str(prepared.folder), "--examples", "0"])
    assert ">= 1. Received: 0" in capsys.readouterr().err


def test_a_file_in_the_place_of_the_folder_is_refused(
    prepared, tmp_path, capsys
):
    path = tmp_path / "page.html"
    path.write_text("mine")
    words = [str(prepared.folder), "--out", str(path)]
    assert command_line.run(command.main, words) == 2
    assert f"must be a folder. Received: {path}" in capsys.readouterr().err
    assert path.read_text() == "mine"
