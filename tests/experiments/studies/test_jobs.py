"""Blocks end with the time there is, and train on what they say."""

import numpy as np
import pytest
import tone_manifest

from experiments.runs import run_folder
from experiments.settings import baseline_config, flags
from experiments.studies import jobs, study

ASKED = study.Study("?", (study.Arm("a"), study.Arm("b")))
FOLDS = tuple(np.array_split(np.arange(16), 4))


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "tones"
    return tone_manifest.make(folder, validation=0)


def test_smaller_shares_are_part_of_larger_ones_and_never_of_the_fold(manifest):
    held = FOLDS[1]
    found = [
        set(jobs.learnt_rows(manifest, held, share, 5).tolist())
        for share in (0.1, 0.5, 1.0)
    ]
    assert found[0] < found[1] < found[2]
    assert [len(rows) for rows in found] == [1, 6, 12]
    assert not found[2] & set(held.tolist())


@pytest.mark.parametrize(
    ("budget_seconds", "count"), [(0.5, 1), (3.5, 3), (1e9, 8)]
)
def test_no_block_is_begun_that_would_end_later(
    manifest, tmp_path, monkeypatch, budget_seconds, count
):
    """On a clock on which each training takes half a second."""
    clock = [0.0]

    def train(*_):
        clock[0] += 0.5
        return jobs.Result(np.zeros((4, 3)), 0.5)

    monkeypatch.setattr(jobs, "_train", train)
    monkeypatch.setattr(jobs.time, "monotonic", lambda: clock[0])
    found = list(
        jobs.blocks(
            ASKED,
            baseline_config.demo(),
            manifest,
            FOLDS,
            2,
            run_folder.RunDir(tmp_path, "study", "a"),
            budget_seconds,
        )
    )
    assert len(found) == count
    order = [(block.seed, block.fold) for block in found]
    assert order == sorted(order)


def test_a_share_smaller_than_a_batch_is_refused_before_any_training(manifest):
    few = study.Study("?", (study.Arm("a"), study.Arm("b", train_share=0.1)))
    base = flags.replace(baseline_config.demo(), {"batch_size": 8})
    with pytest.raises(ValueError, match="batch_size=8, 1 recordings in 'b'"):
        jobs.check(few, base, manifest, FOLDS)


def test_a_head_on_cached_vectors_takes_as_few_as_there_are(manifest):
    frozen = study.Arm(
        "b", {"average_with": ""}, preset="transfer", train_share=0.1
    )
    few = study.Study("?", (study.Arm("a"), frozen))
    base = flags.replace(baseline_config.demo(), {"batch_size": 8})
    jobs.check(few, base, manifest, FOLDS)


def test_a_network_that_is_averaged_in_needs_its_batch_too(manifest):
    averaged = study.Arm("b", preset="transfer", train_share=0.1)
    few = study.Study("?", (study.Arm("a"), averaged))
    base = flags.replace(baseline_config.demo(), {"batch_size": 8})
    with pytest.raises(ValueError, match="batch_size=16, 1 recordings in 'b'"):
        jobs.check(few, base, manifest, FOLDS)
