"""Trains, evaluates and exports a dual encoder: any tag finds its music.

```
python -m experiments.run_dual_encoder
python -m experiments.run_dual_encoder --data DIR --preset strong --name first
```

The embedded data set has tags that nothing is trained on; of other data,
`--unseen-count` keeps some. The same `--name` goes on where an interrupted run
stopped.
"""

import argparse
import pathlib
import shlex
import sys

from experiments import (
    console,
    copies,
    dual_config,
    dual_data,
    dual_training,
    evaluation,
    flags,
    illustrations,
    plots,
    run_baseline,
    run_dir,
    run_zero_shot,
    space_plots,
)
from tftag import command_line, export, word_sources

EXPERIMENT = "dual_encoder"


def main(argv: list[str] | None = None) -> int:
    """Runs the experiment, or goes on with it."""
    command = sys.argv[1:] if argv is None else argv
    arguments = parse(command)
    console.begin()
    settings = flags.from_arguments(arguments, dual_config.PRESETS)
    manifest = dual_data.read_data(settings)
    train, validation, test = run_baseline.parts(settings, manifest)
    judged = test or validation or train
    kinds = dual_data.unseen_tags(settings, train, judged)
    names = manifest.vocabulary.names
    seen = tuple(n for n in names if not any(n in k for k in kinds.values()))
    if kinds:
        if judged is train:
            raise ValueError(
                "Unseen tags are asked of recordings that are held out: use "
                "--train-on train. Received: --train-on all"
            )
        dual_data.check_apart(train, judged)
        split = dual_data.split_of(names, kinds)
        train, _ = dual_data.to_learn(settings.protocol, train, split)
        dual_data.check_start(settings, split.unseen, judged)
    vectors = word_sources.open_source(settings.words)
    run = run_dir.RunDir(arguments.runs, EXPERIMENT, settings.name)
    with run.locked():
        known = dual_data.with_tags(manifest, seen)
        run_baseline.begin(run, settings, known)
        if run.finished:
            print(f"{run.path} is finished; another --name starts a new run.")
            copies.make(arguments.copy_to, run)
            return 0
        copies.check(arguments.copy_to, run)
        run.write_environment(command, settings.seed)
        print(run_baseline.headline(run, settings, known), flush=True)
        covered = vectors.coverage(names, manifest.labels().sum(axis=0))
        print(f"{vectors.source}: {covered}", flush=True)
        pathlib.Path(arguments.export).mkdir(parents=True, exist_ok=True)
        train, validation, test = (
            part and dual_data.with_tags(part, seen)
            for part in (train, validation, test)
        )
        trained = dual_training.train(settings, train, validation, vectors, run)
        report, fitted, scored, scores = run_baseline.judge(
            settings, trained, train, validation, test
        )
        recordings = dual_training.embed_recordings(
            trained.model, scored, settings
        )
        tag_space = dual_training.embed_tags(trained.model, names, vectors)
        similarity = recordings @ tag_space.T
        truth = dual_data.with_tags(scored, names).labels()
        summary = {
            **report.summary,
            **run_baseline.about(settings, known, trained),
            "protocol": settings.protocol,
            "words": vectors.source,
            "tag_coverage": covered.tag_share,
            "zero_shot": {
                kind: run_zero_shot.figures_of(
                    truth, similarity, names, seen, tags
                )
                for kind, tags in kinds.items()
            },
        }
        run.write_csv("per_tag.csv", report.table)
        run_baseline.illustrate(
            run, settings, trained, report, scored, scores, fitted
        )
        illustrate_space(run, scored, truth, names, seen, recordings, tag_space)
        exported = export.export_dual_encoder(
            trained.model,
            settings.audio,
            known.vocabulary,
            fitted,
            vectors,
            run_baseline.card(run, settings, known, summary),
            arguments.export,
        )
        run.write_json("metrics.json", {**summary, "export": str(exported)})
    print(zero_shot_lines(summary))
    print(run_baseline.closing(run, summary, exported, scored))
    print(search_line(exported, scored))
    copies.make(arguments.copy_to, run)
    return 0


def parse(command: list[str]) -> argparse.Namespace:
    """Reads the command line."""
    parser = command_line.Parser(
        prog="python -m experiments.run_dual_encoder",
        description=__doc__.split("\n")[0],
        epilog="In brackets: the value in each preset.",
    )
    parser.add_argument("--runs", default="runs", help="folder of runs (runs)")
    parser.add_argument(
        "--export",
        default="saved_models/dual_encoder",
        help="folder that gets the SavedModel under the next free number "
        "(%(default)s)",
    )
    copies.add_flag(parser)
    flags.add_flags(parser, dual_config.PRESETS)
    return parser.parse_args(command)


def illustrate_space(
    run, judged, truth, names, seen, recordings, tag_space
) -> None:
    """Draws recordings and tags in their one space."""
    for name, figure in {
        "similarity": space_plots.similarity(
            truth, recordings, tag_space, names, seen
        ),
        "space": space_plots.space(truth, recordings, tag_space, names, seen),
    }.items():
        plots.save(figure, run.figures / f"{name}.png")
    illustrations.project(run, judged, recordings, tag_space, names)


def search_line(exported, scored) -> str:
    """A search to try on the recordings that were scored."""
    wanted, unwanted = scored.vocabulary.names[:2]
    folder = scored.wav_path(scored.tracks[0]).parent
    return (
        f"  {console.quoted(sys.executable)} -m tftag search "
        f"{console.quoted(exported)} {console.quoted(folder)} "
        + shlex.quote(f"{wanted} -{unwanted}")
    )


def zero_shot_lines(summary: dict) -> str:
    """What the model says of tags that it was not trained on."""
    lines = []
    for kind, figures in summary["zero_shot"].items():
        found = figures["tag_to_recordings"]["unseen"]
        lines += ["", f"not trained on: {kind}, {found['tags_counted']} tags"]
        for name in ("roc_auc", "map", "p_at_10"):
            low, high = found[name]["ci95"]
            lines.append(
                f"{evaluation.TITLES[name]:18}{found[name]['value']:7.3f}   "
                f"{low:.3f} to {high:.3f}"
            )
        by_chance = found["map"]["random_order"]
        lines[-2] += f"   {by_chance:.3f} in a random order"
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
