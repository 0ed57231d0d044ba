"""Networks, as Keras functional models; one module each."""

from tftag.models import backbone, dual_encoder, front_end, musicnn, tagger

__all__ = ["backbone", "dual_encoder", "front_end", "musicnn", "tagger"]
