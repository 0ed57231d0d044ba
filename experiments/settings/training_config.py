"""How a model is trained."""

import dataclasses

import keras

from experiments.settings import optimizers, tables

PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """How a model is trained.

    Attributes:
        epochs: number of passes over the training recordings.
        batch_size: recordings per step.
        optimizer: which optimiser.
        learning_rate: highest learning rate of the schedule.
        layer_decay: factor on the learning rate, and on the weight decay, from
            each layer of the body to the one below it, starting at the head; 1
            is the same rate for all.
        schedule: the learning rate over time; `cosine` warms up linearly over
            the first 5 % of the steps, then falls to zero.
        weight_decay: decoupled weight decay of kernels; 0 is off.
        clip_norm: largest global norm of the gradients; 0 is off.
        loss: which loss.
        tag_weights: weights of the tags in the loss: `none`, `frequency`,
            `adaptive`, or a CSV file with the columns tag and weight; for
            `bce` only.
        tag_sharing: share of a tag's logits that comes from other tags, by
            their correlation over the training recordings; applied once
            training is over.
        tag_prior: start the last bias at the log-odds of each tag.
        average_decay: decay per step of the average of the weights that is
            scored and exported; 0 uses the weights themselves.
        score_every: epochs between scorings of the validation recordings and a
            sample of the training recordings; the last epoch is always scored.
        patience: scorings without a better validation MAP after which training
            ends; 0 is off.
        precision: `float32`, `mixed_float16` or `mixed_bfloat16`.
        checkpoint_seconds: shortest time between checkpoints within an epoch;
            0 writes one per step. Every epoch ends with one.
        max_lost_share: share of the recordings that may become unreadable
            before training ends with an error.
        synchronized_batch_norm: with several devices or workers, let batch
            norm use the statistics of the whole batch, as one device would,
            instead of each device's part.
        trace_logits: add to the history, for every epoch, the largest logit,
            the gradient at the logits, and the share of wrong logits that have
            none.
    """

    epochs: int = 30
    batch_size: int = 16
    optimizer: str = "adamw"
    learning_rate: float = 2e-3
    layer_decay: float = 1.0
    schedule: str = "cosine"
    weight_decay: float = 1e-3
    clip_norm: float = 1.0
    loss: str = "bce"
    tag_weights: str = "none"
    tag_sharing: float = 0.0
    tag_prior: bool = True
    average_decay: float = 0.0
    score_every: int = 1
    patience: int = 0
    precision: str = "float32"
    checkpoint_seconds: float = 60.0
    max_lost_share: float = 0.01
    synchronized_batch_norm: bool = True
    trace_logits: bool = False

    def __post_init__(self):
        """Refuses invalid values."""
        least = {"epochs": 1, "batch_size": 1, "patience": 0, "score_every": 1}
        least |= {"weight_decay": 0, "clip_norm": 0, "checkpoint_seconds": 0}
        tables.check_least(self, least | {"max_lost_share": 0})
        rate, decay = self.learning_rate, self.layer_decay
        share, average = self.tag_sharing, self.average_decay
        check = tables.check_bounds
        check("learning_rate", rate, rate > 0, "greater than 0")
        check("layer_decay", decay, 0 < decay <= 1, "in (0, 1]")
        check("tag_sharing", share, 0 <= share <= 1, "in [0, 1]")
        check("average_decay", average, 0 <= average < 1, "in [0, 1)")
        tables.check("optimizer", self.optimizer, optimizers.OPTIMIZERS)
        tables.check("schedule", self.schedule, optimizers.SCHEDULES)
        tables.check("precision", self.precision, PRECISIONS)

    def make_optimizer(
        self, steps: int, learning_rate: float | None = None
    ) -> keras.optimizers.Optimizer:
        """Makes the optimiser that the settings name.

        Args:
            steps: of the whole training.
            learning_rate: highest one; by default that of the settings.
        """
        return optimizers.make(
            self.optimizer,
            schedule=self.schedule,
            learning_rate=learning_rate or self.learning_rate,
            steps=steps,
            weight_decay=self.weight_decay,
            clip_norm=self.clip_norm,
        )
