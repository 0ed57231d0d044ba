"""Trains, evaluates and exports a tagger.

```
python -m experiments.run_baseline
python -m experiments.run_baseline --data DIR --preset strong --name first
```

The same `--name` goes on where an interrupted run stopped, and ends with the
same weights as a run that was left alone.
"""

import sys

from experiments.figures import illustrations
from experiments.recordings import run_recordings
from experiments.runs import console, run_folder, training_result
from experiments.scoring import evaluation, held_out
from experiments.settings import baseline_config, flags
from experiments.training import exported_run
from experiments.training.transfer_learning import averaged_training, transfer
from tftag.cli import command_line
from tftag.export import compute_precision, saved_model
from tftag.storage import plain_json
from tftag.storage.remote import hub

EXPERIMENT = "baseline"


def main(argv: list[str] | None = None) -> int:
    """Runs the experiment, or goes on with it."""
    command = sys.argv[1:] if argv is None else argv
    arguments = exported_run.parse(
        EXPERIMENT,
        __doc__,
        baseline_config.PRESETS,
        command,
        tuple(saved_model.PRECISIONS),
    )
    console.begin()
    settings = flags.from_arguments(arguments, baseline_config.PRESETS)
    _check_precision(arguments.export_precision, settings)
    with exported_run.joined(arguments) as workers:
        return _experiment(arguments, command, settings, workers)


def _experiment(arguments, command, settings, workers) -> int:
    with workers.chief_first():  # it may be made now
        manifest = run_recordings.read(settings)
    train, validation, test = run_recordings.parts(settings, manifest)
    evaluation.check_scored(validation, test)
    transfer.check_start(settings.init_from, (), test)
    if not workers.is_chief:
        return exported_run.follow(
            workers,
            settings,
            manifest,
            lambda: averaged_training.train_tagger(
                settings, train, validation, None, workers
            ),
        )
    run = run_folder.RunDir(arguments.runs, EXPERIMENT, settings.name)
    with run.locked():
        if not exported_run.begin(
            run, arguments, command, settings, manifest, workers
        ):
            return 0
        trained = averaged_training.train_tagger(
            settings, train, validation, run, workers
        )
        result = held_out.evaluate(settings, trained, train, validation, test)
        illustrations.illustrate(run, settings, trained, result)
        # What the last layer sees of each recording.
        embeddings = evaluation.output_means(
            trained.model.body(),
            result.recordings,
            settings.audio,
            settings.training.batch_size,
        )
        illustrations.project(run, result.recordings, embeddings)
        summary = {
            **result.report.summary,
            **exported_run.about(settings, manifest, trained),
        }
        exported = exported_run.export_once(
            run,
            arguments,
            lambda: saved_model.export_tagger(
                trained.model,
                settings.audio,
                manifest.vocabulary,
                result.fitted,
                {
                    **exported_run.card(run, settings, summary),
                    **averaged_training.card(settings),
                    **cost_of(
                        arguments.export_precision, settings, trained, result
                    ),
                },
                arguments.export,
                precision=arguments.export_precision,
            ),
        )
        exported_run.finish(run, arguments, summary, exported, result)
    return 0


def _check_precision(precision, settings):
    """Refuses, before training, what could not be exported after it."""
    if precision != "float32" and settings.init_from.startswith(hub.PREFIX):
        raise ValueError(
            "A tagger on an audio module is exported as the module computes: "
            "leave out --export-precision. "
            f"Received: {precision} with {settings.init_from}"
        )


def cost_of(
    precision: str,
    settings: baseline_config.BaselineConfig,
    trained: training_result.Trained,
    result: held_out.HeldOutResult,
) -> dict:
    """What the card says of a lower precision: the figures that it has."""
    if precision == "float32":
        return {}
    model = compute_precision.bfloat16_copy(trained.model)
    summary = held_out.evaluate_again(settings, model, result).summary
    print(f"in {precision}:\n{evaluation.figures_table(summary)}")
    return plain_json.plain({f"metrics_in_{precision}": summary})


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
