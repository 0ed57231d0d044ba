import errno
import logging
import pathlib
import re
import subprocess
import sys

import pytest

from tftag.cli import command_line


def _raises(error):
    def main(argv=None):
        raise error

    return main


def test_the_status_of_main_is_returned():
    assert command_line.run(lambda argv: len(argv), ["a", "b", "c"]) == 3


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("\x1b[1mbad\x1b[0m\n\n  thing"), "error: bad thing\n"),
        (ValueError(), "error: ValueError"),
        (FileNotFoundError("there is no x"), "error: there is no x"),
        (
            FileNotFoundError(errno.ENOENT, "No such file or directory", "x"),
            "error: No such file or directory: x",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "error: No space left on device",
        ),
        (PermissionError(errno.EACCES, "Permission denied", b"y"), "denied: y"),
        (OSError(errno.EROFS, "Read-only", 7), "error: Read-only\n"),
        (
            IsADirectoryError(errno.EISDIR, "Is a directory", "z"),
            "directory: z",
        ),
    ],
)
def test_bad_input_is_one_line(error, line, capsys):
    assert command_line.run(_raises(error)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert line in printed.err


def test_the_traceback_is_in_the_debug_log(caplog):
    with caplog.at_level(logging.DEBUG, logger="tftag.cli.command_line"):
        command_line.run(_raises(ValueError("bad")))
    assert caplog.records[0].exc_info[0] is ValueError


def test_a_full_disk_is_one_line_whoever_says_so(capsys):
    class OpError(Exception):
        """As TensorFlow's: no OSError."""

    error = OpError("{{node SaveV2}} /x/part-0; No space left on device [Op]")
    assert command_line.run(_raises(error)) == 2
    assert capsys.readouterr().err == "error: No space left on device\n"
    with pytest.raises(OpError):
        command_line.run(_raises(OpError("a mistake")))


def test_a_wrong_argument_is_one_line_without_the_usage(capsys):
    parser = command_line.Parser(prog="run_it")
    parser.add_argument("--count", type=int)
    with pytest.raises(SystemExit) as caught:
        parser.parse_args(["--count", "x"])
    assert caught.value.code == 2
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert printed.startswith("error: argument --count: invalid int value: 'x'")
    assert "run_it --help" in printed


@pytest.mark.parametrize(
    ("argv", "way_out"),
    [(["-vocals"], "behind --"), (["QUERY", "--tags", "-a"], "--tags=VALUE")],
)
def test_a_value_that_begins_with_a_minus_is_told_its_way(
    argv, way_out, capsys
):
    parser = command_line.Parser(prog="run_it")
    parser.add_argument("--tags")
    parser.add_argument("query", metavar="QUERY")
    with pytest.raises(SystemExit):
        parser.parse_args(argv)
    assert way_out in capsys.readouterr().err
    mended = ["--tags=-a", "--", "-vocals"]
    assert vars(parser.parse_args(mended)) == {"tags": "-a", "query": "-vocals"}


@pytest.mark.parametrize("dashes", ["—", "–", "−−", "-–", "－－"])
def test_a_flag_with_the_dashes_of_a_word_processor_is_told(
    dashes, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    parser = command_line.Parser(prog="run_it")
    inner = parser.add_subparsers().add_parser("tag")
    inner.add_argument("files", nargs="*")
    inner.add_argument("--top")
    for flag in (f"{dashes}top", f"{dashes}top=3"):
        with pytest.raises(SystemExit):
            parser.parse_args(["tag", "a.wav", flag, "3"])
        assert "minuses: write --top;" in capsys.readouterr().err
        assert flag in parser.parse_args(["tag", "--", flag]).files
    # A query turns away from tags by any dash.
    words = ["tag", f"{dashes.strip('-')}vocals", f"{dashes[-1]}top songs"]
    assert parser.parse_args(words).files == words[1:]
    name = f"{dashes[-1]}top"
    (tmp_path / name).touch()
    assert parser.parse_args(["tag", name]).files == [name]


def test_a_file_whose_name_begins_with_a_minus_is_told_its_way(
    capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-intro.wav").touch()
    parser = command_line.Parser(prog="run_it")
    parser.add_argument("files", nargs="*")
    with pytest.raises(SystemExit):
        parser.parse_args(["-intro.wav"])
    assert ": write ./-intro.wav;" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        parser.parse_args(["-outro.wav"])
    assert "./" not in capsys.readouterr().err


def test_the_home_is_meant_where_no_shell_puts_it(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    parser = command_line.Parser(prog="run_it")
    parser.add_argument("--out")
    parser.add_argument("--separator")
    inner = parser.add_subparsers().add_parser("tag")
    inner.add_argument("files", nargs="*")
    words = ["--out=~/x", "--separator=~", "tag", "~/a b.wav", "./~/c", "d~/e"]
    assert vars(parser.parse_args(words)) == {
        "out": "/home/ann/x",
        "separator": "~",
        "files": ["/home/ann/a b.wav", "./~/c", "d~/e"],
    }


# Started by other processes, which say what came of them.
OF_OTHER_PROCESSES = (
    *("tftag/export/preset_export.py", "tftag/export/learned_tag.py"),
    "tftag/export/onnx_file.py",
    *("experiments/training/workers/watch.py", "experiments/speed/peers/"),
)


def test_whatever_can_be_run_ends_as_commands_do():
    root = pathlib.Path(__file__).parents[3]
    found = []
    for package in ("tftag", "pipelines", "experiments"):
        for path in (root / package).rglob("*.py"):
            text = path.read_text("utf-8")
            is_run = path.stem == "__main__" or '__name__ == "__main__"' in text
            name = path.relative_to(root).as_posix()
            if is_run and not name.startswith(OF_OTHER_PROCESSES):
                found.append(name)
                assert re.search(r"command_line\.run\(|command\(\)", text), name
    assert len(found) > 15


def test_an_interrupt_is_130(capsys):
    assert command_line.run(_raises(KeyboardInterrupt())) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_mistake_in_the_code_is_not_hidden():
    with pytest.raises(TypeError):
        command_line.run(_raises(TypeError("our own")))


def test_a_reader_that_leaves_is_no_error(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from tftag.cli import command_line\n"
        "def main(argv=None):\n"
        "    for i in range(100_000):\n"
        "        print(i)\n"
        "    return 0\n"
        "raise SystemExit(command_line.run(main))\n"
    )
    run = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert run.stdout.readline() == b"0\n"
    run.stdout.close()
    with run.stderr:
        assert run.stderr.read() == b""
    assert run.wait() == command_line.BROKEN_PIPE


def test_a_help_can_leave_paths_whole():
    path = "/home/some-body/a folder/" + "some-where/" * 20
    parser = command_line.Parser(formatter_class=command_line.WholePaths)
    parser.add_argument(
        "--x", default=path, help="a file (default: %(default)s)"
    )
    assert f"{path.split()[-1]})\n" in parser.format_help()
