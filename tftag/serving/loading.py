"""Opens an export, whatever it is."""

import os

from tftag.serving import (
    model_card,
    saved_dual_encoder,
    saved_tagger,
    version_folder,
)


def load(model: str | os.PathLike) -> saved_tagger.SavedTagger:
    """Opens a SavedModel that tftag wrote.

    Args:
        model: A folder such as `saved_models/baseline`, of which the newest
            version is taken, or `saved_models/baseline/1`.

    Returns:
        A `SavedDualEncoder`, which is a `SavedTagger` of the tags it was
        trained with and embeds recordings and any words besides, or a
        `SavedTagger`.

    Raises:
        FileNotFoundError: There is no SavedModel.
        ValueError: It is damaged, or not one that tftag wrote.
    """
    folder = version_folder.newest(model)
    if model_card.read(folder).get("kind") == model_card.DUAL_ENCODER:
        return saved_dual_encoder.SavedDualEncoder(folder)
    return saved_tagger.SavedTagger(folder)
