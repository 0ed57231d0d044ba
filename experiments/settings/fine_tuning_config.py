"""How a body that was kept learns too, once its head is trained."""

import dataclasses
import typing

from experiments.settings import tables

if typing.TYPE_CHECKING:
    from experiments.settings import baseline_config


@dataclasses.dataclass(frozen=True)
class FineTuningConfig:
    """How a body that was kept learns too, once its head is trained.

    Attributes:
        fine_tune_epochs: number of passes over the training recordings in
            which the body of a trained head learns too; 0 keeps it.
        fine_tune_layers: number of layers of the body that learn, counted from
            the head; 0 is all. Batch norms keep their statistics.
        fine_tune_batch_size: recordings per step, each with one clip or, of a
            body with patches, one patch.
        fine_tune_learning_rate: highest learning rate, of the head;
            `layer_decay` is for the layers below it.
    """

    fine_tune_epochs: int = 0
    fine_tune_layers: int = 0
    fine_tune_batch_size: int = 16
    fine_tune_learning_rate: float = 1e-4

    def __post_init__(self):
        """Refuses invalid values."""
        least = {"fine_tune_epochs": 0, "fine_tune_layers": 0}
        tables.check_least(self, least | {"fine_tune_batch_size": 1})
        rate = self.fine_tune_learning_rate
        tables.check_bounds(
            "fine_tune_learning_rate", rate, rate > 0, "greater than 0"
        )


def check(settings: "baseline_config.BaselineConfig") -> None:
    """Refuses what needs a body that stays, where none does.

    Raises:
        ValueError: components, or fine-tuning, of a body that learns from the
            start.
    """
    if settings.freeze and settings.model.head_units:
        return
    if settings.model.head_components:
        raise ValueError(
            "`head_components` are of vectors that stay: set --freeze, or "
            "--head-components 0. "
            f"Received: {settings.model.head_components} without `freeze`"
        )
    if settings.fine_tuning.fine_tune_epochs:
        raise ValueError(
            "`fine_tune_epochs` follow a head on a body that stays: set "
            "--freeze and --head-units, or leave them out: without --freeze "
            "the body learns from the start. "
            f"Received: {settings.fine_tuning.fine_tune_epochs}"
        )
