"""What happens around the steps of a training: scores, checkpoints, log."""

import contextlib
import logging
import time

import keras
import numpy as np
import tensorflow as tf

from experiments.figures import tensorboard_log
from experiments.runs import checkpoint, run_folder
from experiments.scoring import evaluation
from experiments.settings import dual_encoder_config, optimizers
from experiments.training import tag_weights, weight_average
from experiments.training.transfer_learning import transfer
from pipelines import manifest as manifests
from pipelines.reading import slice_reader, tf_data

_log = logging.getLogger(__name__)


class Diverged(ValueError):
    """The loss is no longer a finite number."""


class Loop(keras.callbacks.Callback):
    """Scores, saves and reports around the steps of `fit`.

    Args:
        settings: all of the experiment.
        tagger: the model that is scored.
        trained: the compiled model of the same weights that is fitted.
        steps: per epoch.
        run: gets the checkpoints, history.csv and TensorBoard's scalars; None
            where another process writes them.
    """

    def __init__(
        self,
        settings: dual_encoder_config.Settings,
        tagger: keras.Model,
        trained: keras.Model,
        steps: int,
        run: run_folder.RunDir | None,
    ):
        """Starts before the first step."""
        super().__init__()
        self.settings = settings
        self.tagger = tagger
        self.trained = trained
        self.steps = steps
        self.run = run
        self.progress = checkpoint.Progress()
        self.best: checkpoint.Named | None = None
        self.average = None
        if settings.training.average_decay:
            self.average = weight_average.WeightAverage(
                tagger, settings.training.average_decay
            )
        self._watched: dict[str, manifests.Manifest] = {}
        self._reader: slice_reader.SliceReader | None = None
        self._running_loss: checkpoint.Named | None = None
        self._scalars = (
            tf.summary.create_noop_writer()
            if run is None
            else tf.summary.create_file_writer(str(run.tensorboard))
        )
        self._schedule = optimizers.make_schedule(
            settings.training.schedule,
            settings.training.learning_rate,
            steps * settings.training.epochs,
        )
        self._clock = self._saved_at = time.monotonic()

    def watch(self, name: str, manifest: manifests.Manifest) -> None:
        """Scores these recordings every `score_every` epochs."""
        self._watched[name] = manifest

    def fit(self, manifest: manifests.Manifest) -> None:
        """Runs the steps that are left."""
        training, progress = self.settings.training, self.progress
        reader = self._opened(manifest)
        with reader.plain_errors():
            while not progress.is_over(training.epochs):
                left = (progress.epoch + 1) * self.steps - progress.step
                # An epoch that was interrupted is a shorter fit of its own.
                whole = left == self.steps
                self.trained.fit(
                    self._stream(manifest, reader),
                    steps_per_epoch=left,
                    initial_epoch=progress.epoch,
                    epochs=training.epochs if whole else progress.epoch + 1,
                    shuffle=False,  # the stream has its order
                    callbacks=[self],
                    verbose=0,
                )

    def _opened(self, manifest):
        self._reader = slice_reader.SliceReader(
            manifest,
            self.settings.audio.clip_samples,
            self.settings.training.max_lost_share,
        )
        self._clock = self._saved_at = time.monotonic()
        return self._reader

    def _stream(self, manifest, reader, share=tf_data.WHOLE):
        """The batches that are left, of a share of the recordings."""
        stream = tf_data.training_dataset(
            manifest,
            self.settings.audio,
            reader,
            batch_size=self.settings.training.batch_size,
            seed=self.settings.seed,
            epochs=self.settings.training.epochs,
            first_step=self.progress.step,
            augmentation=self.settings.augmentation,
            share=share,
        )
        return transfer.fitting(stream, self.trained)

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, float] | None = None
    ) -> None:
        """Takes up the running loss of an interrupted epoch."""
        # `fit` has just set the running mean of the loss to zero.
        if self._running_loss is not None:
            checkpoint.restore(
                self.trained.metrics_variables, self._running_loss, "metrics"
            )
            self._running_loss = None

    def on_train_batch_end(
        self, batch: int, logs: dict[str, float] | None = None
    ) -> None:
        """Averages the weights, and saves from time to time."""
        self.progress.step += 1
        if self.average is not None:
            self.average.update(self.progress.step)
        wait = self.settings.training.checkpoint_seconds
        if (
            self.progress.step % self.steps
            and time.monotonic() - self._saved_at >= wait
        ):
            self.save()

    def on_epoch_end(
        self, epoch: int, logs: dict[str, float] | None = None
    ) -> None:
        """Scores, compares, adapts, saves and says so."""
        means = dict(logs or {})
        loss = finite(float(means.pop("loss")), epoch + 1)
        progress = self.progress
        row = {
            "epoch": epoch + 1,
            "loss": loss,
            **{name: float(value) for name, value in means.items()},
            "learning_rate": optimizers.rate_at(
                self._schedule, progress.step - 1
            ),
        }
        progress.epoch = epoch + 1
        if self._is_scored(epoch + 1):
            row |= self._score()
        self._pass_time()
        row["seconds"] = round(progress.epoch_seconds, 3)
        progress.epoch_seconds = 0.0
        progress.history.append(row)
        tensorboard_log.scalars(self._scalars, epoch + 1, grouped(row))
        self._scalars.flush()
        self.save()
        if self.run is not None:
            self.run.write_csv("history.csv", progress.history)
        _log.info("%s", line(row, self.settings.training.epochs))
        if progress.stopped:
            _log.info(
                "stopped: no better validation MAP in %d scorings",
                progress.waited,
            )
            self.trained.stop_training = True

    def save(self) -> None:
        """Writes the state after the last step."""
        if self.run is None:
            return
        self._pass_time()
        self.progress.lost |= self._lost()
        groups = {
            "model": self.trained.variables,
            "optimizer": self.trained.optimizer.variables,
            "average": self.average.variables if self.average else [],
            "tag_weights": self._loss_weights(),
        }
        arrays = {k: checkpoint.named(v) for k, v in groups.items()}
        arrays["metrics"] = self._running_metrics()
        if self.best is not None:
            arrays["best"] = self.best
        checkpoint.save(self.run.checkpoints, self.progress, arrays)
        self._saved_at = time.monotonic()

    def restore(
        self, progress: checkpoint.Progress, arrays: dict[str, checkpoint.Named]
    ) -> None:
        """Takes up a saved state."""
        for group, variables in (
            ("model", self.trained.variables),
            ("optimizer", self.trained.optimizer.variables),
            ("average", self.average.variables if self.average else []),
            ("tag_weights", self._loss_weights()),
        ):
            checkpoint.restore(variables, arrays[group], group)
        self.progress = progress
        self.best = arrays.get("best")
        if progress.step % self.steps:
            self._running_loss = arrays["metrics"]

    def _lost(self) -> dict[str, str]:
        return {} if self._reader is None else self._reader.lost

    def final_weights(self) -> list[np.ndarray]:
        """The arrays of `model.get_weights()` to go on with."""
        if self.best is not None:
            return [array for _, array in self.best]
        if self.average is not None:
            named = checkpoint.named(self.average.variables)
            return [array for _, array in named]
        return self.tagger.get_weights()

    def _running_metrics(self) -> checkpoint.Named:
        """The running mean of the loss of an epoch, named arrays."""
        return checkpoint.named(self.trained.metrics_variables)

    def _is_scored(self, epoch):
        training = self.settings.training
        return epoch == training.epochs or epoch % training.score_every == 0

    def _score(self):
        """Scores the watched recordings; returns their figures by name."""
        found: dict[str, float] = {}
        progress = self.progress
        in_place = (
            self.average.in_place()
            if self.average is not None
            else contextlib.nullcontext()
        )
        with in_place:
            lost = progress.lost | self._lost()
            for name, watched in self._watched.items():
                manifest = evaluation.readable(watched, lost)
                truth = manifest.labels()
                scores = evaluation.score_manifest(
                    self.tagger,
                    manifest,
                    self.settings.audio,
                    slice_reader.SliceReader(
                        manifest, self.settings.audio.clip_samples
                    ),
                    self.settings.training.batch_size,
                )
                figures = evaluation.quick(truth, scores)
                if name != "train":
                    figures["loss"] = evaluation.cross_entropy(truth, scores)
                found |= {f"{name}_{k}": v for k, v in figures.items()}
                if name == "held":
                    found |= tag_weights.adapt(
                        self.trained.loss,
                        truth,
                        scores,
                        manifest.vocabulary.names,
                    )
            if "validation_map" in found and progress.is_best(
                found["validation_map"], self.settings.training.patience
            ):
                # As they are in the model now.
                self.best = checkpoint.named(self.tagger.weights)
        return found

    def _loss_weights(self):
        weights = getattr(self.trained.loss, "weights", None)
        return [] if weights is None else [weights]

    def _pass_time(self):
        now = time.monotonic()
        self.progress.seconds += now - self._clock
        self.progress.epoch_seconds += now - self._clock
        self._clock = now


def finite(loss: float, epoch: int) -> float:
    """The loss of an epoch, from 1, or `Diverged` where it is none."""
    if not np.isfinite(loss):
        raise Diverged(
            "The loss must stay a finite number. Lower --learning-rate or "
            f"set --clip-norm. Received: {loss} in epoch {epoch}"
        )
    return loss


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
