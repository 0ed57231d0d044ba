"""What another Python process says, which has less than this one."""

import json
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).parent
TIMEOUT_SECONDS = 240


def tagged_without_tftag(wav, saved_models, folder):
    """The answers of tag_without_tftag.py, run in a folder."""
    script = FOLDER / "tag_without_tftag.py"
    output, _ = _run(["-I", script, wav, *saved_models], cwd=folder)
    return json.loads(output)


def printed_without_keras(lines, *arguments):
    """What a program prints that has tftag, but cannot import Keras.

    Nothing else is written: no library talks as it starts.
    """
    lines = ["import sys", "sys.modules['keras'] = None", *lines]
    return printed(lines, *arguments)


def printed(lines, *arguments):
    """What a program prints that has tftag, and nothing else."""
    # No level of TensorFlow's log is set, as for a person.
    environment = {"PYTHONPATH": ":".join(sys.path)}
    output, errors = _run(["-c", "\n".join(lines), *arguments], env=environment)
    assert errors == ""
    return output


def _run(arguments, **options):
    finished = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        **options,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip(), finished.stderr
