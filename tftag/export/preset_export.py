"""Exports a preset: python -m tftag.export.preset_export NAME FOLDER."""

import os
import pathlib
import sys

import numpy as np

from tftag import tags
from tftag.export import saved_model
from tftag.metrics import calibration
from tftag.pretrained import musicnn_words, presets, published_taggers
from tftag.words import sources

# Probabilities of the published taggers are those of their own training data,
# and there is nothing here to calibrate them on. The best threshold for F1 of
# probabilities that are calibrated is half of that F1 (Lipton et al., 2014,
# https://arxiv.org/abs/1402.1892), and F1 of such taggers is about .4.
THRESHOLD = 0.2
# Cosines with the names of outputs are small: the nearest name of a clip has
# 0.06 in the median and 0.10 at most (70 clips of 9 s of 4Q, and five whole
# recordings). This is a cosine of 0.025, which gives four of the 92 tags; at
# 0.2 no recording would have any.
WORDS_THRESHOLD = 0.06
WORDS_NOTE = (
    "Nothing was trained on these words, nor on pairs of recordings and texts: "
    "a text is compared with the names of the networks' outputs by its word "
    "vector. Cosines rank recordings for a text. Probabilities of tags are a "
    "fixed function of cosines, not calibrated."
)
_CLIPS_AT_ONCE = 4


def export_preset(name: str, folder: str | os.PathLike[str]) -> pathlib.Path:
    """Writes a preset's SavedModel, as `saved_model.export_tagger` does.

    Args:
        name: One of `presets.PRESETS`.
        folder: Gets a numbered folder.

    Returns:
        The folder of the version.

    Raises:
        ValueError: There is no such preset.
    """
    preset = presets.find(name)
    vocabulary = tags.TagVocabulary(preset.tags)
    if preset.has_words:
        known = sources.shipped()
        return saved_model.export_dual_encoder(
            musicnn_words.model(known),
            published_taggers.AUDIO,
            vocabulary,
            _uncalibrated(len(vocabulary), WORDS_THRESHOLD),
            known,
            {**preset.card(), "note": WORDS_NOTE},
            folder,
            clips_at_once=_CLIPS_AT_ONCE,
        )
    (network,) = preset.networks
    return saved_model.export_tagger(
        published_taggers.model(network.name),
        published_taggers.AUDIO,
        vocabulary,
        _uncalibrated(len(vocabulary), THRESHOLD),
        preset.card(),
        folder,
        clips_at_once=_CLIPS_AT_ONCE,
    )


def _uncalibrated(tag_count: int, threshold: float) -> calibration.Calibration:
    return calibration.Calibration(
        1.0, np.zeros(tag_count), np.full(tag_count, threshold)
    )


if __name__ == "__main__":
    print(export_preset(*sys.argv[1:]))
