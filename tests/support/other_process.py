"""What another Python process says, which has less than this one."""

import json
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).parent
TIMEOUT_SECONDS = 240


def tagged_without_tftag(saved_model, wav, folder):
    """The answer of tag_without_tftag.py, run in a folder."""
    script = FOLDER / "tag_without_tftag.py"
    return json.loads(_output(["-I", script, saved_model, wav], cwd=folder))


def printed_without_keras(lines, *arguments):
    """What a program prints that has tftag, but cannot import Keras."""
    lines = ["import sys", "sys.modules['keras'] = None", *lines]
    environment = {
        "PYTHONPATH": ":".join(sys.path),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    return _output(["-c", "\n".join(lines), *arguments], env=environment)


def _output(arguments, **options):
    finished = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        **options,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()
