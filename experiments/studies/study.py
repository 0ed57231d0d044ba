"""A study: a question, and the trainings that answer it."""

import dataclasses
from collections.abc import Mapping

from experiments.settings import baseline_config, flags


@dataclasses.dataclass(frozen=True)
class Arm:
    """One way to train.

    Attributes:
        title: what differs, for tables.
        changes: settings that replace those of the study, by name.
        preset: preset of the settings; empty is the study's.
        train_share: share of the recordings outside the fold to learn from.
    """

    title: str
    changes: Mapping[str, object] = dataclasses.field(default_factory=dict)
    preset: str = ""
    train_share: float = 1.0

    def settings(
        self, base: baseline_config.BaselineConfig
    ) -> baseline_config.BaselineConfig:
        """The settings of one training.

        Args:
            base: settings of the study. An arm with a preset of its own takes
                only data, name, seed and `train_on` from them.
        """
        if self.preset:
            base = dataclasses.replace(
                baseline_config.PRESETS[self.preset](),
                data=base.data,
                name=base.name,
                seed=base.seed,
                train_on=base.train_on,
            )
        return flags.replace(base, dict(self.changes))


@dataclasses.dataclass(frozen=True)
class Study:
    """A question and the arms that answer it.

    Attributes:
        question: in one sentence.
        arms: the first is the control that all others are compared with.
        preset: preset that the arms change, unless another is asked for.
    """

    question: str
    arms: tuple[Arm, ...]
    preset: str = "strong"

    def __post_init__(self):
        """Refuses a study that compares nothing."""
        titles = [arm.title for arm in self.arms]
        if len(titles) < 2 or len(set(titles)) < len(titles):
            raise ValueError(
                "A study needs two arms or more, each with a title of its "
                f"own. Received: {titles}"
            )

    @property
    def control(self) -> Arm:
        """The arm that the others are compared with."""
        return self.arms[0]

    @property
    def is_curve(self) -> bool:
        """Whether the arms differ only in how much they learn from."""
        return all(not arm.changes and not arm.preset for arm in self.arms)
