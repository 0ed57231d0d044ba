import argparse
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from tftag.cli import main, serve_command


def refused(capsys, *arguments):
    """The line that a command ends with."""
    with pytest.raises(SystemExit) as ended:
        main.main(["serve", *arguments])
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.0.1", "example.org"]
)
def test_beyond_this_machine_a_token_is_needed(host, monkeypatch):
    monkeypatch.delenv(serve_command.TOKEN_VARIABLE, raising=False)
    with pytest.raises(ValueError, match="a token is needed") as caught:
        main.main(["serve", "--host", host])
    assert host in str(caught.value)


@pytest.mark.parametrize("token", ["", " \n", "gr\u00fcn", "a\nb", "a\x7f"])
def test_a_token_that_no_header_carries_is_refused(token):
    with pytest.raises(ValueError, match="token") as caught:
        main.main(["serve", "--token", token])
    assert token.strip() == "" or token not in str(caught.value)


def test_a_token_is_taken_without_the_line_end_of_its_file():
    assert serve_command._token("a token\n") == "a token"
    assert serve_command._token(None) is None


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--port", "70000"], "from 0 to 65535"),
        (["--port", "x"], "from 0 to 65535"),
        (["--label", "stable=3"], "NAME/LABEL=VERSION"),
        (["--label", "a/stable=x"], "NAME/LABEL=VERSION"),
        (["--model", "=x"], "NAME=MODEL"),
        (["--model", "s3://bucket/model"], "a path of this machine"),
        (["--max-requests", "0"], ">= 1"),
    ],
)
def test_wrong_arguments_are_a_line(capsys, arguments, text):
    assert text in refused(capsys, *arguments)


def test_a_port_that_is_taken_is_said_at_once():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(OSError, match=f"Received: .*port {port} .*in use"):
            main.main(["serve", "--port", port])


def test_models_have_names(tagger_folder, encoder_folder):
    models = [
        (None, str(tagger_folder)),
        (None, str(encoder_folder.parent)),
        ("other", str(tagger_folder.parent)),
    ]
    label = [("other", "stable", 1)]
    asked = argparse.Namespace(index=None, label=label, model=models)
    sources = serve_command._sources(asked)
    assert [one.name for one in sources] == ["tiny", "tiny_dual", "other"]
    assert [dict(one.labels) for one in sources] == [{}, {}, {"stable": 1}]
    asked.label = [("no", "stable", 1)]
    with pytest.raises(ValueError, match="no/stable=1"):
        serve_command._sources(asked)
    asked.label = [("other", "stable", 1), ("other", "stable", 2)]
    with pytest.raises(ValueError, match="other/stable more than once"):
        serve_command._sources(asked)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_serves_and_ends_with_0(tagger_folder, tmp_path, number):
    log = tmp_path / "log"
    command = [sys.executable, "-m", "tftag", "serve", "--port", "0"]
    command += ["--model", str(tagger_folder.parent)]
    with log.open("w") as file:
        process = subprocess.Popen(command, stderr=file)
    with contextlib.ExitStack() as stack:
        stack.callback(process.kill)
        while not (found := re.search(r"serving on (\S+)\n", log.read_text())):
            assert process.poll() is None, log.read_text()
        with urllib.request.urlopen(f"{found[1]}/config") as answer:
            assert json.load(answer)["models"][0]["name"] == "tiny"
        os.kill(process.pid, number)
        assert process.wait(60) == 0
    for line in log.read_text().splitlines()[1:]:
        json.loads(line)
    assert "Traceback" not in log.read_text()
