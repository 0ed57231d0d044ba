"""A loss, a sampler, an optimiser, a pooling, a backbone: one entry each.

A contributor writes the thing and its entry in the table beside it. Flags,
help, errors, training and export come from there.
"""

import dataclasses
import json

import keras
import pytest
import tone_manifest
from keras import ops

from experiments import run_ablation, run_baseline, run_dual_encoder
from experiments.settings import (
    baseline_config,
    dual_encoder_config,
    optimizers,
)
from experiments.training import dual_encoder_training
from tftag.cli import command_line
from tftag.losses import classification, contrastive, negatives
from tftag.models.backbones import backbone


@keras.saving.register_keras_serializable(package="tests")
class ToyLoss(keras.losses.Loss):
    def __init__(self, name="toy_loss", **kwargs):
        super().__init__(name=name, **kwargs)

    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_true - ops.sigmoid(y_pred)), axis=-1)


def toy_sampling(labels, cosines):
    return negatives.random(labels, cosines)


def toy_optimizer(rate, *, weight_decay, global_clipnorm):
    return keras.optimizers.RMSprop(rate, global_clipnorm=global_clipnorm)


def toy_pooling(x, prefix):
    return x[:, 0, 0]


def toy_vectors(inputs, audio_spec, config, prefixes):
    """Means over time, by a dense layer of its own for each member."""
    x = keras.layers.GlobalAveragePooling1D(name="toy_average")(inputs)
    return [
        keras.layers.Dense(4, name=f"{prefix}toy_dense")(x)
        for prefix in prefixes
    ]


ENTRIES = [
    (classification.LOSSES, "loss", ToyLoss),
    (optimizers.OPTIMIZERS, "optimizer", toy_optimizer),
    (backbone.POOLINGS, "pooling", toy_pooling),
    (
        backbone.ARCHITECTURES,
        "architecture",
        backbone.Architecture(toy_vectors, backbone.POOLINGS),
    ),
]


def help_of(main, capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "table, flag, entry", ENTRIES, ids=lambda x: str(x)[:9]
)
def test_an_entry_is_in_the_help_and_in_the_errors(
    table, flag, entry, monkeypatch, capsys
):
    assert f"{', '.join(table)}, toy" not in help_of(run_baseline.main, capsys)
    monkeypatch.setitem(table, "toy", entry)
    assert f"{', '.join(table)}" in help_of(run_baseline.main, capsys)
    assert "toy" in table
    assert command_line.run(run_baseline.main, [f"--{flag}", "tyo"]) == 2
    said = capsys.readouterr().err
    assert f"{', '.join(table)}. Received: 'tyo'" in said


@pytest.mark.slow
@pytest.mark.usefixtures("no_graphs", "no_figures")
def test_new_entries_are_trained_and_exported(tmp_path, monkeypatch):
    for table, _, entry in ENTRIES:
        monkeypatch.setitem(table, "toy", entry)
    tone_manifest.make(tmp_path / "data", train=8, validation=6)
    named = {flag: "toy" for _, flag, _ in ENTRIES if flag != "pooling"}
    places = {"data": tmp_path / "data", "runs": tmp_path / "runs", "name": "a"}
    line = tone_manifest.flags(
        **places, **named, members=2, epochs=1, export=tmp_path / "saved"
    )
    assert command_line.run(run_baseline.main, line) == 0
    run = tmp_path / "runs" / "baseline" / "a"
    settings = json.loads((run / "config.json").read_text())
    assert named.items() <= settings.items()
    assert json.loads((run / "metrics.json").read_text())["map"]
    assert (tmp_path / "saved" / "1" / "saved_model.pb").is_file()


def test_a_pooling_makes_the_vector_of_the_backbone(monkeypatch):
    monkeypatch.setitem(backbone.POOLINGS, "toy", toy_pooling)
    spec = baseline_config.demo().audio
    config = backbone.BackboneConfig(width=1 / 64, blocks=2, pooling="toy")
    assert backbone.backbone(spec, config).output.shape == (None, 4)


def test_contrastive_losses_and_samplings_are_entries_too(monkeypatch, capsys):
    monkeypatch.setitem(contrastive.LOSSES, "toy", ToyLoss)
    monkeypatch.setitem(negatives.SAMPLINGS, "toy", toy_sampling)
    text = help_of(run_dual_encoder.main, capsys)
    assert "sigmoid, infonce, triplet, toy" in text
    assert "random, balanced, distance, hard, toy" in text
    settings = dual_encoder_config.demo()
    changed = dataclasses.replace(settings.training, loss="toy")
    settings = dataclasses.replace(settings, training=changed)
    assert isinstance(dual_encoder_training.make_loss(settings), ToyLoss)
    # What learns a scale of its own keeps it.
    assert dual_encoder_training.model_config(settings) == settings.model
    changed = dataclasses.replace(settings.training, loss="triplet")
    settings = dataclasses.replace(settings, training=changed, negatives="toy")
    made = dual_encoder_training.make_loss(settings)
    assert made.sampling is toy_sampling
    assert not dual_encoder_training.model_config(settings).learned_scale
    assert help_of(run_ablation.main, capsys)
