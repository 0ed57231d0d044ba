"""Networks, as Keras functional models; one module each."""

from tftag.models import (
    averaged_tagger,
    clip_model,
    dual_encoder,
    front_end,
    precision,
    tagger,
)
from tftag.models.backbones import backbone, musicnn, vgg

__all__ = [
    "averaged_tagger",
    "backbone",
    "clip_model",
    "dual_encoder",
    "front_end",
    "musicnn",
    "precision",
    "tagger",
    "vgg",
]
