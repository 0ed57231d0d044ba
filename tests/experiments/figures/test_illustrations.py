"""Every figure is drawn, and TensorBoard finds what it can show."""

import numpy as np
import pytest
import tone_manifest
import tone_training

from experiments.figures import illustrations, plots
from experiments.runs import run_folder, training_result
from experiments.scoring import evaluation, held_out
from tftag.metrics import calibration

SHOWN = 2


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shown")
    made = tone_manifest.make(folder / "data", train=8, validation=0)
    run = run_folder.RunDir(folder / "runs", "baseline", "a")
    settings = tone_training.settings()
    history = [
        {"epoch": 1, "loss": 0.7, "train_map": 0.4},
        {"epoch": 2, "loss": 0.6, "train_map": 0.5},
    ]
    trained = training_result.Trained(None, history, 2, 1.0, {})
    scores = np.random.default_rng(0).random(made.labels().shape)
    fitted = calibration.identity(3)
    report = evaluation.report(
        made.labels(), scores, made.vocabulary.names, fitted, "here"
    )
    result = held_out.HeldOutResult(
        made, scores.astype(np.float32), report, fitted
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plots, "DPI", 20)
        patch.setattr(illustrations, "RECORDINGS_SHOWN", SHOWN)
        illustrations.illustrate(run, settings, trained, result)
    return run


def test_figures_are_files(shown):
    names = sorted(path.stem for path in shown.figures.glob("*.png"))
    assert names == [
        "ap_per_tag",
        "precision_recall",
        "tag_confusion",
        "training",
    ]


def test_tensorboard_has_figures_sounds_curves_and_settings(shown):
    found = set(tone_training.log_of(shown).Tags()["tensors"])
    assert "figures/ap_per_tag" in found
    assert {f"pr_curve/{tag}" for tag in tone_manifest.TAGS} <= found
    for kind in ("spectrogram", "recording"):
        named = [name for name in found if name.startswith(kind + "/")]
        assert len(named) == SHOWN
    assert "final/map" in found


def test_the_projector_has_a_point_per_recording_and_tag(shown):
    made = tone_manifest.make(shown.path / "other data", train=8, validation=0)
    points = np.arange(8 * 3.0).reshape(8, 3)
    tags = -np.arange(2 * 3.0).reshape(2, 3)
    illustrations.project(shown, made, points, tags, ("high", "low"))
    written = np.loadtxt(shown.tensorboard / "embeddings.tsv")
    np.testing.assert_array_equal(written, np.concatenate([points, tags]))
    rows = (shown.tensorboard / "embeddings_rows.tsv").read_text()
    rows = rows.splitlines()
    assert rows[1].startswith("track-000\thigh\t")
    assert rows[1].endswith("\trecording")
    assert rows[-1].startswith("low\t") and rows[-1].endswith("\ttag")
    config = shown.tensorboard / "projector_config.pbtxt"
    assert 'tensor_name: "recordings_and_tags"' in config.read_text()
    illustrations.project(shown, made, points)
    assert 'tensor_name: "recordings"' in config.read_text()
    assert len(np.loadtxt(shown.tensorboard / "embeddings.tsv")) == 8
