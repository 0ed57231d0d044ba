"""Music tagging and tag-based music retrieval in Keras 3.

Open what was exported (`load`), or build, compile and fit `Tagger` and
`DualEncoder`. A name is imported when it is first used: `import tftag` costs
nothing, and what needs no TensorFlow (`AudioSpec`, `open_words`, `metrics`)
does not load it.
"""

import importlib
import os
import sys

__version__ = "0.1.0"

# Public names, and where they are found.
_HOMES = {
    "AudioSpec": "tftag.audio.AudioSpec",
    "BackboneConfig": "tftag.models.backbones.backbone.BackboneConfig",
    "DualEncoder": "tftag.models.dual_encoder.DualEncoder",
    "DualEncoderConfig": "tftag.models.dual_encoder.DualEncoderConfig",
    "SavedDualEncoder": "tftag.inference.saved_dual_encoder.SavedDualEncoder",
    "SavedTagger": "tftag.inference.saved_tagger.SavedTagger",
    "TagVocabulary": "tftag.tags.TagVocabulary",
    "Tagger": "tftag.models.tagger.Tagger",
    "TaggerConfig": "tftag.models.tagger.TaggerConfig",
    "WordVectors": "tftag.words.WordVectors",
    "calibration": "tftag.metrics.calibration",
    "export_dual_encoder": "tftag.export.saved_model.export_dual_encoder",
    "export_tagger": "tftag.export.saved_model.export_tagger",
    "load": "tftag.inference.loading.load",
    "open_words": "tftag.words.sources.open_source",
}
_MODULES = (
    "audio",
    "layers",
    "losses",
    "metrics",
    "models",
    "search",
    "words",
    "zero_shot",
)

__all__ = sorted(("__version__", *_HOMES, *_MODULES))


# What Keras imports where its settings name another backend than TensorFlow.
_BACKENDS = ("jax", "torch", "openvino")


def __getattr__(name: str):
    try:
        found = _imported(name)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _BACKENDS:
            raise
        raise ModuleNotFoundError(
            "Keras' backend must be installed: set KERAS_BACKEND=tensorflow "
            "before anything imports Keras. Received: "
            f"{package!r}, by KERAS_BACKEND or ~/.keras/keras.json.",
            name=package,
        ) from None
    globals()[name] = found
    return found


def _imported(name):
    if "tensorflow" not in sys.modules:
        start = importlib.import_module("tftag.console.tensorflow_start")
        start.use_onednn(os.environ)
        start.leave_out_missing_backend(os.environ)
    if name in _HOMES:
        module, _, own_name = _HOMES[name].rpartition(".")
        return getattr(importlib.import_module(module), own_name)
    if name in _MODULES:
        return importlib.import_module(f"tftag.{name}")
    raise AttributeError(f"module 'tftag' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
