"""Trains, evaluates and exports a dual encoder: any tag finds its music.

```
python -m experiments.run_dual_encoder
python -m experiments.run_dual_encoder --data DIR --preset strong --name first
```

The embedded data set has tags that nothing is trained on; of other data,
`--unseen-count` keeps some. The same `--name` goes on where an interrupted run
stopped.
"""

import pathlib
import sys
from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from experiments.figures import illustrations, plots, space_plots
from experiments.recordings import run_recordings, unseen_tags
from experiments.runs import console, run_folder
from experiments.scoring import evaluation, held_out
from experiments.settings import dual_encoder_config, flags
from experiments.training import dual_encoder_training, exported_run
from experiments.training.transfer_learning import transfer
from experiments.zero_shot import unseen_draw
from pipelines import manifest as manifests
from tftag.cli import command_line
from tftag.console import counts_in_words
from tftag.export import saved_model
from tftag.search import query
from tftag.words import sources

EXPERIMENT = "dual_encoder"


def main(argv: list[str] | None = None) -> int:
    """Runs the experiment, or goes on with it."""
    command = sys.argv[1:] if argv is None else argv
    arguments = exported_run.parse(
        EXPERIMENT, __doc__, dual_encoder_config.PRESETS, command
    )
    console.begin()
    settings = flags.from_arguments(arguments, dual_encoder_config.PRESETS)
    with exported_run.joined(arguments) as workers:
        return _experiment(arguments, command, settings, workers)


def _experiment(arguments, command, settings, workers) -> int:
    with workers.chief_first():  # it may be made now
        manifest = run_recordings.read(settings)
    names = manifest.vocabulary.names
    train, validation, test = run_recordings.parts(settings, manifest)
    watched = test or validation
    kinds = unseen_tags.by_kind(settings, train, watched or train)
    start = None
    if kinds:
        if watched is None:
            raise ValueError(
                "Unseen tags are asked of recordings that are held out: use "
                "--train-on train. Received: --train-on all"
            )
        plan = unseen_tags.plan(settings.protocol, train, watched, kinds)
        train = plan.learnt
        start = transfer.check_start(
            settings.init_from, plan.split.unseen, watched
        )
        if test is not None:
            # It chooses the epoch, so it has to be apart as well.
            unseen_tags.check_apart(validation or train, test)
    unseen = [name for several in kinds.values() for name in several]
    seen = tuple(name for name in names if name not in unseen)
    unseen_tags.check_seen(seen)
    known = unseen_tags.with_tags(manifest, seen)
    vectors = sources.open_source(settings.words)
    # All are asked for at the end: what lacks is said before the training.
    dual_encoder_training.tag_vectors(names, vectors)
    train = unseen_tags.with_tags(train, seen)
    validation, test = (
        part and unseen_tags.with_tags(part, seen)
        for part in (validation, test)
    )
    evaluation.check_scored(validation, test)
    if not workers.is_chief:
        return exported_run.follow(
            workers,
            settings,
            known,
            lambda: dual_encoder_training.train(
                settings, train, validation, vectors, None, workers, unseen
            ),
        )
    run = run_folder.RunDir(arguments.runs, EXPERIMENT, settings.name)
    with run.locked():
        if not exported_run.begin(
            run, arguments, command, settings, known, workers
        ):
            return 0
        covered = vectors.coverage(names, manifest.labels().sum(axis=0))
        print(f"{vectors.source}: {covered}", flush=True)
        trained = dual_encoder_training.train(
            settings, train, validation, vectors, run, workers, unseen
        )
        result = held_out.evaluate(settings, trained, train, validation, test)
        illustrations.illustrate(run, settings, trained, result)
        audio_space = dual_encoder_training.embed_recordings(
            trained.model, result.recordings, settings
        )
        tag_space = dual_encoder_training.embed_tags(
            trained.model, names, vectors
        )
        all_tags = unseen_tags.with_tags(result.recordings, names)
        illustrate_space(run, all_tags, seen, audio_space, tag_space)
        summary = {
            **result.report.summary,
            **exported_run.about(settings, known, trained),
            "protocol": settings.protocol,
            "recordings_of_init_from": start,
            "words": vectors.source,
            "tag_coverage": covered.tag_share,
            "zero_shot": {
                kind: unseen_draw.figures(
                    all_tags.labels(),
                    audio_space @ tag_space.T,
                    names,
                    seen,
                    tags,
                )
                for kind, tags in kinds.items()
            },
        }
        exported = exported_run.export_once(
            run,
            arguments,
            lambda: saved_model.export_dual_encoder(
                trained.model,
                settings.audio,
                known.vocabulary,
                result.fitted,
                vectors,
                exported_run.card(run, settings, summary),
                arguments.export,
            ),
        )
        if kinds:
            print(zero_shot_lines(summary))
        exported_run.finish(
            run,
            arguments,
            summary,
            exported,
            result,
            search_line(exported, result.recordings),
        )
    return 0


def illustrate_space(
    run: run_folder.RunDir,
    scored: manifests.Manifest,
    seen: Collection[str],
    audio_space: npt.NDArray[np.float32],
    tag_space: npt.NDArray[np.float32],
) -> None:
    """Draws recordings and tags in their one space."""
    truth, names = scored.labels(), scored.vocabulary.names
    for name, figure in {
        "similarity": space_plots.similarity(
            truth, audio_space, tag_space, names, seen
        ),
        "space": space_plots.space(truth, audio_space, tag_space, names, seen),
    }.items():
        plots.save(figure, run.figures / f"{name}.png")
    illustrations.project(run, scored, audio_space, tag_space, names)


def search_line(exported: pathlib.Path, scored: manifests.Manifest) -> str:
    """A search to try on the recordings that were scored."""
    wanted, unwanted = map(query.written, scored.vocabulary.names[:2])
    example = console.example(scored)
    folder = "FOLDER" if example is None else example.parent
    command = console.tftag_command(
        "search", folder, f"{wanted} -{unwanted}", "--model", exported
    )
    return f"\n  {command}"


def zero_shot_lines(summary: dict) -> str:
    """What the model says of tags that it was not trained on."""
    lines = []
    for kind, figures in summary["zero_shot"].items():
        found = figures["tag_to_recordings"]["unseen"]
        counted = counts_in_words.count(found["tags_counted"], "tag")
        lines += ["", f"not trained on: {kind}, {counted}"]
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
