"""The result of a training: a model, and how it came about."""

import dataclasses
from typing import Self

import keras

from experiments.runs import checkpoint


@dataclasses.dataclass(frozen=True)
class Trained:
    """The result of a training.

    Attributes:
        model: tagger with the weights to use: those of the best epoch, or of
            the last if there is no validation; averaged over the steps if the
            settings say so.
        history: one dict per epoch.
        best_epoch: the epoch of the weights, from 1.
        seconds: time spent; of a head on cached vectors, by the last start.
        lost: recordings that could not be read -> why.
    """

    model: keras.Model
    history: list[dict]
    best_epoch: int
    seconds: float
    lost: dict[str, str]

    @classmethod
    def of(
        cls, model: keras.Model, progress: checkpoint.Progress, seconds: float
    ) -> Self:
        """The result of a training that is over."""
        best_epoch = progress.best_epoch or progress.epoch
        return cls(model, progress.history, best_epoch, seconds, progress.lost)
