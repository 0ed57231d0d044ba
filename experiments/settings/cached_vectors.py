"""Which settings fit a head that is trained on cached clip vectors."""

from experiments.settings import training_config
from pipelines.reading import augmentation as augmentations


def check(
    training: training_config.TrainingConfig,
    augmentation: augmentations.Augmentation,
) -> None:
    """Refuses settings that need the waveforms in every epoch.

    Raises:
        ValueError: one does; says what to set.
    """
    for name, value in (
        ("mel_masks", augmentation.mel_masks),
        ("time_masks", augmentation.time_masks),
        ("average_decay", training.average_decay),
        ("trace_logits", training.trace_logits),
    ):
        if value:
            raise ValueError(
                f"`{name}` must be 0 with `freeze` and `head_units`: clip "
                f"vectors are computed once. Received: {value}"
            )
    if training.layer_decay != 1:
        raise ValueError(
            "`layer_decay` is of a body that is trained: leave it out or "
            f"set --no-freeze. Received: {training.layer_decay}"
        )
