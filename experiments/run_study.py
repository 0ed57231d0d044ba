"""Answers a question by trainings side by side, fold by fold.

```
python -m experiments.run_study --list
python -m experiments.run_study loss --data data/4q --budget 60
```

Every arm trains on the same folds by artist under the same seeds, a narrow
network for 30 epochs, and is compared with the control on the same recordings.
`--budget` ends with the last fold that fits; the same `--name` goes on from
there. `--members 2 --epochs 100 --average-decay 0.998` has the arms in the full
length of the preset `strong`.
"""

import argparse
import dataclasses
import sys

import numpy as np
import numpy.typing as npt

from experiments.data import recordings
from experiments.figures import plots, study_plot
from experiments.runs import bucket_copies, console, run_folder, run_settings
from experiments.settings import baseline_config, flags
from experiments.studies import catalogue, jobs, study, summary
from pipelines import manifest as manifests
from pipelines import splits
from tftag.cli import command_line

EXPERIMENT = "study"
# Short enough that all studies fit into a day on two cores.
_SCREENING = {"members": 1, "epochs": 30, "average_decay": 0.99}


def main(argv: list[str] | None = None) -> int:
    """Trains the arms, and writes table, figure and answer."""
    command = sys.argv[1:] if argv is None else argv
    arguments = parse(command)
    if arguments.list or arguments.study is None:
        for name, asked in catalogue.STUDIES.items():
            print(f"{name:16}{asked.question}  [{len(asked.arms)} arms]")
        return 0
    console.begin()
    asked = catalogue.STUDIES[arguments.study]
    base = flags.replace(
        baseline_config.PRESETS[vars(arguments).get("preset", "strong")](),
        _SCREENING
        | {k: v for k, v in vars(arguments).items() if k != "preset"},
    )
    base = dataclasses.replace(base, train_on="all")
    # Settings that cannot be are refused before anything is trained.
    settings = [flags.leaves(arm.settings(base)) for arm in asked.arms]
    manifest = recordings.read(base)
    run = run_folder.RunDir(
        arguments.runs, EXPERIMENT, base.name or arguments.study
    )
    with run.locked():
        run_settings.keep(
            run,
            {
                "study": arguments.study,
                "folds": arguments.folds,
                "arms": [
                    [arm.title, arm.train_share, values]
                    for arm, values in zip(asked.arms, settings, strict=True)
                ],
                "manifest": manifest.fingerprint,
            },
        )
        bucket_copies.check(arguments.copy_to, run)
        environment = run.write_environment(command, base.seed)
        folds = splits.folds(
            manifest.tracks.texts("artist"),
            manifest.tracks.texts("audio_hash"),
            arguments.folds,
        )
        jobs.check(asked, base, manifest, folds)
        print(asked.question, flush=True)
        done = []
        for block in jobs.blocks(
            asked,
            base,
            manifest,
            folds,
            arguments.seeds,
            run,
            60.0 * arguments.budget,
        ):
            done.append(block)
            print(f"seed {block.seed}, fold {block.fold} is done", flush=True)
        found = summary.summarize(asked, done, manifest.labels(), folds)
        report(asked, found, done, manifest, folds, run, environment)
        bucket_copies.make(arguments.copy_to, run)
        left = arguments.seeds * arguments.folds - len(done)
        if left:
            print(
                f"{left} of {arguments.seeds * arguments.folds} folds did not "
                "fit into --budget; the same command goes on with them"
            )
        print(f"everything in {run.path}")
    return 0


def parse(command: list[str]) -> argparse.Namespace:
    """Reads the command line."""
    presets = {
        name: baseline_config.PRESETS[name] for name in ("strong", "demo")
    }
    parser = run_settings.parser(EXPERIMENT, __doc__, presets)
    add = parser.add_argument
    add("study", nargs="?", choices=tuple(catalogue.STUDIES), help="which")
    add("--list", action="store_true", help="the studies and their questions")
    add("--folds", type=int, default=5, help="how many, by artist (5)")
    add("--seeds", type=int, default=1, help="trainings of each arm (1)")
    add(
        "--budget",
        type=float,
        default=float("inf"),
        metavar="MINUTES",
        help="no fold is begun that would end later (no limit)",
    )
    arguments = parser.parse_args(command)
    for name, least in (("folds", 2), ("seeds", 1)):
        if getattr(arguments, name) < least:
            parser.error(
                f"--{name} must be at least {least}. "
                f"Received: {getattr(arguments, name)}"
            )
    if not arguments.budget > 0:
        parser.error(
            "--budget must be minutes greater than 0. "
            f"Received: {arguments.budget:g}"
        )
    return arguments


def report(
    asked: study.Study,
    found: dict,
    done: list,
    manifest: manifests.Manifest,
    folds: list[npt.NDArray[np.int64]],
    run: run_folder.RunDir,
    environment: dict,
) -> None:
    """Writes the files of a study and prints its table."""
    truth = manifest.labels()
    drawn = study_plot.differences(found)
    if asked.is_curve:
        counts = {
            arm.title: len(
                jobs.learnt_rows(manifest, folds[0], arm.train_share, 0)
            )
            for arm in asked.arms
        }
        drawn = study_plot.curve(found, counts)
        found["learnt_from"] = counts
    run.figures.mkdir(exist_ok=True)
    plots.save(drawn, run.figures / "study.png")
    run.write_csv(
        "per_tag.csv",
        summary.per_tag(asked, done, truth, folds, manifest.vocabulary.names),
    )
    run.write_json("metrics.json", {**found, "environment": environment})
    print(summary.table(found))


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
