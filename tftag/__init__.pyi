"""The public names, for editors and type checkers; `__init__.py` is lazy."""

from tftag import (
    audio,
    layers,
    losses,
    metrics,
    models,
    search,
    words,
    zero_shot,
)
from tftag.audio import AudioSpec
from tftag.export.saved_model import export_dual_encoder, export_tagger
from tftag.inference.loading import load
from tftag.inference.saved_dual_encoder import SavedDualEncoder
from tftag.inference.saved_tagger import SavedTagger
from tftag.metrics import calibration
from tftag.models.backbones.backbone import BackboneConfig
from tftag.models.dual_encoder import DualEncoder, DualEncoderConfig
from tftag.models.tagger import Tagger, TaggerConfig
from tftag.tags import TagVocabulary
from tftag.words import WordVectors
from tftag.words.sources import open_source as open_words

__version__: str

__all__ = [
    "AudioSpec",
    "BackboneConfig",
    "DualEncoder",
    "DualEncoderConfig",
    "SavedDualEncoder",
    "SavedTagger",
    "TagVocabulary",
    "Tagger",
    "TaggerConfig",
    "WordVectors",
    "__version__",
    "audio",
    "calibration",
    "export_dual_encoder",
    "export_tagger",
    "layers",
    "load",
    "losses",
    "metrics",
    "models",
    "open_words",
    "search",
    "words",
    "zero_shot",
]
