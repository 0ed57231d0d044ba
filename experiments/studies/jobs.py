"""The trainings of a study: which comes next, and when time is over.

A block is one fold under one seed, trained by every arm: only whole blocks
are compared. Blocks run fold by fold, then seed by seed.
"""

import dataclasses
import itertools
import time
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from experiments.figures import tensorboard_log
from experiments.runs import run_folder
from experiments.scoring import evaluation, out_of_fold
from experiments.settings import baseline_config, flags
from experiments.studies import fold_scores, study
from experiments.training import loop
from pipelines import manifest as manifests


@dataclasses.dataclass(frozen=True)
class Result:
    """What one training gave.

    Attributes:
        scores: log-odds over the prior of what was learnt from, float64
            `[fold's recordings, tags]`; None where training failed.
        seconds: of training.
        failure: why there are no scores; empty where there are.
    """

    scores: np.ndarray | None
    seconds: float
    failure: str = ""


@dataclasses.dataclass(frozen=True)
class Block:
    """One fold under one seed.

    Attributes:
        seed: of weights, crops and draws.
        fold: its number, from 0.
        results: of each arm, in their order.
    """

    seed: int
    fold: int
    results: tuple[Result, ...]


def blocks(
    asked: study.Study,
    base: baseline_config.BaselineConfig,
    manifest: manifests.Manifest,
    folds: Sequence[np.ndarray],
    seeds: int,
    run: run_folder.RunDir,
    budget_seconds: float,
) -> Iterator[Block]:
    """Trains block by block, while the time suffices for another one.

    Args:
        asked: the study.
        base: settings that all arms share.
        manifest: all recordings.
        folds: rows of the recordings of each fold.
        seeds: how many, from that of `base` on.
        run: gets a folder per training; what is finished is not done again.
        budget_seconds: no block is begun that would end later, judged by the
            longest before it. The first one always is.

    Yields:
        Blocks, as they are finished.
    """
    begin, longest = time.monotonic(), 0.0
    order = itertools.product(
        range(base.seed, base.seed + seeds), range(len(folds))
    )
    for seed, fold in order:
        spent = time.monotonic() - begin
        if longest and spent + longest > budget_seconds:
            return
        before = time.monotonic()
        yield Block(
            seed,
            fold,
            tuple(
                _train(arm, place, base, manifest, folds[fold], seed, fold, run)
                for place, arm in enumerate(asked.arms)
            ),
        )
        longest = max(longest, time.monotonic() - before)


def check(
    asked: study.Study,
    base: baseline_config.BaselineConfig,
    manifest: manifests.Manifest,
    folds: Sequence[np.ndarray],
) -> None:
    """Refuses arms that would be left with less than a batch.

    Raises:
        ValueError: names the arm and the way out.
    """
    largest = max(folds, key=len)
    for arm in asked.arms:
        settings = arm.settings(base)
        if settings.average_with:
            settings = settings.averaged_network()
        if settings.is_on_cached_vectors:
            continue  # of few recordings it takes all
        batch_size = settings.training.batch_size
        count = len(learnt_rows(manifest, largest, arm.train_share, base.seed))
        if count < batch_size:
            raise ValueError(
                "Every arm needs a batch of recordings to learn from; lower "
                "--batch-size or bring more recordings. Received: "
                f"batch_size={batch_size}, {count} recordings in {arm.title!r}"
            )


def learnt_rows(
    manifest: manifests.Manifest, held: np.ndarray, share: float, seed: int
) -> np.ndarray:
    """Rows outside a fold that an arm learns from.

    Smaller shares are part of larger ones under the same seed.
    """
    outside = np.setdiff1d(np.arange(len(manifest.tracks)), held)
    order = np.random.default_rng(seed).permutation(outside)
    return np.sort(order[: max(1, round(share * len(outside)))])


def _train(arm, place, base, manifest, held, seed, fold, run) -> Result:
    settings = dataclasses.replace(arm.settings(base), seed=seed)
    learnt = learnt_rows(manifest, held, arm.train_share, seed)
    part = run_folder.RunDir(
        run.path, "folds", f"arm_{place}_seed_{seed}_fold_{fold}"
    )
    is_new = not (part.path / "scores.npz").exists()
    failed = part.read_json("failed.json")
    if failed is None:
        try:
            found = fold_scores.train_and_score(
                settings, manifest, learnt, held, part
            )
        except loop.Diverged as error:
            # A training that diverges is an answer, and no reason to lose
            # the others.
            failed = {"why": str(error)}
            part.write_json("failed.json", failed)
    if failed is not None:
        print(f"  {arm.title}: {failed['why']}", flush=True)
        return Result(None, 0.0, failed["why"])
    truth = manifest.labels()
    figures = evaluation.quick(truth[held], found["scores"])
    if is_new:
        tensorboard_log.hparams(
            tf.summary.create_file_writer(str(part.tensorboard)),
            {"arm": arm.title, "fold": fold, **flags.leaves(settings)},
            figures,
            part.name,
        )
    print(
        f"  {arm.title}: MAP {figures['map']:.3f}  ROC-AUC "
        f"{figures['roc_auc']:.3f}  P@10 {figures['p_at_10']:.3f}  "
        f"({float(found['seconds']):.0f} s)",
        flush=True,
    )
    return Result(
        out_of_fold.above(found["scores"], truth[learnt]),
        float(found["seconds"]),
    )
