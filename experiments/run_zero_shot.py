"""Asks a dual encoder for tags that it was never trained on.

```
python -m experiments.run_zero_shot
python -m experiments.run_zero_shot --data DIR --preset strong \\
    --unseen-count 30 --draws 5
```

The embedded data set has its own unseen tags: synonyms of trained tags, and
instruments that no training recording plays. Of other data, every draw keeps
other tags from training. Where there is no test split, draw `k` tests on the
`k`-th fold of the artists and trains on all others, for a fixed number of
epochs: nothing is selected on what is scored. A draw that is finished is
kept; the same `--name` goes on where the last call stopped.
"""

import argparse
import dataclasses
import sys

import numpy as np

from experiments import (
    console,
    dual_config,
    flags,
    run_baseline,
    run_dir,
    zero_shot_draw,
    zero_shot_table,
)
from pipelines import manifest as manifests
from pipelines import splits, synthetic_unseen
from tftag import (
    command_line,
    hubness,
    tag_draws,
    tag_split,
    word_sources,
    zero_shot,
)

EXPERIMENT = "zero_shot"
FOLDS = 5


def main(argv: list[str] | None = None) -> int:
    """Trains and scores all draws, and prints the table."""
    command = sys.argv[1:] if argv is None else argv
    arguments = parse(command)
    console.begin()
    settings = flags.from_arguments(arguments, dual_config.PRESETS)
    settings = dataclasses.replace(settings, train_on="all")
    manifest = read_data(settings)
    vectors = word_sources.open_source(settings.words)
    run = run_dir.RunDir(arguments.runs, EXPERIMENT, settings.name)
    with run.locked():
        check_settings(run, settings, arguments.draws, manifest)
        environment = run.write_environment(command, settings.seed)
        covered = vectors.coverage(
            manifest.vocabulary.names, manifest.labels().sum(axis=0)
        )
        print(f"{vectors.source}: {covered}", flush=True)
        found = [
            score_draw(settings, manifest, vectors, number, run)
            for number in range(arguments.draws)
        ]
        summary = {
            "protocol": settings.protocol,
            "words": vectors.source,
            "tag_coverage": covered.tag_share,
            "annotation_coverage": covered.annotation_share,
            "draws": found,
            "methods": {
                method: tag_draws.combine([d["figures"][method] for d in found])
                for method in zero_shot_draw.METHODS
            },
            "manifest_fingerprint": manifest.fingerprint,
            "leaks": splits.audit(manifest.tracks)["artists"],
            "environment": environment,
        }
        run.write_json("metrics.json", summary)
        rows = zero_shot_table.rows(summary)
        run.write_csv("zero_shot.csv", rows)
        print(zero_shot_table.text(summary))
        print(f"everything in {run.path}")
    return 0


def parse(command: list[str]) -> argparse.Namespace:
    """Reads the command line."""
    parser = command_line.Parser(
        prog="python -m experiments.run_zero_shot",
        description=__doc__.split("\n")[0],
        epilog="In brackets: the value in each preset.",
    )
    parser.add_argument(
        "--draws", type=int, default=1, help="of unseen tags (1)"
    )
    parser.add_argument("--runs", default="runs", help="folder of all runs")
    flags.add_flags(parser, dual_config.PRESETS)
    arguments = parser.parse_args(command)
    if arguments.draws < 1:
        parser.error(f"--draws must be at least 1. Received: {arguments.draws}")
    return arguments


def read_data(settings: dual_config.DualConfig) -> manifests.Manifest:
    """Reads the manifest; makes the embedded data set when it is asked for."""
    if settings.data != "synthetic":
        return run_baseline.read_data(settings)
    folder = synthetic_unseen.make(
        SYNTHETIC_FOLDER, sample_rate_hz=settings.audio.sample_rate_hz
    )
    return run_baseline.read_data(
        dataclasses.replace(settings, data=str(folder))
    )
