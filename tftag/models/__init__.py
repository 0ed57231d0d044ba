"""Networks, as Keras functional models; one module each."""

from tftag.models import (
    averaged_tagger,
    backbone,
    clip_model,
    dual_encoder,
    front_end,
    musicnn,
    precision,
    tagger,
    vgg,
)

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
