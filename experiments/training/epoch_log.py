"""What is said of an epoch: in the history, on the screen, in TensorBoard."""

from collections.abc import Iterable, Sequence

import keras
import numpy as np
import tensorflow as tf

from experiments.figures import tensorboard_log
from experiments.runs import checkpoint, run_folder
from experiments.scoring import evaluation
from experiments.settings import optimizers, training_config
from experiments.training import tag_weights


class Diverged(ValueError):
    """The loss is no longer a finite number."""


class EpochLog:
    """Adds a row to the history of a training after every epoch."""

    def __init__(
        self,
        training: training_config.TrainingConfig,
        steps: int,
        run: run_folder.RunDir | None,
    ):
        """Begins a log.

        Args:
            training: whose learning rate is logged.
            steps: of an epoch.
            run: gets TensorBoard's scalars.
        """
        self._training = training
        self._schedule = optimizers.make_schedule(
            training.schedule, training.learning_rate, steps * training.epochs
        )
        self._scalars = (
            tf.summary.create_noop_writer()
            if run is None
            else tf.summary.create_file_writer(str(run.tensorboard))
        )

    def is_scored(self, epoch: int) -> bool:
        """Whether recordings are scored after an epoch, from 1."""
        training = self._training
        return epoch == training.epochs or epoch % training.score_every == 0

    def add(
        self,
        progress: checkpoint.Progress,
        means: dict[str, float],
        figures: dict[str, float],
        seconds: float,
    ) -> dict:
        """Logs the epoch that is complete, and returns its row.

        Args:
            progress: its history gets the row.
            means: `loss` and metrics of the training steps.
            figures: of the recordings that were scored.
            seconds: that the epoch took.
        """
        row = {
            "epoch": progress.epoch,
            **means,
            "learning_rate": optimizers.rate_at(
                self._schedule, progress.step - 1
            ),
            **figures,
            "seconds": round(seconds, 3),
        }
        progress.history.append(row)
        tensorboard_log.scalars(self._scalars, progress.epoch, grouped(row))
        self._scalars.flush()
        return row


def finite(loss: float, epoch: int) -> float:
    """Returns the loss of an epoch, counted from 1.

    Raises:
        Diverged: it is NaN or infinite.
    """
    if not np.isfinite(loss):
        raise Diverged(
            "The loss must stay a finite number. Lower --learning-rate or "
            f"set --clip-norm. Received: {loss} in epoch {epoch}"
        )
    return loss


def figures(
    watched: Iterable[tuple[str, Sequence[str], np.ndarray, np.ndarray]],
    loss: keras.losses.Loss,
) -> dict[str, float]:
    """Figures of recordings; of those not trained on the loss too.

    Args:
        watched: what the names of figures begin with; the tags `[tags]`; the
            truth and the probabilities `[n, tags]`. Adaptive tag weights are
            judged on those `held`.
        loss: that has these weights.
    """
    found: dict[str, float] = {}
    for name, tags, truth, scores in watched:
        own = evaluation.quick(truth, scores)
        if name != "train":
            own["loss"] = evaluation.cross_entropy(truth, scores)
        found |= {f"{name}_{key}": value for key, value in own.items()}
        if name == "held":
            found |= tag_weights.adapt(loss, truth, scores, tags)
    return found


def grouped(row: dict) -> dict:
    """A row of the history under TensorBoard's headings."""
    named = {}
    for name, value in row.items():
        for group in ("train", "validation", "held", "tag_weight"):
            rest = name.removeprefix(group)
            if rest != name:
                name = f"{group}/{rest[1:]}"
        if name != "epoch":
            named[name if "/" in name else f"epoch/{name}"] = value
    return named


def line(row: dict, epochs: int) -> str:
    """One row of the history for the screen."""
    parts = [f"epoch {row['epoch']}/{epochs}", f"loss {row['loss']:.4f}"]
    if "validation_map" in row:
        parts += [
            f"MAP {row['validation_map']:.3f} (train {row['train_map']:.3f})",
            f"ROC-AUC {row['validation_roc_auc']:.3f}",
            f"P@10 {row['validation_p_at_10']:.3f}",
        ]
    elif "train_map" in row:
        parts.append(f"train MAP {row['train_map']:.3f}")
    parts += [f"lr {row['learning_rate']:.1e}", f"{row['seconds']:.1f} s"]
    return "  ".join(parts)
