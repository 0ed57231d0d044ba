"""What is installed is enough: no file of the checkout is needed."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import venv

import numpy as np
import pytest
import soundfile
import tiny_tagger

ROOT = pathlib.Path(__file__).parent.parent
USE = ROOT / "tests" / "support" / "processes" / "use_installed.py"
NEEDED = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")


def run(*command, folder):
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON")
    }
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**environment, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder of an environment with the wheel, and what it depends on."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(
        ROOT / "tftag",
        source / "tftag",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for name in NEEDED:
        shutil.copy(ROOT / name, source)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    offline = ("--no-deps", "--no-index", "--quiet")
    run(
        *(*pip, "wheel", *offline, "--no-build-isolation"),
        *("--wheel-dir", folder, source),
        folder=folder,
    )
    (wheel,) = folder.glob("tftag-*.whl")
    shutil.rmtree(source)
    environment = folder / "environment"
    venv.create(environment, with_pip=False)
    own = next(environment.glob("lib/python*/site-packages"))
    paths = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    # Files of these folders, but not what their own .pth files name: the
    # checkout that tests run from.
    (own / "dependencies.pth").write_text("\n".join(sorted(paths)) + "\n")
    run(
        *(*pip, "--python", environment / "bin" / "python", "install"),
        *(*offline, "--ignore-installed", wheel),
        folder=folder,
    )
    return environment


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_installed_wheel_tags_searches_and_trains(
    installed, tagger, tagger_folder, encoder_folder, tmp_path
):
    (tmp_path / "music").mkdir()
    path = tmp_path / "music" / "a.wav"
    waveform = tiny_tagger.music(6_000)
    waveform *= 0.9 / np.abs(waveform).max()
    soundfile.write(path, waveform, tagger.sample_rate_hz)
    models = (tagger_folder.parent, encoder_folder.parent)
    python, command = (installed / "bin" / n for n in ("python", "tftag"))
    *hits, found = run(
        python, "-I", USE, *models, path, folder=tmp_path
    ).splitlines()
    assert "a.wav" in "".join(hits)
    found = json.loads(found)
    assert installed in pathlib.Path(found["tftag"]).parents
    assert found["other_trees"] == []
    np.testing.assert_allclose(
        found["probabilities"],
        tagger.tag_file(path).probabilities,
        rtol=0,
        atol=1e-5,
    )
    assert -1 <= found["cosine"] <= 1
    assert np.isfinite(found["losses"]).all()
    line = ("tag", models[0], path, "--format", "jsonl")
    assert "a.wav" in run(command, *line, folder=tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_types_licence_and_word_table_are_in_the_wheel(installed):
    package = next(installed.glob("lib/python*/site-packages/tftag"))
    for name in (
        "py.typed",
        "__init__.pyi",
        "words/shipped_vectors/vectors.npz",
    ):
        assert (package / name).is_file()
    (about,) = package.parent.glob("tftag-*.dist-info")
    assert list(about.rglob("LICENSE"))
