"""Blocks end with the time there is, and train on what they say."""

import time
import types

import numpy as np
import pytest
import tone_manifest

from experiments.runs import run_folder
from experiments.settings import baseline_config, flags
from experiments.studies import jobs, study, summary

ASKED = study.Study("?", (study.Arm("a"), study.Arm("b", {"epochs": 41})))
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


@pytest.fixture
def clock(monkeypatch):
    """One on which each training takes half a second and leaves scores.

    Those of an arm called "long" take five. Its processors work for three
    seconds meanwhile: those are no clock's.
    """
    now = [0.0]

    def train(training, manifest):
        seconds = 5.0 if training.title == "long" else 0.5
        if not training.is_done:
            now[0] += seconds
            (training.part.path / "scores.npz").touch()
        return jobs.Result(np.zeros((4, 3)), 3.0, seconds)

    monkeypatch.setattr(jobs, "train", train)
    clock = types.SimpleNamespace(
        monotonic=lambda: now[0], process_time=time.process_time
    )
    monkeypatch.setattr(jobs, "time", clock)
    return now


def trained(manifest, folder, budget_seconds, asked=ASKED):
    return list(
        jobs.blocks(
            asked,
            baseline_config.demo(),
            manifest,
            FOLDS,
            2,
            run_folder.RunDir(folder, "study", "a"),
            budget_seconds,
        )
    )


@pytest.mark.parametrize(
    ("budget_seconds", "count"), [(1.0, 1), (3.5, 3), (1e9, 8)]
)
def test_no_training_is_begun_that_would_end_later(
    manifest, tmp_path, clock, budget_seconds, count
):
    found = trained(manifest, tmp_path, budget_seconds)
    assert len(found) == count
    assert clock[0] <= budget_seconds
    order = [(block.seed, block.fold) for block in found]
    assert order == sorted(order)


def test_a_first_fold_that_did_not_fit_gives_the_arms_that_did(
    manifest, tmp_path, clock
):
    (block,) = trained(manifest, tmp_path, 0.5)
    assert [result.failure for result in block.results] == ["", jobs.LATE]
    found = summary.summarize(
        ASKED, [block], np.eye(16, 3), [FOLDS[0], *FOLDS[1:]]
    )
    assert found["failed"] == {"b": jobs.LATE} and set(found["arms"]) == {"a"}
    assert f"{jobs.LATE}: b" in found["answer"]
    assert "ended" not in found["answer"]


def test_what_is_finished_takes_nothing_of_the_budget(
    manifest, tmp_path, clock
):
    assert len(trained(manifest, tmp_path, 1.5)) == 1
    # The half block of before is taken up: half a second makes it whole.
    assert len(trained(manifest, tmp_path, clock[0] - 1.0)) == 2


def test_what_is_finished_leaves_the_time_to_what_fits(
    manifest, tmp_path, clock
):
    """However long it once took."""
    long = study.Arm("long")
    trained(manifest, tmp_path, 1e9, study.Study("?", (long, ASKED.arms[1])))
    clock[0] = 0.0
    asked = study.Study("?", (long, study.Arm("c", {"epochs": 42})))
    found = trained(manifest, tmp_path, 6.0, asked)
    assert len(found) == 8 and clock[0] == 4.0


def test_what_is_finished_is_shown_behind_what_did_not_fit(
    manifest, tmp_path, clock
):
    arms = [
        study.Arm(name, {"dropout": 0.1 * at}) for at, name in enumerate("abc")
    ]
    trained(manifest, tmp_path, 0.5, study.Study("?", (arms[2], arms[1])))
    (block,) = trained(manifest, tmp_path, 0.5, study.Study("?", tuple(arms)))
    failures = [result.failure for result in block.results]
    assert failures == ["", jobs.LATE, ""]


def part(manifest, folder, study_name, settings, **more):
    arm = study.Arm("any", settings, **more)
    base = flags.replace(
        baseline_config.demo(), {"name": study_name, "data": study_name}
    )
    run = run_folder.RunDir(folder, "study", study_name)
    return jobs.plan(arm, base, manifest, FOLDS[0], 0, run).part.path


def test_equal_trainings_of_two_studies_are_one(manifest, tmp_path):
    one = part(manifest, tmp_path, "one", {})
    assert part(manifest, tmp_path, "two", {"epochs": 40}) == one
    assert part(manifest, tmp_path, "two", {"epochs": 41}) != one
    assert part(manifest, tmp_path, "two", {}, train_share=0.5) != one


def check(manifest, arm):
    """Whether an arm beside one that is no matter can be trained."""
    asked = study.Study("?", (study.Arm("a"), arm))
    base = flags.replace(baseline_config.demo(), {"batch_size": 8})
    jobs.check(asked, base, manifest, FOLDS)


@pytest.mark.parametrize(
    ("preset", "batch_size"),
    # Of the second, a network that is averaged in.
    [("", 8), ("transfer", 16)],
)
def test_a_share_smaller_than_a_batch_is_refused_before_any_training(
    manifest, preset, batch_size
):
    said = f"batch_size={batch_size}, 1 recordings in 'b'"
    with pytest.raises(ValueError, match=said):
        check(manifest, study.Arm("b", preset=preset, train_share=0.1))


def test_a_head_on_cached_vectors_takes_as_few_as_there_are(manifest):
    alone = {"average_with": ""}
    check(manifest, study.Arm("b", alone, preset="transfer", train_share=0.1))
