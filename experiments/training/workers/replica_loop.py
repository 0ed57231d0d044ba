"""The steps of a training on several devices or machines."""

from collections.abc import Mapping

import keras
import tensorflow as tf

from experiments.runs import checkpoint, run_folder
from experiments.settings import dual_encoder_config
from experiments.training import epoch_log, loop
from experiments.training.workers import group
from pipelines import manifest as manifests


class ReplicaLoop(loop.Loop):
    """A loop whose steps are taken by all replicas of a strategy together.

    The chief does what `Loop` does: it scores, compares, saves and writes. The
    others take the same steps, and wait for what it decides. Not by Keras'
    `fit`: under `MultiWorkerMirroredStrategy` it fails on its first batch.

    Args:
        settings: all of the experiment.
        tagger: the model that is scored.
        trained: the compiled model of the same weights that is fitted; both
            made in the scope of the strategy.
        steps: per epoch.
        watched: as for `Loop`.
        run: as for `Loop`; None for workers that are not the chief.
        workers: those that train together.
    """

    def __init__(
        self,
        settings: dual_encoder_config.Settings,
        tagger: keras.Model,
        trained: keras.Model,
        steps: int,
        watched: Mapping[str, manifests.Manifest],
        run: run_folder.RunDir | None,
        workers: group.Workers,
    ):
        """Starts before the first step."""
        if settings.training.trace_logits:
            raise ValueError(
                "Logits are traced on one device: leave out --trace-logits or "
                "--strategy. Received: both"
            )
        super().__init__(settings, tagger, trained, steps, watched, run)
        self.workers = workers
        self._strategy = workers.strategy
        if not workers.is_chief:
            self.average = None
        # Sum of the losses of an epoch, and their number.
        self._loss_sum, self._losses = tf.constant(0.0), 0
        _sum_first(trained.optimizer)
        if settings.training.synchronized_batch_norm:
            group.synchronize_batch_norm(trained)

    def fit(self, manifest: manifests.Manifest) -> None:
        """Runs the steps that are left."""
        training = self.settings.training
        self._take_from_chief()
        reader = self._opened(manifest)

        def batches(_: tf.distribute.InputContext) -> tf.data.Dataset:
            stream = self._stream(manifest, reader, self.workers.share)
            # Of an endless one, TensorFlow does not ask all workers at every
            # step whether they have another batch.
            return stream.repeat()

        if self.progress.is_over(training.epochs):
            return
        with reader.plain_errors():
            stream = iter(
                self._strategy.distribute_datasets_from_function(batches)
            )
            step = self._step()
            while not self.progress.is_over(training.epochs):
                epoch = self.progress.epoch
                left = (epoch + 1) * self.steps - self.progress.step
                for _ in range(left):
                    self._loss_sum += step(next(stream))
                    self._losses += 1
                    self.on_train_batch_end(self.progress.step)
                loss = float(self._loss_sum) / self._losses
                self._loss_sum, self._losses = tf.constant(0.0), 0
                self.on_epoch_end(epoch, {"loss": loss})

    def on_epoch_end(
        self, epoch: int, logs: dict[str, float] | None = None
    ) -> None:
        """The chief scores and writes; all go on with what it decides."""
        epoch_log.finite((logs or {})["loss"], epoch + 1)  # the same for all
        for lost in self.workers.exchange(self._lost()):
            self.progress.lost |= lost
        if self.workers.is_chief:
            super().on_epoch_end(epoch, logs)
        self.progress.epoch = epoch + 1
        stopped = self.workers.exchange({"stopped": self.progress.stopped})
        self.progress.stopped = stopped[0]["stopped"]
        self.workers.assign_from_chief(self._loss_weights())

    def restore(
        self, progress: checkpoint.Progress, arrays: dict[str, checkpoint.Named]
    ) -> None:
        """Takes up a saved state, of as many devices as it may be."""
        super().restore(progress, arrays)
        if self._running_loss is not None:
            (_, total), (_, count) = self._running_loss
            self._losses = progress.step % self.steps
            self._loss_sum = tf.constant(total / count * self._losses)

    def _running_metrics(self) -> checkpoint.Named:
        names = [v.path for v in self.trained.metrics_variables]
        batch_size = self.settings.training.batch_size
        values = (self._loss_sum * batch_size, self._losses * batch_size)
        return [
            (name, tf.cast(value, tf.float32).numpy())
            for name, value in zip(names, values, strict=True)
        ]

    def _take_from_chief(self):
        """All begin with the chief's state, restored or new."""
        progress = self.progress
        said = self.workers.exchange(
            {
                "step": progress.step,
                "epoch": progress.epoch,
                "stopped": progress.stopped,
                "loss_sum": float(self._loss_sum),
                "losses": self._losses,
            }
        )[0]
        progress.step, progress.epoch = said["step"], said["epoch"]
        progress.stopped = said["stopped"]
        self._loss_sum = tf.constant(said["loss_sum"])
        self._losses = said["losses"]
        self.workers.assign_from_chief(
            [
                *self.trained.variables,
                *self.trained.optimizer.variables,
                *self._loss_weights(),
            ]
        )

    def _step(self):
        strategy, trained = self._strategy, self.trained

        @tf.autograph.experimental.do_not_convert
        def of_replica(batch):
            # What Keras tells is the mean since the last reset.
            trained.reset_metrics()
            return trained.train_step(batch)["loss"]

        @tf.function
        @tf.autograph.experimental.do_not_convert
        def step(batch):
            losses = strategy.run(of_replica, args=(batch,))
            return strategy.reduce("MEAN", losses, axis=None)

        return step


def _sum_first(optimizer: keras.optimizers.Optimizer) -> None:
    """Has an optimiser clip, and scale, the gradient of the whole batch.

    Keras' own clips what each replica found, and adds that up; and where
    losses are scaled, replicas could disagree on whether to take a step.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    apply, added_up = optimizer.apply, inner._all_reduce_sum_gradients
    inner._all_reduce_sum_gradients = list  # they are sums by then

    def apply_sums(gradients, trainable_variables=None):
        pairs = added_up(zip(gradients, trainable_variables, strict=True))
        apply([gradient for gradient, _ in pairs], trainable_variables)

    optimizer.apply = apply_sums
