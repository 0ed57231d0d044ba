import os
import signal
import subprocess
import sys
import time

import pytest

from tftag.console import interrupts

# A main thread that hears of nothing for long: its own signal is ignored, as
# by a step of TensorFlow, while the watcher's is not.
SCRIPT = """
import signal, sys, time
from tftag.console import interrupts
from tftag.cli import command_line

interrupts.GRACE_SECONDS = 0.2

def main(argv=None):
    signal.signal(signal.SIGINT, {handler})
    with interrupts.keeping(lambda: "3 files are kept"):
        print("ready", flush=True)
        time.sleep(60)

raise SystemExit(command_line.run(main))
"""


@pytest.mark.parametrize(
    "handler", ["signal.default_int_handler", "lambda *_: time.sleep(60)"]
)
def test_ctrl_c_ends_within_seconds_and_says_what_is_kept(handler):
    path = os.pathsep.join(filter(None, sys.path))
    run = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(handler=handler)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": path},
    )
    with run:
        assert run.stdout.readline() == b"ready\n"
        began = time.monotonic()
        run.send_signal(signal.SIGINT)
        assert run.stderr.read() == b"interrupted: 3 files are kept\n"
        assert run.wait() == interrupts.STATUS
    assert time.monotonic() - began < 30


def test_the_innermost_block_says_what_is_kept():
    with pytest.raises(KeyboardInterrupt, match="inner"):
        with interrupts.keeping(lambda: pytest.fail("the outer one")):
            with interrupts.keeping(lambda: "inner"):
                raise KeyboardInterrupt


def test_what_cannot_be_kept_is_said():
    def keep():
        raise OSError("the disk is full")

    with pytest.raises(KeyboardInterrupt, match="could not be kept.*is full"):
        with interrupts.keeping(keep):
            raise KeyboardInterrupt


def test_nothing_is_kept_of_a_block_that_ends_well():
    with interrupts.keeping(lambda: pytest.fail("asked")):
        pass
    with pytest.raises(KeyError), interrupts.keeping(lambda: pytest.fail("x")):
        raise KeyError


def test_the_command_can_be_pasted_into_a_shell(monkeypatch):
    words = ["x", "--out", "it's a file", "-n", "2"]
    monkeypatch.setattr(sys, "argv", words)
    shown = subprocess.run(
        [
            "sh",
            "-c",
            f"for word in {interrupts.command('a b')}; do "
            "printf '%s|' \"$word\"; done",
        ],
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("|")
    assert shown[-6:-1] == [*words[1:], "a b"]


def test_the_command_shows_no_password(monkeypatch):
    words = ["x", "--audio", "s3://KEY:SECRET@bucket/music", "--out", "a"]
    monkeypatch.setattr(sys, "argv", words)
    shown = interrupts.command()
    assert "s3://bucket/music --out a" in shown and "SECRET" not in shown


STARTING = """
import os, signal, sys, time
from tftag.console import interrupts

sys.argv[0] = {argv!r}
interrupts.end_at_once_while_starting({is_script})
is_default = signal.getsignal(signal.SIGINT) is signal.SIG_DFL
with interrupts.watched():
    is_pythons = signal.getsignal(signal.SIGINT) is signal.default_int_handler
raise SystemExit(10 * is_default + is_pythons)
"""


@pytest.mark.parametrize(
    ("argv", "is_script", "status"),
    [("-m", False, 11), ("tftag", True, 11), ("program", False, 1)],
)
def test_while_libraries_load_ctrl_c_ends_at_once(argv, is_script, status):
    """Of commands, and of no program that imports them."""
    path = os.pathsep.join(filter(None, sys.path))
    run = subprocess.run(
        [sys.executable, "-c", STARTING.format(argv=argv, is_script=is_script)],
        env={"PYTHONPATH": path},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert run.returncode == status
