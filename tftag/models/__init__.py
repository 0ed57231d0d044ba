"""Networks, as Keras functional models; one module each."""

from tftag.models import backbone, tagger

__all__ = ["backbone", "tagger"]
