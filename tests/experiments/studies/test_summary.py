"""What a study says follows from its scores, on recordings made for it."""

import dataclasses

import numpy as np
import pytest

from experiments.studies import jobs, study, summary
from tftag import metrics

ASKED = study.Study(
    "Which?",
    (
        study.Arm("control"),
        study.Arm("better", {"epochs": 2}),
        study.Arm("same", {"epochs": 3}),
    ),
)
RECORDINGS, TAGS, FOLDS = 120, 6, 4


def made(seeds=1, skipped=(), fails=()):
    """Blocks whose second arm is better and whose third is the first."""
    draw = np.random.default_rng(0)
    truth = (draw.random((RECORDINGS, TAGS)) < 0.3).astype(np.float32)
    folds = np.array_split(draw.permutation(RECORDINGS), FOLDS)
    blocks = []
    for seed in range(seeds):
        for fold, rows in enumerate(folds):
            if (seed, fold) in skipped:
                continue
            noise = draw.normal(size=(len(rows), TAGS))
            arms = (0.5 * truth[rows], 2.0 * truth[rows], 0.5 * truth[rows])
            blocks.append(
                jobs.Block(
                    seed,
                    fold,
                    tuple(
                        jobs.Result(None, 0.0, 0.0, "it diverged")
                        if place in fails
                        else jobs.Result(arm + noise, 1.0 + place, 1.0)
                        for place, arm in enumerate(arms)
                    ),
                )
            )
    return blocks, truth, folds


@pytest.fixture(scope="module")
def whole():
    """The summary of all blocks of one seed."""
    return summary.summarize(ASKED, *made())


def test_an_arm_that_is_better_is_told_apart_and_an_equal_one_is_not(whole):
    over = whole["arms"]["better"]["over_control"]["map"]
    assert over["ci95"][0] > 0
    assert whole["arms"]["same"]["over_control"]["map"]["value"] == 0.0
    assert "better: better +" in whole["answer"]


def test_figures_are_those_of_the_pooled_folds(whole):
    blocks, truth, folds = made()
    rows = np.concatenate(folds)
    for place, arm in enumerate(ASKED.arms):
        scores = np.concatenate([b.results[place].scores for b in blocks])
        expected = metrics.average_precision(truth[rows], scores).mean()
        assert whole["arms"][arm.title]["map"] == pytest.approx(expected)


def test_what_is_chosen_on_other_folds_is_the_better_one(whole):
    assert whole["chosen"]["arm_per_fold"] == ["better"] * FOLDS
    assert whole["chosen"]["over_control"]["map"]["ci95"][0] > 0


def test_a_fold_of_another_scale_is_pooled_as_if_it_had_the_control_s():
    """Two copies of the control, one of them on another scale."""
    blocks, truth, folds = made()
    rescaled = [
        dataclasses.replace(
            block,
            results=(
                block.results[0],
                jobs.Result(0.1 * block.results[0].scores + 9.0, 1.0, 1.0),
                jobs.Result(block.results[0].scores, 1.0, 1.0),
            ),
        )
        for block in blocks
    ]
    found = summary.summarize(ASKED, rescaled, truth, folds)
    over = found["chosen"]["over_control"]
    assert all(over[name]["value"] == 0.0 for name in summary.FIGURES)


def test_nothing_is_chosen_along_a_curve():
    shares = (1.0, 0.5, 0.1)
    arms = (study.Arm(f"{share:.0%}", train_share=share) for share in shares)
    found = summary.summarize(study.Study("?", tuple(arms)), *made())
    assert found["chosen"] is None and len(found["arms"]) == len(shares)


def test_only_folds_that_every_seed_has_are_pooled():
    found = summary.summarize(ASKED, *made(seeds=2, skipped={(1, 3)}))
    assert found["seeds"] == [0, 1]
    assert found["folds"] == [0, 1, 2]


def test_a_seed_with_no_whole_fold_behind_the_first_does_not_count():
    blocks, truth, folds = made(seeds=2)
    first = [block for block in blocks if block.seed == 0]
    alone = summary.summarize(ASKED, first, truth, folds)
    assert alone["folds"] == list(range(FOLDS)) and alone["seeds"] == [0]


def test_an_arm_that_diverged_is_named_and_the_others_stand():
    found = summary.summarize(ASKED, *made(fails=(2,)))
    assert found["failed"] == {"same": "it diverged"}
    assert set(found["arms"]) == {"control", "better"}
    assert "ended without scores: same" in found["answer"]
    assert "rest" not in found["answer"]
    assert "it diverged" in summary.table(found)
    assert "P@10  CPU s a fold" in summary.table(found)


def test_a_control_without_scores_is_refused():
    with pytest.raises(ValueError, match="control.*Received: it diverged"):
        summary.summarize(ASKED, *made(fails=(0,)))


def test_a_tag_has_its_own_row_under_every_arm(whole):
    blocks, truth, folds = made()
    names = [f"tag {number}" for number in range(TAGS)]
    rows = summary.per_tag(ASKED, blocks, truth, folds, names)
    assert [row["tag"] for row in rows] == names
    for title, arm in whole["arms"].items():
        mean = np.mean([row[title] for row in rows])
        assert mean == pytest.approx(arm["map"])


def test_an_arm_that_failed_under_one_seed_is_not_compared_by_the_others():
    """Its mean of one seed lies beside the control's of two."""
    blocks, truth, folds = made(seeds=2)
    lost = dataclasses.replace(blocks[-1].results[2], scores=None)
    *others, last = blocks
    last = dataclasses.replace(last, results=(*last.results[:2], lost))
    rows = summary.per_tag(ASKED, [*others, last], truth, folds, "abcdef")
    assert set(rows[0]) == {"tag", "count", "control", "better"}
    assert rows == [
        {name: row[name] for name in rows[0]}
        for row in summary.per_tag(ASKED, blocks, truth, folds, "abcdef")
    ]


def test_a_seed_whose_folds_lack_a_tag_does_not_hide_it():
    skipped = {(1, fold) for fold in range(1, FOLDS)}
    blocks, truth, folds = made(seeds=2, skipped=skipped)
    truth[folds[0], 0] = 0
    both, first = (
        summary.per_tag(ASKED, some, truth, folds, "abcdef")
        for some in (blocks, blocks[:FOLDS])
    )
    assert both[0]["control"] == first[0]["control"] > 0
    assert both[1]["control"] != first[1]["control"]


def test_a_curve_on_a_line_foretells_what_is_on_it():
    """0.1, 0.2 and 0.3 at 8, 16 and 32: a tenth with every doubling."""
    arms = {str(n): {"map": 0.1 * n} for n in (1, 2, 3)}
    counts = {str(n): 2 ** (n + 2) for n in (3, 1, 2)}
    found = summary.growth({"arms": arms}, counts)
    assert found["per_doubling"] == pytest.approx(0.1)
    assert found["foretold"] == pytest.approx(0.3)
    assert found["doubled"] == pytest.approx(0.4)
    assert "0.400 for 64" in found["said"]
