r"""Asks a dual encoder for tags that it was never trained on.

```
python -m experiments.run_zero_shot
python -m experiments.run_zero_shot --data DIR --preset strong \
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

from experiments.recordings import run_recordings, unseen_tags
from experiments.runs import bucket_copies, console, run_folder, run_settings
from experiments.settings import baseline_config, dual_encoder_config, flags
from experiments.training.transfer_learning import transfer
from experiments.zero_shot import table, unseen_draw
from pipelines import splits
from tftag import words
from tftag.cli import arguments as arguments_lib
from tftag.cli import command_line
from tftag.console import counts_in_words
from tftag.search import hubness
from tftag.storage import plain_json
from tftag.words import sources
from tftag.zero_shot import repeated_draws

EXPERIMENT = "zero_shot"


def main(argv: list[str] | None = None) -> int:
    """Trains and scores all draws, and prints the table."""
    command = sys.argv[1:] if argv is None else argv
    arguments = parse(command)
    console.begin()
    settings = flags.from_arguments(arguments, dual_encoder_config.PRESETS)
    settings = dataclasses.replace(settings, train_on="all")
    is_drawn = settings.unseen_count or settings.unseen_draws
    if settings.data != baseline_config.SYNTHETIC and not is_drawn:
        raise ValueError(
            "Some tags must be kept from training: set --unseen-count or "
            "--unseen-draws. Received: neither"
        )
    manifest = run_recordings.read(settings)
    plans = unseen_tags.plan_draws(settings, manifest, arguments.draws)
    starts = [
        transfer.check_start(settings.init_from, plan.split.unseen, plan.test)
        for plan in plans
    ]
    vectors = sources.open_source(settings.words)
    for plan in plans:
        unseen_draw.check_words(manifest.vocabulary.names, plan.split, vectors)
    run = run_folder.RunDir(arguments.runs, EXPERIMENT, settings.name)
    with run.locked():
        run_settings.keep(
            run,
            {**flags.leaves(settings), **run_recordings.identity(manifest)},
            config=settings,
        )
        bucket_copies.check(arguments.copy_to, run)
        environment = run.write_environment(command, settings.seed)
        covered = vectors.coverage(
            manifest.vocabulary.names, manifest.labels().sum(axis=0)
        )
        print(f"{vectors.source}: {covered}", flush=True)
        found = [
            score_draw(settings, plan, vectors, run)
            | {"recordings_of_init_from": start}
            for plan, start in zip(plans, starts, strict=True)
        ]
        summary = {
            "protocol": settings.protocol,
            "body": settings.body,
            "words": vectors.source,
            "tag_coverage": covered.tag_share,
            "annotation_coverage": covered.annotation_share,
            "draws": found,
            "figures": repeated_draws.combine([d["figures"] for d in found]),
            "manifest_fingerprint": manifest.fingerprint,
            "leaks": splits.audit(manifest.tracks)["artists"],
            "environment": environment,
        }
        run.write_json("metrics.json", summary)
        rows = table.rows(summary)
        run.write_csv("zero_shot.csv", rows)
        print(table.text(summary))
        print(f"everything in {run.path}")
        bucket_copies.make(arguments.copy_to, run)
    return 0


def parse(command: list[str]) -> argparse.Namespace:
    """Reads the command line."""
    parser = run_settings.parser(
        EXPERIMENT, __doc__, dual_encoder_config.PRESETS
    )
    parser.add_argument(
        "--draws",
        type=arguments_lib.count,
        default=1,
        help="of unseen tags (1)",
    )
    return parser.parse_args(command)


def score_draw(
    settings: dual_encoder_config.DualConfig,
    plan: unseen_tags.Plan,
    vectors: words.WordVectors,
    run: run_folder.RunDir,
) -> dict:
    """Trains and scores one draw.

    Returns:
        What `zero_shot.evaluate` says of each method under `figures`, by kind
        of unseen tag, and what the draw was.
    """
    truth, names = plan.test.labels(), plan.test.vocabulary.names
    seen = plan.split.seen
    part = run_folder.RunDir(run.path, "draws", f"draw_{plan.number}")
    _keep_unseen(part, plan)
    print(
        f"draw {plan.number}: {len(seen)} tags seen, "
        f"{len(plan.split.unseen)} not, testing on "
        f"{counts_in_words.count(len(truth), 'recording')}",
        flush=True,
    )
    scores, seconds = unseen_draw.run_draw(settings, plan, vectors, part.path)
    figures = {
        kind: {
            method: unseen_draw.figures(truth, found, names, seen, tags)
            for method, found in scores.items()
        }
        for kind, tags in plan.kinds.items()
    }
    return {
        "unseen": plan.kinds,
        "training_recordings": len(plan.learnt.tracks),
        "test_recordings": len(truth),
        "seen_tags_without_recording": plan.lost_tags,
        "training_seconds": seconds,
        "hubness": {
            method: hubness.hubness(found.T) for method, found in scores.items()
        },
        "figures": figures,
    }


def _keep_unseen(part, plan):
    """Notes the tags of a draw, or refuses to go on with others."""
    asked = plain_json.plain({"unseen": plan.kinds})
    began = part.read_json("draw.json")
    if began not in (None, asked):
        raise ValueError(
            f"Draw {plan.number} must go on with the tags that it began with; "
            f"choose another --name. Received: {plan.kinds} in {part.path}"
        )
    part.write_json("draw.json", asked)


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
