"""What is said of an epoch: on the screen, in TensorBoard, in files."""

import tone_training

from experiments.training import epoch_log

ROW = {
    "epoch": 12,
    "loss": 0.2141,
    "learning_rate": 8.1e-4,
    "validation_map": 0.4121,
    "validation_roc_auc": 0.861,
    "validation_p_at_10": 0.55,
    "train_map": 0.53,
    "tag_weight hip hop": 1.5,
    "seconds": 18.04,
}


def test_an_epoch_is_one_readable_line():
    assert epoch_log.line(ROW, 40) == (
        "epoch 12/40  loss 0.2141  MAP 0.412 (train 0.530)  ROC-AUC 0.861  "
        "P@10 0.550  lr 8.1e-04  18.0 s"
    )
    alone = {k: v for k, v in ROW.items() if not k.startswith("validation")}
    assert epoch_log.line(alone, 40) == (
        "epoch 12/40  loss 0.2141  train MAP 0.530  lr 8.1e-04  18.0 s"
    )


def test_figures_stand_under_headings():
    found = epoch_log.grouped(ROW)
    assert found["validation/map"] == 0.4121
    assert found["train/map"] == 0.53
    assert found["tag_weight/hip hop"] == 1.5
    assert found["epoch/loss"] == 0.2141
    assert "epoch" not in found and len(found) == len(ROW) - 1


def test_every_epoch_is_said(baseline_run):
    said = (baseline_run / "said.txt").read_text().splitlines()
    epochs = [line.split("  ")[0] for line in said if line[:5] == "epoch"]
    assert epochs == ["epoch 1/2", "epoch 2/2"]


def test_tensorboard_has_a_curve_per_figure(baseline_run):
    log = tone_training.log_of(tone_training.run_in(baseline_run / "runs"))
    for name in (
        "epoch/loss",
        "epoch/learning_rate",
        "validation/map",
        "train/map",
    ):
        assert [event.step for event in log.Tensors(name)] == [1, 2]
