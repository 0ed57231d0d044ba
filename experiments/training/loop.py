"""What happens around the steps of a training: scores, checkpoints, log."""

import contextlib
import logging
import time
from collections.abc import Mapping

import keras
import numpy as np

from experiments.runs import checkpoint, run_folder
from experiments.scoring import evaluation
from experiments.settings import dual_encoder_config
from experiments.training import epoch_log, weight_average
from experiments.training.transfer_learning import transfer
from pipelines import manifest as manifests
from pipelines.reading import slice_reader, tf_data

_log = logging.getLogger(__name__)


class Loop(keras.callbacks.Callback):
    """Scores, saves and reports around the steps of `fit`.

    Args:
        settings: all of the experiment.
        tagger: the model that is scored.
        trained: the compiled model of the same weights that is fitted.
        steps: per epoch.
        watched: recordings by the name of their figures; scored every
            `score_every` epochs.
        run: gets the checkpoints, history.csv and TensorBoard's scalars; None
            where another process writes them.
    """

    def __init__(
        self,
        settings: dual_encoder_config.Settings,
        tagger: keras.Model,
        trained: keras.Model,
        steps: int,
        watched: Mapping[str, manifests.Manifest],
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
        self._watched = watched
        self._reader: slice_reader.SliceReader | None = None
        self._running_loss: checkpoint.Named | None = None
        self._epoch_log = epoch_log.EpochLog(settings.training, steps, run)
        self._clock = self._saved_at = time.monotonic()

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
        means = {name: float(value) for name, value in (logs or {}).items()}
        epoch_log.finite(means["loss"], epoch + 1)
        progress = self.progress
        progress.epoch = epoch + 1
        is_scored = self._epoch_log.is_scored(progress.epoch)
        figures = self._score() if is_scored else {}
        self._pass_time()
        row = self._epoch_log.add(
            progress, means, figures, progress.epoch_seconds
        )
        progress.epoch_seconds = 0.0
        # Before the state: a run that goes on from it may have no epoch left.
        if self.run is not None:
            self.run.write_csv("history.csv", progress.history)
        self.save()
        _log.info("%s", epoch_log.line(row, self.settings.training.epochs))
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
        arrays = {k: checkpoint.named(v) for k, v in self._groups().items()}
        arrays["metrics"] = self._running_metrics()
        if self.best is not None:
            arrays["best"] = self.best
        checkpoint.save(self.run.checkpoints, self.progress, arrays)
        self._saved_at = time.monotonic()

    def restore(
        self, progress: checkpoint.Progress, arrays: dict[str, checkpoint.Named]
    ) -> None:
        """Takes up a saved state."""
        for group, variables in self._groups().items():
            checkpoint.restore(variables, arrays[group], group)
        self.progress = progress
        self.best = arrays.get("best")
        if progress.step % self.steps:
            self._running_loss = arrays["metrics"]

    def _groups(self) -> dict[str, list[keras.Variable]]:
        """The variables of a checkpoint, by the name of their group."""
        return {
            "model": self.trained.variables,
            "optimizer": self.trained.optimizer.variables,
            "average": self.average.variables if self.average else [],
            "tag_weights": self._loss_weights(),
        }

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

    def _score(self):
        """Scores the watched recordings; returns their figures by name."""
        in_place = (
            self.average.in_place()
            if self.average is not None
            else contextlib.nullcontext()
        )
        with in_place:
            found = epoch_log.figures(self._scores(), self.trained.loss)
            if self.progress.is_best(
                found.get("validation_map"), self.settings.training.patience
            ):
                # As they are in the model now.
                self.best = checkpoint.named(self.tagger.weights)
        return found

    def _scores(self):
        lost = self.progress.lost | self._lost()
        for name, watched in self._watched.items():
            manifest = evaluation.readable(watched, lost)
            scores = evaluation.score_manifest(
                self.tagger,
                manifest,
                self.settings.audio,
                self.settings.training.batch_size,
            )
            yield name, manifest.vocabulary.names, manifest.labels(), scores

    def _loss_weights(self):
        weights = getattr(self.trained.loss, "weights", None)
        return [] if weights is None else [weights]

    def _pass_time(self):
        now = time.monotonic()
        self.progress.seconds += now - self._clock
        self.progress.epoch_seconds += now - self._clock
        self._clock = now
