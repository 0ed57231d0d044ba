"""How long a training step takes, and an inference."""

import dataclasses
import time
from collections.abc import Callable

import numpy as np

from experiments.settings import baseline_config, flags
from experiments.training import tagger_training
from experiments.training.transfer_learning import transfer
from tftag import audio
from tftag.models import tagger


def setting_names() -> set[str]:
    """Names of the settings that a step or an inference depends on."""
    of_step = (
        "preset batch_size optimizer weight_decay clip_norm loss precision "
        "mel_masks time_masks"
    )
    of_network = {
        *flags.leaves(audio.AudioSpec()),
        *flags.leaves(tagger.TaggerConfig()),
    }
    # How many clips a whole recording has is not asked here.
    return {*of_step.split(), *of_network} - {"clip_step_seconds"}


def ways(
    settings: baseline_config.BaselineConfig, tags: int
) -> dict[str, Callable[[], float]]:
    """A training step and an inference of random clips and labels.

    Args:
        settings: of the experiment.
        tags: how many the tagger has.

    Returns:
        name -> a function that does one and returns seconds per clip.
    """
    batch_size = settings.training.batch_size
    names = [f"tag {number}" for number in range(1, tags + 1)]
    model = tagger.Tagger(names, settings.audio, settings.model)
    trained = transfer.training_model(model)
    trained.compile(
        dataclasses.replace(
            settings.training, schedule="constant"
        ).make_optimizer(steps=1),
        tagger_training.make_loss(settings.training.loss, None),
        jit_compile=False,
    )
    generator = np.random.default_rng(0)
    inputs = {
        "waveform": generator.integers(
            -audio.FULL_SCALE,
            audio.FULL_SCALE,
            (batch_size, settings.audio.clip_samples),
            np.int16,
        ),
        "peak": np.full(batch_size, audio.FULL_SCALE, np.float32),
    }
    masks = {
        name: np.zeros((batch_size, count, 2), np.int32)
        for name, count in (
            ("mel_masks", settings.augmentation.mel_masks),
            ("time_masks", settings.augmentation.time_masks),
        )
    }
    labels = generator.integers(0, 2, (batch_size, tags)).astype(np.float32)

    def train():
        # The same labels for every member.
        trained.train_on_batch({**inputs, **masks}, labels[:, np.newaxis])

    def infer():
        model.predict_on_batch(inputs)

    return {
        "training step": lambda: seconds(train) / batch_size,
        "inference": lambda: seconds(infer) / batch_size,
    }


def seconds(work: Callable[[], object]) -> float:
    """How long a piece of work takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
