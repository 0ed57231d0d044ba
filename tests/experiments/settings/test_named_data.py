"""Data that are not there are refused before TensorFlow is imported."""

import subprocess
import sys

import pytest

from experiments.settings import named_data


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("run_baseline", ["--preset", "strong", "--data", "none"]),
        ("run_zero_shot", ["--data=none"]),
        ("run_evaluate", ["--split", "all", "none", "data"]),
        ("run_evaluate", [".", "data"]),
    ],
)
def test_what_is_not_there_is_refused(tmp_path, monkeypatch, module, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="Received|has none"):
        named_data.check(f"experiments.{module}", words)


@pytest.mark.parametrize(
    "words", [[], ["--data", "synthetic"], ["--data", "s3://b/d"], ["--help"]]
)
def test_what_may_be_there_is_left_to_the_experiment(words):
    named_data.check("experiments.run_baseline", words)


def test_a_command_says_so_in_a_line_and_imports_no_tensorflow(tmp_path):
    options = ["-v", "-m", "experiments.run_baseline", "--data"]
    ended = subprocess.run(
        [sys.executable, *options, str(tmp_path / "none")],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2
    assert "error: A prepared data set has a manifest.csv; " in ended.stderr
    assert "import 'tensorflow'" not in ended.stderr
