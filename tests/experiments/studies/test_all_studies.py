"""A study's arms differ from its control in what they name, and only there."""

import pytest

from experiments.settings import baseline_config, flags
from experiments.studies import all_studies
from tftag.models.backbones import backbone


@pytest.mark.parametrize("name", all_studies.STUDIES)
def test_every_arm_can_be_trained_and_differs_from_the_others(name):
    base = baseline_config.PRESETS[all_studies.STUDIES[name].preset]()
    seen = set()
    for arm in all_studies.STUDIES[name].arms:
        made = arm.settings(base)
        if made.model.backbone.architecture == "blocks":
            backbone.check_halvings(made.audio, made.model.backbone)
        settings = flags.leaves(made)
        for leaf, value in arm.changes.items():
            assert settings[leaf] == value
        seen.add((str(settings), arm.train_share))
    # The control may be the arm of one network under a wider base.
    assert len(seen) >= len(all_studies.STUDIES[name].arms) - 1
    assert all_studies.STUDIES[name].question.endswith("?")
