"""Summary of a study's blocks: figures, intervals and a sentence."""

from collections.abc import Sequence

import numpy as np

from experiments.figures import study_plot
from experiments.scoring import evaluation
from experiments.studies import jobs, markdown, study
from tftag import metrics
from tftag.console import counts_in_words
from tftag.metrics import weighted_ranking

FIGURES = tuple(markdown.TITLES)
_JUDGED_BY = "map"


def summarize(
    asked: study.Study,
    blocks: Sequence[jobs.Block],
    truth: np.ndarray,
    folds: Sequence[np.ndarray],
) -> dict:
    """Pools the folds, and compares every arm with the control.

    Scores are pooled over the folds that all seeds have; with several seeds,
    figures are means over them. The chosen arm is chosen anew for each fold, as
    the best on all other folds, so nothing is chosen on what it is reported on.

    Args:
        asked: the study.
        blocks: all finished blocks, at least one.
        truth: 0 or 1, `[recordings, tags]`, of all recordings.
        folds: rows of the recordings of each fold.

    Returns:
        `question`, `seeds`, `folds` (those that count), `arms`: per title its
        figures, `seconds` a fold and `over_control`, as `metrics.differences`
        returns them; `chosen` likewise, None for a single fold and a curve;
        `failed`: why, by title; `answer`, one sentence.
    """
    by_place = {(block.seed, block.fold): block.results for block in blocks}
    seeds = sorted({block.seed for block in blocks})
    counted = [
        fold
        for fold in range(len(folds))
        if all((seed, fold) in by_place for seed in seeds)
    ]
    rows = np.concatenate([folds[fold] for fold in counted])
    known, failed, pooled, seconds = truth[rows], {}, {}, {}
    for place, arm in enumerate(asked.arms):
        results = [
            [by_place[seed, fold][place] for fold in counted] for seed in seeds
        ]
        everything = [result for each in results for result in each]
        why = [result.failure for result in everything if result.failure]
        if why:
            failed[arm.title] = why[0]
            continue
        pooled[arm.title] = [
            np.concatenate([result.scores for result in each])
            for each in results
        ]
        seconds[arm.title] = np.mean([r.cpu_seconds for r in everything])
    control = pooled.get(asked.control.title)
    if control is None:
        raise ValueError(
            "The control must end with scores to be compared with. Received: "
            f"{failed[asked.control.title]} in {asked.control.title!r}"
        )
    arms = {
        title: {
            **_figures(known, scores, control),
            "seconds": float(seconds[title]),
        }
        for title, scores in pooled.items()
    }
    summary = {
        "question": asked.question,
        "seeds": seeds,
        "folds": counted,
        "all_folds": len(folds),
        "recordings": len(rows),
        "arms": arms,
        "seconds": float(
            sum(r.cpu_seconds for block in blocks for r in block.results)
        ),
        "failed": failed,
        "chosen": None,
    }
    # More to learn from is no choice.
    if len(counted) > 1 and not asked.is_curve:
        sizes = [len(folds[fold]) for fold in counted]
        chosen, names = _chosen(known, pooled, control, sizes)
        summary["chosen"] = {
            **_figures(known, chosen, control),
            "arm_per_fold": names,
        }
    summary["answer"] = _answer(asked, summary)
    return summary


def growth(summary: dict, counts: dict[str, int]) -> dict:
    """Extrapolates a curve to more recordings, and tests the extrapolation.

    Args:
        summary: as `summarize` returns it, of a study that is a curve.
        counts: number of recordings that each arm learned from, by title.

    Returns:
        `per_doubling`: growth of MAP per doubling, by a line over log2 of the
        counts; `foretold`: what the line through all counts but the largest
        predicts for that one; `measured`: its value; `doubled`: what the line
        through all predicts for twice as many; `said`: all of it in a sentence.
    """
    known = sorted(
        (counts[title], arm[_JUDGED_BY])
        for title, arm in summary["arms"].items()
    )
    numbers, values = (np.array(column) for column in zip(*known, strict=True))
    slope, at_one = study_plot.growth_per_doubling(numbers, values)
    doubled = at_one + slope * np.log2(2 * numbers[-1])
    less = study_plot.growth_per_doubling(numbers[:-1], values[:-1])
    foretold = less[1] + less[0] * np.log2(numbers[-1])
    return {
        "per_doubling": slope,
        "foretold": float(foretold),
        "measured": float(values[-1]),
        "doubled": float(doubled),
        "said": f"MAP grows by {slope:.3f} with every doubling; the line "
        f"through the smaller numbers says {foretold:.3f} for "
        f"{numbers[-1]:,} recordings, where {values[-1]:.3f} was measured, "
        f"and the line through all says {doubled:.3f} for "
        f"{2 * numbers[-1]:,}.",
    }


def per_tag(
    asked: study.Study,
    blocks: Sequence[jobs.Block],
    truth: np.ndarray,
    folds: Sequence[np.ndarray],
    names: Sequence[str],
) -> list[dict]:
    """Average precision of each tag under each arm, over all blocks.

    Returns:
        Rows with `tag`, `count` and a column per arm: the mean over the seeds
        of the average precision over the pooled folds. An arm that has no
        scores in some block has no column: over other seeds than the control's
        its mean would be no comparison.
    """
    by_seed: dict[int, list[jobs.Block]] = {}
    for block in blocks:
        by_seed.setdefault(block.seed, []).append(block)
    columns: dict[str, list[np.ndarray]] = {}
    for place, arm in enumerate(asked.arms):
        if any(block.results[place].scores is None for block in blocks):
            continue
        columns[arm.title] = [
            metrics.average_precision(
                truth[np.concatenate([folds[block.fold] for block in own])],
                np.concatenate([block.results[place].scores for block in own]),
            )
            for own in by_seed.values()
        ]
    # Of a seed that has just begun, its folds may lack a tag.
    means = {
        title: weighted_ranking.mean_known(np.stack(found, axis=1))
        for title, found in columns.items()
    }
    counts = truth.sum(axis=0)
    return [
        {"tag": name, "count": int(counts[place])}
        | {title: float(found[place]) for title, found in means.items()}
        for place, name in enumerate(names)
    ]


def table(summary: dict) -> str:
    """The figures for the screen, each difference with its interval."""
    lines = [
        "",
        f"{counts_in_words.count(summary['recordings'], 'recording')} of "
        f"{counts_in_words.count(len(summary['folds']), 'fold')}, "
        f"{counts_in_words.count(len(summary['seeds']), 'seed')}; differences "
        "from the first row with 95 % intervals",
        _row("", "MAP", "", "ROC-AUC", "", "P@10", "CPU s a fold"),
    ]
    shown = dict(summary["arms"])
    if summary["chosen"]:
        shown["chosen on other folds"] = summary["chosen"]
    for place, (title, arm) in enumerate(shown.items()):
        cells = [title]
        for name in FIGURES:
            cells.append(f"{arm[name]:.3f}")
            if name != FIGURES[-1]:
                over = arm["over_control"][name]
                cells.append(markdown.difference(over) if place else "")
        cells.append(f"{arm['seconds']:.0f}" if "seconds" in arm else "")
        lines.append(_row(*cells))
    for title, why in summary["failed"].items():
        lines.append(f"{title:26}{why}")
    return "\n".join([*lines, "", summary["answer"]])


def _row(title, precision, over, area, over_area, at_10, seconds) -> str:
    return (
        f"{title:24}{precision:>7}  {over:26}{area:>8}  {over_area:26}"
        f"{at_10:>6}{seconds:>14}"
    )


def _figures(truth, scores, control) -> dict:
    found = [metrics.summarize(truth, each, draws=0) for each in scores]
    over = metrics.mean_differences(truth, scores, control)
    return {
        **{
            name: float(np.mean([each[name]["value"] for each in found]))
            for name in FIGURES
        },
        "over_control": {name: over[name] for name in FIGURES},
    }


def _chosen(truth, pooled, control, sizes):
    """Scores of the arm that is best on the other folds, fold by fold.

    A fold has the order of its arm, and as values those of the control. Two
    arms differ in the scale of their scores, so pooling a fold of one with a
    fold of the other would cost more than choosing brings.
    """
    ends = np.cumsum(sizes)
    parts = [slice(end - n, end) for end, n in zip(ends, sizes, strict=True)]
    models = len(next(iter(pooled.values())))
    scores = [np.zeros(truth.shape) for _ in range(models)]
    names = []
    for part in parts:
        others = np.ones(len(truth), bool)
        others[part] = False
        best = max(
            pooled,
            key=lambda title: np.mean(
                [
                    evaluation.quick(truth[others], each[others])[_JUDGED_BY]
                    for each in pooled[title]
                ]
            ),
        )
        names.append(best)
        for made, each, own in zip(scores, pooled[best], control, strict=True):
            order = np.argsort(each[part], axis=0, kind="stable")
            values = np.sort(own[part], axis=0)
            np.put_along_axis(made[part], order, values, axis=0)
    return scores, names


def _answer(asked: study.Study, summary: dict) -> str:
    """One sentence: what is told apart from the control, by MAP."""
    better: list[str] = []
    worse: list[str] = []
    rest: list[str] = []
    for arm in asked.arms[1:]:
        found = summary["arms"].get(arm.title)
        if found is None:
            continue
        over = found["over_control"][_JUDGED_BY]
        low, high = over["ci95"]
        kind = better if low > 0 else worse if high < 0 else rest
        kind.append(f"{arm.title} {markdown.difference(over)}")
    failed = summary["failed"]
    late = [title for title, why in failed.items() if why == jobs.LATE]
    ended = [title for title in failed if title not in late]
    parts = [
        f"{word}: {', '.join(those)}"
        for word, those in (
            ("better", better),
            ("worse", worse),
            ("ended without scores", ended),
            (jobs.LATE, late),
        )
        if those
    ]
    if rest:
        apart = "the rest cannot" if parts else "no arm can"
        parts.append(f"{apart} be told apart")
    return f"Against {asked.control.title} in MAP, {'; '.join(parts)}."
