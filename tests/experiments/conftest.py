"""Finished runs, which tests of several files read."""

import contextlib
import io

import pytest


@pytest.fixture(scope="session")
def baseline_run(tmp_path_factory):
    """Folder of tones and the finished run `runs/baseline/a`, exported.

    What it said is in `said.txt`.
    """
    import tone_manifest
    import tone_runs

    # Of the kind that patterns and shells stumble over: all who use the run
    # show that its places may have any name.
    folder = tmp_path_factory.mktemp("baseline [v2] *?{a,b} 'q\" $x #%s\n")
    tone_manifest.make(folder / "data", test=6)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert tone_runs.baseline(folder, average_decay=0.5) == 0
    (folder / "said.txt").write_text(said.getvalue())
    return folder


@pytest.fixture(scope="session")
def dual_run(tmp_path_factory):
    """Folder of tones and the finished run `runs/dual_encoder/a`.

    Its export has no graph; a slow test of the command makes one that has.
    """
    import beside_the_graph
    import eager_training
    import tone_manifest
    import tone_runs

    folder = tmp_path_factory.mktemp("dual encoder [v2] \u97f3*")
    tone_manifest.make(
        folder / "data", train=8, validation=6, test=12, seconds=1.0
    )
    with eager_training.eager_training(), beside_the_graph.alone():
        assert tone_runs.dual_encoder(folder) == 0
    return folder


@pytest.fixture(scope="session")
def zero_shot_run(tmp_path_factory):
    """Folder of tones and the finished run `runs/zero_shot/a`."""
    import eager_training
    import tone_manifest
    import tone_runs

    folder = tmp_path_factory.mktemp("zero_shot")
    # An odd number of artists: each has high and low tones.
    tone_manifest.make(
        folder / "data", train=20, validation=0, test=12, artists=5, seconds=1.0
    )
    with eager_training.eager_training():
        assert tone_runs.zero_shot(folder) == 0
    return folder


@pytest.fixture(scope="session")
def cross_validation_run(tmp_path_factory):
    """Folder of tones and the finished run `runs/cross_validation/a`."""
    import eager_training
    import tone_manifest
    import tone_runs

    folder = tmp_path_factory.mktemp("cross_validation")
    tone_manifest.make(folder / "data")
    with eager_training.eager_training():
        assert tone_runs.cross_validation(folder) == 0
    return folder
