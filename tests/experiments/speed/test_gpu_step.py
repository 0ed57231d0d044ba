import json

import keras
import pytest

from experiments.settings import baseline_config
from experiments.speed import gpu_step


def test_it_is_the_preset():
    seed = baseline_config.seed()
    model = gpu_step.seed_tagger(1 / 64, seed.audio.clip_seconds, "float32")
    assert model.audio_spec == seed.audio
    assert model.config.backbone.pooling == seed.model.backbone.pooling
    assert model.config.backbone.pool_padding == (
        seed.model.backbone.pool_padding
    )
    assert seed.model.backbone.width == 1.0
    assert seed.training.optimizer == "sgd"
    assert seed.training.learning_rate == gpu_step.LEARNING_RATE
    assert seed.training.batch_size == 16
    assert isinstance(model.optimizer, keras.optimizers.SGD)


def test_the_arithmetic_of_the_whole_network():
    model = gpu_step.seed_tagger(1 / 64, 30.0, "float32")
    convolutions = sum(
        2 * 9 * int(layer.kernel.shape[2]) * layer.output.shape[1:][0]
        * layer.output.shape[2] * layer.output.shape[3]
        for layer in model.backbone.layers
        if isinstance(layer, keras.layers.Conv2D)
    )  # fmt: skip
    kernel, _ = model.head.get_weights()
    assert gpu_step.forward_flop(model) == convolutions + 2 * kernel.size


@pytest.mark.usefixtures("no_graphs")
def test_a_step_is_measured(monkeypatch, capsys):
    monkeypatch.setattr(gpu_step, "read_clips_per_second", lambda _: 7.0)
    small = "--width 0.015 --clip-seconds 5 --batch-size 2"
    few = "--matrix-rows 64 --rounds 1"
    assert gpu_step.main([*small.split(), *few.split()]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["backend"] == "tensorflow"
    assert found["input_clips_per_second"] == 7.0
    assert found["is_input_bound"] == (found["clips_per_second"] > 7)
    assert 0 < found["spectrogram_share_of_step"] < 1
    assert found["step_tflops"] == pytest.approx(
        found["share_of_matrix_product"] * found["matrix_product_tflops"]
    )


def test_a_backend_that_comes_too_late_is_refused():
    with pytest.raises(ValueError, match="run this file.*KERAS_BACKEND=tens"):
        gpu_step.main(["--backend", "jax"])
