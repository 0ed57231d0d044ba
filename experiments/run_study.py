"""Answers a question by trainings side by side, fold by fold.

```
python -m experiments.run_study --list
python -m experiments.run_study loss --data data/4q --budget 60
```

Every arm trains on the same folds by artist under the same seeds, and is
compared with the control on the same recordings. Studies of the preset `strong`
train one narrow network for 30 epochs; `--members 2 --epochs 100
--average-decay 0.998` trains as long as the preset itself. `--budget` starts no
training that would end later; the same command goes on from there.
"""

import argparse
import dataclasses
import sys

import numpy as np
import numpy.typing as npt

from experiments.figures import plots, study_plot, trace_plot
from experiments.recordings import run_recordings
from experiments.runs import bucket_copies, console, run_folder, run_settings
from experiments.settings import baseline_config, flags
from experiments.studies import all_studies, jobs, markdown, study, summary
from pipelines import manifest as manifests
from tftag.cli import arguments as arguments_lib
from tftag.cli import command_line
from tftag.storage import atomic_write

EXPERIMENT = "study"
_SHORT: dict[str, object] = {
    "members": 1,
    "epochs": 30,
    "average_decay": 0.99,
    "score_every": 30,
    "average_with": "",
}
# What a study's preset gives way in, so that all fit into a day on two cores.
# Nothing that was trained beside an arm evens out what it does.
_SCREENING: dict[str, dict[str, object]] = {
    "strong": _SHORT,
    "demo": _SHORT,
    "seed": {"width": 0.125, "score_every": 100},
    "transfer": {"average_with": ""},
}


def main(argv: list[str] | None = None) -> int:
    """Trains the arms, and writes table, figure and answer."""
    command = sys.argv[1:] if argv is None else argv
    arguments = parse(command)
    if arguments.list or arguments.study is None:
        for name, asked in all_studies.STUDIES.items():
            print(f"{name:16}{asked.question}  [{len(asked.arms)} arms]")
        return 0
    console.begin()
    asked = all_studies.STUDIES[arguments.study]
    given = vars(arguments).copy()
    base = base_settings(given.pop("preset", asked.preset), given)
    # Settings that cannot be are refused before anything is trained.
    settings = [flags.leaves(arm.settings(base)) for arm in asked.arms]
    manifest = run_recordings.read(base)
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
        folds = run_recordings.folds(manifest, arguments.folds)
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
        found |= {"study": arguments.study, "command": command}
        report(asked, found, done, manifest, folds, run, environment)
        bucket_copies.make(arguments.copy_to, run)
        left = arguments.seeds * arguments.folds - sum(
            all(result.failure != jobs.LATE for result in block.results)
            for block in done
        )
        if left:
            print(
                f"{left} of {arguments.seeds * arguments.folds} folds did not "
                "fit into --budget; the same command goes on with them"
            )
        print(f"everything in {run.path}")
    return 0


def base_settings(
    preset: str, given: dict[str, object]
) -> baseline_config.BaselineConfig:
    """What all arms of a study have in common.

    Args:
        preset: its settings are the first.
        given: settings by name, which prevail.
    """
    return dataclasses.replace(
        flags.replace(
            baseline_config.PRESETS[preset](),
            _SCREENING.get(preset, {}) | given,
        ),
        train_on="all",
    )


def parse(command: list[str]) -> argparse.Namespace:
    """Reads the command line."""
    presets = {name: baseline_config.PRESETS[name] for name in _SCREENING}
    parser = run_settings.parser(EXPERIMENT, __doc__, presets)
    add = parser.add_argument
    add("study", nargs="?", choices=tuple(all_studies.STUDIES), help="which")
    add("--list", action="store_true", help="the studies and their questions")
    add("--folds", type=int, default=5, help="how many, by artist (5)")
    add(
        "--seeds",
        type=arguments_lib.count,
        default=1,
        help="trainings of each arm (1)",
    )
    add(
        "--budget",
        type=float,
        default=float("inf"),
        metavar="MINUTES",
        help="no training is begun that would end later (no limit)",
    )
    arguments = parser.parse_args(command)
    if arguments.folds < 2:
        parser.error(f"--folds must be at least 2. Received: {arguments.folds}")
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
    # One arm is no curve: the others may have failed, or come too late.
    if asked.is_curve and len(found["arms"]) > 1:
        counts = {
            arm.title: len(
                jobs.learnt_rows(manifest, folds[0], arm.train_share, 0)
            )
            for arm in asked.arms
        }
        drawn = study_plot.curve(found, counts)
        if len(found["arms"]) > 2:
            found["growth"] = summary.growth(found, counts)
            found["answer"] += f" {found['growth']['said']}"
    run.figures.mkdir(exist_ok=True)
    plots.save(drawn, run.figures / "study.png")
    rows = summary.per_tag(asked, done, truth, folds, manifest.vocabulary.names)
    run.write_csv("per_tag.csv", rows)
    if len(rows[0].keys() - {"tag", "count"}) > 1:
        plots.save(study_plot.tags(rows), run.figures / "tags.png")
    # What never began has no end to show.
    histories = {
        arm.title: result.history
        for arm, result in zip(asked.arms, done[0].results, strict=True)
        if result.failure != jobs.LATE
    }
    if all("logit_gradient" in h[0] for h in histories.values() if h):
        plots.save(trace_plot.traces(histories), run.figures / "traces.png")
    run.write_json("metrics.json", {**found, "environment": environment})
    atomic_write.write(run.path / "study.md", markdown.section(found))
    print(summary.table(found))


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
