"""A study's arms differ from its control in what they name, and only there."""

import pytest

from experiments.settings import baseline_config, flags
from experiments.studies import catalogue, study


@pytest.mark.parametrize("name", catalogue.STUDIES)
def test_every_arm_can_be_trained_and_differs_from_the_others(name):
    base = baseline_config.strong()
    seen = set()
    for arm in catalogue.STUDIES[name].arms:
        settings = flags.leaves(arm.settings(base))
        for leaf, value in arm.changes.items():
            assert settings[leaf] == value
        seen.add((str(settings), arm.train_share))
    # The control may be the arm of one network under a wider base.
    assert len(seen) >= len(catalogue.STUDIES[name].arms) - 1
    assert catalogue.STUDIES[name].question.endswith("?")


def test_an_arm_of_another_preset_keeps_data_and_seed():
    base = flags.replace(baseline_config.strong(), {"data": "x", "seed": 3})
    made = study.Arm("frozen", preset="transfer").settings(base)
    assert (made.data, made.seed, made.preset) == ("x", 3, "transfer")


@pytest.mark.parametrize("titles", [("one",), ("one", "one")])
def test_a_study_that_compares_nothing_is_refused(titles):
    with pytest.raises(ValueError, match="Received"):
        study.Study("?", tuple(study.Arm(title) for title in titles))
