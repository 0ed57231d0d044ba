"""Opens an export, whatever it is."""

import os

from tftag.inference import (
    model_card,
    onnx_tagger,
    saved_dual_encoder,
    saved_tagger,
    version_folder,
)
from tftag.pretrained import presets


def load(model: str | os.PathLike[str]) -> saved_tagger.SavedTagger:
    """Opens a SavedModel that tftag wrote, or a model that comes with it.

    >>> import tftag
    >>> tagger = tftag.load("saved_models/baseline")
    >>> found = tagger.tag_file("song.wav")
    >>> len(found.calibrated) == len(tagger.tag_names)
    True

    Args:
        model: A folder such as `saved_models/baseline`, of which the newest
            version is taken, or `saved_models/baseline/1`; or the name of a
            preset (`pretrained.presets`), which is exported into a cache
            folder the first time; or a file that `tftag onnx` wrote.

    Returns:
        A `SavedDualEncoder`, which is a `SavedTagger` of the tags it was
        trained with and embeds recordings and any words besides, or a
        `SavedTagger`; of a file an `OnnxTagger`, which is one, too.

    Raises:
        FileNotFoundError: There is neither.
        ValueError: It is damaged, or not one that tftag wrote.
    """
    if presets.is_onnx(model):
        return onnx_tagger.OnnxTagger(model)
    folder = version_folder.newest(presets.resolve(model))
    if model_card.read(folder).get("kind") == model_card.DUAL_ENCODER:
        return saved_dual_encoder.SavedDualEncoder(folder)
    return saved_tagger.SavedTagger(folder)
