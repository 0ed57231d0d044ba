"""The trainings of a study: their order, and when time is up.

A block is one fold under one seed, trained by every arm; only whole blocks are
compared. Blocks run fold by fold, then seed by seed. Every training has a
folder named after its settings and recordings, so arms that several studies
share, such as controls, are trained once.
"""

import csv
import dataclasses
import hashlib
import itertools
import json
import time
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from experiments.figures import tensorboard_log
from experiments.runs import run_folder
from experiments.scoring import evaluation, out_of_fold
from experiments.settings import baseline_config, flags
from experiments.studies import fold_scores, study
from experiments.training import epoch_log
from pipelines import manifest as manifests
from tftag.models.backbones import backbone
from tftag.storage import no_links, plain_json

TRAININGS = "trainings"
LATE = "did not fit into --budget"
_NO_COST = {"cpu_seconds": 0.0, "elapsed_seconds": 0.0}


@dataclasses.dataclass(frozen=True)
class Result:
    """The result of one training.

    Attributes:
        scores: log-odds relative to the prior of the training recordings,
            float64 `[fold's recordings, tags]`; None if training failed.
        cpu_seconds: of training and scoring, on all processors.
        elapsed_seconds: by the clock on the wall.
        failure: why there are no scores; empty if there are.
        history: a row of text per epoch, from its CSV file.
    """

    scores: np.ndarray | None
    cpu_seconds: float
    elapsed_seconds: float
    failure: str = ""
    history: tuple[dict[str, str], ...] = ()


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


@dataclasses.dataclass(frozen=True)
class Training:
    """One arm on one fold under one seed, and where it is kept.

    Attributes:
        title: of the arm.
        settings: all of them.
        share: of the recordings outside the fold that are learnt from.
        learnt: rows of these.
        held: rows of the fold.
        part: its folder.
    """

    title: str
    settings: baseline_config.BaselineConfig
    share: float
    learnt: np.ndarray
    held: np.ndarray
    part: run_folder.RunDir

    @property
    def is_done(self) -> bool:
        """Whether it left scores, or the reason for none."""
        files = ("scores.npz", "failed.json")
        return any((self.part.path / name).exists() for name in files)


def blocks(
    asked: study.Study,
    base: baseline_config.BaselineConfig,
    manifest: manifests.Manifest,
    folds: Sequence[np.ndarray],
    seeds: int,
    run: run_folder.RunDir,
    budget_seconds: float,
) -> Iterator[Block]:
    """Trains block by block while there is time.

    Args:
        asked: the study.
        base: settings that all arms share.
        manifest: all recordings.
        folds: rows of the recordings of each fold.
        seeds: number of seeds, from that of `base` on.
        run: the study's run; each training gets a folder beside it, and
            finished ones are not repeated.
        budget_seconds: no training starts that would end later, judged by the
            longest of its arm, or of any arm, so far. The very first always
            starts.

    Yields:
        Blocks as they are finished. If time is up within the first, what there
        is of it, also of an earlier call; the other arms then have the failure
        `LATE`.
    """
    begin = time.monotonic()
    longest: dict[str, float] = {}
    order = itertools.product(
        range(base.seed, base.seed + seeds), range(len(folds))
    )
    for seed, fold in order:
        results: list[Result] = []
        is_late = False
        for arm in asked.arms:
            training = plan(arm, base, manifest, folds[fold], seed, run)
            if longest and not training.is_done:
                expected = longest.get(arm.title, max(longest.values()))
                passed = time.monotonic() - begin
                is_late |= passed + expected > budget_seconds
                if is_late:
                    results.append(Result(None, 0.0, 0.0, LATE))
                    continue
            results.append(train(training, manifest))
            longest[arm.title] = max(
                results[-1].elapsed_seconds, longest.get(arm.title, 0.0)
            )
        is_whole = all(result.failure != LATE for result in results)
        if is_whole or (seed, fold) == (base.seed, 0):
            yield Block(seed, fold, tuple(results))
        if not is_whole:
            return


def plan(
    arm: study.Arm,
    base: baseline_config.BaselineConfig,
    manifest: manifests.Manifest,
    held: np.ndarray,
    seed: int,
    run: run_folder.RunDir,
) -> Training:
    """Plans the training of an arm on a fold under a seed."""
    settings = dataclasses.replace(arm.settings(base), seed=seed)
    learnt = learnt_rows(manifest, held, arm.train_share, seed)
    # Neither changes what is learnt.
    named = dataclasses.replace(settings, name="", data="")
    about = plain_json.plain(
        {
            **flags.leaves(named),
            "recordings": manifest.fingerprint,
            "learnt": learnt.tolist(),
            "held": held.tolist(),
        }
    )
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    part = run_folder.RunDir(
        run.path.parent, TRAININGS, digest.hexdigest()[:16]
    )
    return Training(arm.title, settings, arm.train_share, learnt, held, part)


def check(
    asked: study.Study,
    base: baseline_config.BaselineConfig,
    manifest: manifests.Manifest,
    folds: Sequence[np.ndarray],
) -> None:
    """Refuses, before any training, arms that cannot be trained.

    Raises:
        ValueError: names the arm and the way out.
    """
    largest = max(folds, key=len)
    for arm in asked.arms:
        settings = arm.settings(base)
        for network in (settings, *settings.averaged_networks().values()):
            if network.is_on_cached_vectors:
                continue  # of few recordings it takes all
            if network.model.backbone.filters:
                backbone.check_halvings(network.audio, network.model.backbone)
            batch_size = network.clips_at_once
            rows = learnt_rows(manifest, largest, arm.train_share, base.seed)
            if len(rows) < batch_size:
                raise ValueError(
                    "Every arm needs a batch of recordings to learn from; "
                    "lower --batch-size or bring more recordings. Received: "
                    f"batch_size={batch_size}, {len(rows)} recordings in "
                    f"{arm.title!r}"
                )


def learnt_rows(
    manifest: manifests.Manifest, held: np.ndarray, share: float, seed: int
) -> np.ndarray:
    """Rows outside a fold that an arm learns from.

    Under the same seed, smaller shares are subsets of larger ones.
    """
    outside = np.setdiff1d(np.arange(len(manifest.tracks)), held)
    order = np.random.default_rng(seed).permutation(outside)
    return np.sort(order[: max(1, round(share * len(outside)))])


def train(training: Training, manifest: manifests.Manifest) -> Result:
    """Trains and scores, or reads earlier results."""
    part = training.part
    busy = (
        "Another study is at the same training; wait for it. "
        f"Received: {part.path}"
    )
    with no_links.lock(part.path / ".lock", busy):
        if not training.is_done:
            _run(training, manifest)
    failed = part.read_json("failed.json")
    cost = part.read_json("times.json") or _NO_COST
    if failed is not None:
        print(f"  {training.title}: {failed['why']}", flush=True)
        return Result(
            None, **cost, failure=failed["why"], history=_history(part)
        )
    truth = manifest.labels()
    with np.load(part.path / "scores.npz") as saved:
        scores = out_of_fold.above(saved["scores"], truth[training.learnt])
    figures = evaluation.quick(truth[training.held], scores)
    print(
        f"  {training.title}: MAP {figures['map']:.3f}  ROC-AUC "
        f"{figures['roc_auc']:.3f}  P@10 {figures['p_at_10']:.3f}  "
        f"({cost['cpu_seconds']:.0f} s)",
        flush=True,
    )
    return Result(scores, **cost, history=_history(part))


def _run(training, manifest):
    """Leaves scores or the reason for none, the cost, and a row of HParams."""
    part, settings = training.part, training.settings
    cpu_begin, begin = time.process_time(), time.monotonic()
    try:
        found = fold_scores.train_and_score(
            settings, manifest, training.learnt, training.held, part
        )
    except epoch_log.Diverged as error:
        # A training that diverges is an answer, and no reason to lose the
        # others.
        part.write_json("failed.json", {"why": str(error)})
        return
    finally:
        before = part.read_json("times.json") or _NO_COST
        cpu_seconds = time.process_time() - cpu_begin
        elapsed_seconds = time.monotonic() - begin
        part.write_json(
            "times.json",
            {
                "cpu_seconds": before["cpu_seconds"] + cpu_seconds,
                "elapsed_seconds": before["elapsed_seconds"] + elapsed_seconds,
            },
        )
    writer = tf.summary.create_file_writer(str(part.tensorboard))
    tensorboard_log.hparams(
        writer,
        {"train_share": training.share, **flags.leaves(settings)},
        evaluation.quick(manifest.labels()[training.held], found["scores"]),
        part.name,
    )
    writer.close()


def _history(part):
    file = part.path / "history.csv"
    if not file.exists():
        return ()
    with file.open(encoding="utf-8", newline="") as rows:
        return tuple(csv.DictReader(rows))
