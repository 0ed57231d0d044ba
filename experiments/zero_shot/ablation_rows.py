"""The rows of an ablation: what differs, and what each is fitted with."""

import dataclasses
import pathlib

import numpy as np

from experiments.settings import dual_encoder_config, flags
from tftag import words
from tftag.losses import contrastive
from tftag.losses import negatives as negatives_lib
from tftag.words import sources as word_sources

LOSSES = tuple(
    (name, sampling)
    for name, loss in contrastive.LOSSES.items()
    for sampling in (
        negatives_lib.SAMPLINGS if contrastive.draws_negatives(loss) else ("",)
    )
)


@dataclasses.dataclass(frozen=True, eq=False)
class Variant:
    """One way to fit the towers on a tagger's body.

    Attributes:
        part: what is varied, `loss` or `words`: rows of one part make a
            table.
        title: of the row, unique.
        settings: with the loss and the negatives of the row.
        vectors: of the words.
    """

    part: str
    title: str
    settings: dual_encoder_config.DualConfig
    vectors: words.WordVectors

    def known(self, names: tuple[str, ...]) -> np.ndarray:
        """Which tags have a word with a vector, bool `[tags]`."""
        return self.vectors.embed(names)[1] > 0


def rows(
    settings: dual_encoder_config.DualConfig, sources: tuple[str, ...]
) -> list[Variant]:
    """Every loss on the words of the settings, then every source of words.

    Args:
        settings: of the run that is taken apart.
        sources: of words to compare with, as `--words` takes them.

    Returns:
        Rows of the part `loss`, then those of the part `words`, the first of
        which has the words of the settings.
    """
    own = word_sources.open_source(settings.words)
    made = []
    for loss, negatives in LOSSES:
        changed: dict[str, object] = {"loss": loss}
        if negatives:
            changed["negatives"] = negatives
        title = f"{loss}, {negatives}" if negatives else loss
        made.append(
            Variant("loss", title, flags.replace(settings, changed), own)
        )
    asked = list(dict.fromkeys((settings.words, *sources)))
    files = [pathlib.PurePath(s).name for s in asked if s.endswith(".txt")]
    for source in asked:
        vectors = word_sources.open_source(source)
        name = pathlib.PurePath(source).name
        # Of two files of one name, only the path tells which is which.
        name = name if files.count(name) == 1 else source
        made.append(Variant("words", f"words: {name}", settings, vectors))
    return made
