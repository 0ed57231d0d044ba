"""The page's manifest and script give each worker its own TF_CONFIG."""

import os
import pathlib
import re
import subprocess

import pytest

from experiments.training.workers import cluster

PAGES = pathlib.Path(__file__).parents[2] / "docs" / "how_to"
PAGE = PAGES / "train" / "several_machines.md"
FAKES = {
    "scontrol": 'printf "n01\\nn02\\nn03\\n"',
    # Two tasks, each a process with its number.
    "srun": 'shift; for i in 0 1 2; do SLURM_PROCID=$i "$@"; done',
    "python": 'echo "$TF_CONFIG" | tr -d "\\n"; echo',
}


def block(language):
    return re.search(
        rf"^```{language}\n(#!|apiVersion)(.*?)^```",
        PAGE.read_text(),
        re.M | re.S,
    )[2]


@pytest.fixture
def run(tmp_path):
    """Runs bash where the programs of the page only say what they get."""
    for name, text in FAKES.items():
        for path in (tmp_path / name, tmp_path / ".venv/bin" / name):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"#!/bin/bash\n{text}\n")
            path.chmod(0o755)

    def lines(script, **environment):
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", script],
            env={"PATH": path, **environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()

    return lines


def test_slurm(run, monkeypatch):
    script = "#!" + block("bash")
    said = run(script, SLURM_JOB_NODELIST="n[01-03]", SLURM_JOB_ID="1")
    assert len(said) == 3
    for number, text in enumerate(said):
        monkeypatch.setenv("TF_CONFIG", text)
        found = cluster.from_environment()
        assert found.number == number
        assert found.addresses == ("n01:2222", "n02:2222", "n03:2222")


def test_kubernetes(run, monkeypatch):
    text = block("yaml")
    script = re.search(r"- \|\n(.*?)\n {10}resources", text, re.S)[1]
    pods = int(re.search(r"completions: (\d+)", text)[1])
    for number in range(pods):
        (said,) = run(script, JOB_COMPLETION_INDEX=str(number))
        monkeypatch.setenv("TF_CONFIG", said)
        found = cluster.from_environment()
        assert found.number == number
        assert found.addresses == tuple(
            f"tftag-{n}.tftag:2222" for n in range(pods)
        )
