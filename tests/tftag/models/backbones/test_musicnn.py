import dataclasses

import keras_checks
import numpy as np
import pytest

from tftag import audio
from tftag.models.backbones import backbone

SPEC = audio.AudioSpec(mel_bands=96)
CONFIG = backbone.BackboneConfig(architecture="musicnn", pooling="embedding")


def test_every_pooling_has_its_length():
    for pooling, length in (
        ("embedding", 200),
        ("both", 1_506),
        ("both_and_embedding", 1_706),
    ):
        config = dataclasses.replace(CONFIG, pooling=pooling, members=2)
        model = backbone.backbone(SPEC, config)
        assert model.output.shape == (None, 2 * length)


def test_rows_do_not_mix():
    model = backbone.backbone(SPEC, CONFIG)
    mels = np.random.default_rng(0).normal(size=(2, 20, 96)).astype("float32")
    keras_checks.check_batch_independent(
        model, mels, tolerance=1e-5, training=False
    )


def test_what_musicnn_does_not_have_is_refused():
    with pytest.raises(
        ValueError, match="embedding, both.*Received: 'flatten'"
    ):
        dataclasses.replace(CONFIG, pooling="flatten")
    with pytest.raises(ValueError, match="`architecture`.*Received: 'musicn'"):
        dataclasses.replace(CONFIG, architecture="musicn")
    with pytest.raises(ValueError, match="67.*Received: 64"):
        backbone.backbone(audio.AudioSpec(mel_bands=64), CONFIG)
