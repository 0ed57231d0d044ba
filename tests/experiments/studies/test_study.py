"""Where the settings of an arm come from, and what is no study."""

import pytest

from experiments.settings import baseline_config, flags
from experiments.studies import study


def test_an_arm_of_another_preset_keeps_data_and_seed():
    base = flags.replace(baseline_config.strong(), {"data": "x", "seed": 3})
    made = study.Arm("frozen", preset="transfer").settings(base)
    assert (made.data, made.seed, made.preset) == ("x", 3, "transfer")


@pytest.mark.parametrize("titles", [("one",), ("one", "one")])
def test_a_study_that_compares_nothing_is_refused(titles):
    with pytest.raises(ValueError, match="Received"):
        study.Study("?", tuple(study.Arm(title) for title in titles))
