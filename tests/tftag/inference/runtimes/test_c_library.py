import importlib.util
import os
import subprocess
import sys

import soundfile
import tiny_tagger

from tftag.inference.runtimes import c_library

# The command, and whether TensorFlow's Python was imported by it.
TAG_A_FILE = """
import sys
from tftag import __main__
assert __main__.command() == 0
print("tensorflow" in sys.modules)
"""


def test_the_wheel_has_the_library_with_all_that_is_used():
    assert c_library.loaded() is c_library.loaded() is not None


def test_without_tensorflow_there_is_none(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert c_library.loaded.__wrapped__() is None


def test_an_older_library_that_lacks_a_function_is_none(monkeypatch):
    monkeypatch.setitem(c_library._FUNCTIONS, "TF_NotThere", (None,))
    assert c_library.loaded.__wrapped__() is None


def test_a_file_is_tagged_without_tensorflows_python(tagger_folder, tmp_path):
    path = tmp_path / "song.wav"
    rate_hz = tiny_tagger.SPEC.sample_rate_hz
    soundfile.write(path, tiny_tagger.music(rate_hz) / 8, rate_hz)
    # Where a level is set, what TensorFlow logs is asked for.
    said = subprocess.run(
        [sys.executable, "-c", TAG_A_FILE, "tag", tagger_folder, path],
        env={k: v for k, v in os.environ.items() if "LOG_LEVEL" not in k},
        check=True,
        capture_output=True,
        text=True,
    )
    assert said.stdout.splitlines()[-1] == "False"
    assert any(name in said.stdout for name in tiny_tagger.NAMES)
    assert said.stderr == ""
