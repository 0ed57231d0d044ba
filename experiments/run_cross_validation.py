"""Scores every recording by a model that knows neither it nor its artist.

```
python -m experiments.run_cross_validation --data DIR --preset strong
```

The folds are scikit-learn's `GroupKFold` over the artists; equal audio stays
together under whatever name. Each fold trains
for its fixed number of epochs without validation, so nothing is selected on
what is scored, and each scored fold is read once. A fold that is finished is
kept: the same `--name` goes on where the last call stopped.
"""

import argparse
import dataclasses
import sys

import numpy as np
import numpy.typing as npt

from experiments.recordings import run_recordings
from experiments.runs import bucket_copies, console, run_folder, run_settings
from experiments.scoring import evaluation, out_of_fold
from experiments.settings import baseline_config, flags
from experiments.studies import fold_scores
from experiments.training.transfer_learning import transfer
from pipelines import manifest as manifests
from pipelines import splits
from tftag import metrics
from tftag.cli import command_line
from tftag.console import counts_in_words

EXPERIMENT = "cross_validation"


def main(argv: list[str] | None = None) -> int:
    """Trains and scores the folds, and prints the figures of all together."""
    command = sys.argv[1:] if argv is None else argv
    arguments = parse(command)
    console.begin()
    settings = flags.from_arguments(arguments, baseline_config.PRESETS)
    settings = dataclasses.replace(settings, train_on="all")
    manifest = run_recordings.read(settings)
    transfer.check_start(settings.init_from, (), manifest)
    run = run_folder.RunDir(arguments.runs, EXPERIMENT, settings.name)
    with run.locked():
        run_settings.keep(
            run,
            {
                "folds": arguments.folds,
                **flags.leaves(settings),
                **run_recordings.identity(manifest),
            },
            config=settings,
        )
        bucket_copies.check(arguments.copy_to, run)
        environment = run.write_environment(command, settings.seed)
        rows = run_recordings.folds(manifest, arguments.folds)
        asked = list(range(arguments.folds))
        if arguments.fold is not None:
            asked = [arguments.fold]
        done = [score_fold(settings, manifest, rows, k, run) for k in asked]
        if len(done) == arguments.folds:
            report_pooled(settings, manifest, rows, done, run, environment)
            bucket_copies.make(arguments.copy_to, run)
    return 0


def parse(command: list[str]) -> argparse.Namespace:
    """Reads the command line."""
    parser = run_settings.parser(EXPERIMENT, __doc__, baseline_config.PRESETS)
    parser.add_argument("--folds", type=int, default=5, help="how many (5)")
    parser.add_argument("--fold", type=int, help="only this one, from 0")
    arguments = parser.parse_args(command)
    if arguments.folds < 2:
        parser.error(f"--folds must be at least 2. Received: {arguments.folds}")
    if arguments.fold is not None and not 0 <= arguments.fold < arguments.folds:
        parser.error(
            f"--fold must be in 0..{arguments.folds - 1}. "
            f"Received: {arguments.fold}"
        )
    return arguments


def score_fold(
    settings: baseline_config.BaselineConfig,
    manifest: manifests.Manifest,
    rows: list[npt.NDArray[np.int64]],
    fold: int,
    run: run_folder.RunDir,
) -> dict:
    """Trains on all other folds and scores this one.

    Returns:
        `scores` float32 `[fold's recordings, tags]`, `seconds` of training, and
        the fold's own `figures`.
    """
    held = rows[fold]
    outside = np.setdiff1d(np.arange(len(manifest.tracks)), held)
    part = run_folder.RunDir(run.path, "folds", f"fold_{fold}")
    if not (part.path / "scores.npz").exists():
        print(
            f"fold {fold}: training on "
            f"{counts_in_words.count(len(outside), 'recording')}, "
            f"scoring {len(held)}",
            flush=True,
        )
    found = fold_scores.train_and_score(settings, manifest, outside, held, part)
    truth = manifest.subset(held).labels()
    figures = evaluation.quick(truth, found["scores"])
    minutes = float(found["seconds"]) / 60
    print(
        f"fold {fold}  MAP {figures['map']:.3f}  "
        f"ROC-AUC {figures['roc_auc']:.3f}  P@10 {figures['p_at_10']:.3f}  "
        f"({counts_in_words.count(len(held), 'recording')}, "
        f"{minutes:.1f} min of training)",
        flush=True,
    )
    return {**found, "figures": figures}


def report_pooled(
    settings: baseline_config.BaselineConfig,
    manifest: manifests.Manifest,
    rows: list[npt.NDArray[np.int64]],
    done: list[dict],
    run: run_folder.RunDir,
    environment: dict,
) -> None:
    """Writes and prints the figures of all recordings together."""
    truth = manifest.labels()
    probabilities = np.zeros_like(truth)
    for held, fold in zip(rows, done, strict=True):
        probabilities[held] = fold["scores"]
    scores = out_of_fold.over_prior(probabilities, truth, rows)
    names = manifest.vocabulary.names
    evaluation.write_scores(run, manifest, names, truth, scores)
    minutes = [float(fold["seconds"]) / 60 for fold in done]
    plain = metrics.summarize(truth, probabilities)
    means = {
        name: float(np.mean([fold["figures"][name] for fold in done]))
        for name in done[0]["figures"]
    }
    summary = {
        "evaluated_on": f"{len(rows)} folds by artist, scored out of fold",
        **metrics.summarize(truth, scores),
        # Within a recording, a frequent tag has to come first.
        "recording_p_at_10": plain["recording_p_at_10"],
        "by_probabilities": plain,
        # Pooled figures also say whether the folds' models agree in scale.
        "within_folds": means,
        "training_minutes_per_fold": minutes,
        "manifest_fingerprint": manifest.fingerprint,
        "leaks": splits.audit(manifest.tracks)["artists"],
        "environment": environment,
    }
    run.write_json("metrics.json", summary)
    run.write_csv("per_tag.csv", metrics.per_tag_table(truth, scores, names))
    scored = counts_in_words.count(len(truth), "recording")
    print(f"\npooled over {len(rows)} folds, {scored}")
    print(evaluation.figures_table(summary))
    print(
        f"mean of the folds by themselves: MAP {means['map']:.3f}, ROC-AUC "
        f"{means['roc_auc']:.3f}, P@10 {means['p_at_10']:.3f}"
    )
    print(
        f"{np.mean(minutes):.1f} minutes of training a fold; "
        f"everything in {run.path}"
    )


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
