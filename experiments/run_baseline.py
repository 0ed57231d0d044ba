"""Trains, evaluates and exports a tagger.

```
python -m experiments.run_baseline
python -m experiments.run_baseline --data DIR --preset strong --name first
```

The same `--name` goes on where an interrupted run stopped, and ends with the
same weights as a run that was left alone.
"""

import argparse
import pathlib
import sys

import numpy as np

from experiments import (
    config,
    console,
    copies,
    evaluation,
    flags,
    illustrations,
    run_dir,
    training,
)
from pipelines import decode, synthetic
from pipelines import manifest as manifests
from tftag import calibration, command_line, export

EXPERIMENT = "baseline"
SYNTHETIC_FOLDER = pathlib.Path("data/synthetic")
ON_VALIDATION = "validation, also used for selection"
ON_TRAINING = "a sample of the training recordings: nothing was held out"


def main(argv: list[str] | None = None) -> int:
    """Runs the experiment, or goes on with it."""
    command = sys.argv[1:] if argv is None else argv
    arguments = parse(command)
    console.begin()
    settings = flags.from_arguments(arguments, config.PRESETS)
    manifest = read_data(settings)
    train, validation, test = parts(settings, manifest)
    run = run_dir.RunDir(arguments.runs, EXPERIMENT, settings.name)
    with run.locked():
        begin(run, settings, manifest)
        if run.finished:
            print(f"{run.path} is finished; another --name starts a new run.")
            copies.make(arguments.copy_to, run)
            return 0
        copies.check(arguments.copy_to, run)
        run.write_environment(command, settings.seed)
        print(headline(run, settings, manifest), flush=True)
        # A place that cannot be written to is said before hours of training.
        pathlib.Path(arguments.export).mkdir(parents=True, exist_ok=True)
        trained = training.train_tagger(settings, train, validation, run)
        report, fitted, judged, scores = judge(
            settings, trained, train, validation, test
        )
        summary = {**report.summary, **about(settings, manifest, trained)}
        run.write_csv("per_tag.csv", report.table)
        illustrate(run, settings, trained, report, judged, scores, fitted)
        project(run, settings, trained, judged)
        exported = export.export_tagger(
            trained.model,
            settings.audio,
            manifest.vocabulary,
            fitted,
            card(run, settings, manifest, summary),
            arguments.export,
        )
        run.write_json("metrics.json", {**summary, "export": str(exported)})
    print(closing(run, summary, exported, judged))
    copies.make(arguments.copy_to, run)
    return 0


def parse(command: list[str]) -> argparse.Namespace:
    """Reads the command line."""
    parser = command_line.Parser(
        prog="python -m experiments.run_baseline",
        description=__doc__.split("\n")[0],
        epilog="In brackets: the value in each preset.",
    )
    parser.add_argument("--runs", default="runs", help="folder of runs (runs)")
    parser.add_argument(
        "--export",
        default="saved_models/baseline",
        help="folder that gets the SavedModel under the next free number "
        "(%(default)s)",
    )
    copies.add_flag(parser)
    flags.add_flags(parser, config.PRESETS)
    return parser.parse_args(command)


def read_data(settings: config.BaselineConfig) -> manifests.Manifest:
    """Reads the manifest; makes the embedded data set when it is asked for."""
    folder = settings.data
    if folder == config.SYNTHETIC:
        folder = synthetic.make(
            SYNTHETIC_FOLDER, sample_rate_hz=settings.audio.sample_rate_hz
        )
    manifest = manifests.read_manifest(folder)
    if not manifest.tracks:
        raise ValueError(
            f"A data set must hold recordings. Received: none in {folder}"
        )
    if manifest.sample_rate_hz != settings.audio.sample_rate_hz:
        raise ValueError(
            "The data must have the sample rate of the model, "
            f"{settings.audio.sample_rate_hz} Hz. Received: "
            f"{manifest.sample_rate_hz} Hz in {folder}; set --sample-rate-hz "
            "or prepare the data again"
        )
    return manifest


def parts(settings: config.BaselineConfig, manifest: manifests.Manifest):
    """Returns the recordings to train, validate and test on.

    The last two are None where there are none; with `train_on` all, all
    recordings are trained on.
    """
    if settings.train_on == "all":
        return manifest, None, None
    found = manifest.split_counts
    for name in ("train", "validation"):
        if name not in found:
            raise ValueError(
                f"Training needs a {name} split; --train-on all goes without "
                f"validation. Received: {found} in {manifest.folder}"
            )
    test = manifest.split("test") if "test" in found else None
    return manifest.split("train"), manifest.split("validation"), test


def begin(run, settings, manifest) -> None:
    """Writes what the run is about, or refuses to go on with another one."""
    now = {
        "config.json": run_dir.plain(flags.leaves(settings)),
        "data.json": {
            "fingerprint": manifest.fingerprint,
            "folder": str(manifest.folder),
            "source": manifest.source,
            "recordings": manifest.split_counts,
            "recording_ids": [
                track.track_id
                for track in manifest.tracks
                if settings.train_on == "all" or track.split != "test"
            ],
            "audit": manifest.audit,
            "tags": list(manifest.vocabulary.names),
        },
    }
    before = run.read_json("config.json")
    # A run that was refused before its first step may be changed.
    if before is not None and (run.finished or any(run.checkpoints.glob("*"))):
        changed = flags.differences(before, now["config.json"])
        data = run.read_json("data.json")["fingerprint"]
        if data != manifest.fingerprint:
            changed.append(f"data: {data} -> {manifest.fingerprint}")
        if changed:
            raise ValueError(
                "A run must go on as it began; choose another --name. "
                f"Received: {'; '.join(changed)} in {run.path}"
            )
        return
    for file_name, content in now.items():
        run.write_json(file_name, content)


def headline(run, settings, manifest) -> str:
    """Says what is about to be done."""
    counts = ", ".join(f"{n} {s}" for s, n in manifest.split_counts.items())
    return (
        f"{run.path}: preset {settings.preset}, {len(manifest.vocabulary)} "
        f"tags, {counts} recordings in {manifest.folder}"
    )


def judge(settings, trained, train, validation, test):
    """Scores the trained model on the best recordings there are for it.

    Returns:
        The report, the calibration to export, the recordings and their scores.
    """

    def score(part):
        reader = decode.SliceReader(part, settings.audio.clip_samples)
        return evaluation.score_manifest(
            trained.model,
            part,
            settings.audio,
            reader,
            settings.training.batch_size,
        )

    names = train.vocabulary.names
    if validation is None:
        fitted = calibration.identity(len(names))
        readable = evaluation.readable(train, trained.lost)
        judged = training.sample(readable, settings.seed)
        scores, thresholds, label = score(judged), fitted, ON_TRAINING
    else:
        judged, scores = validation, score(validation)
        fitted = calibration.fit(validation.labels(), scores)
        thresholds, label = None, ON_VALIDATION
    if test is not None:
        judged, scores = test, score(test)
        thresholds, label = fitted, "test"
    report = evaluation.report(
        judged.labels(), scores, names, thresholds, label
    )
    return report, fitted, judged, scores


def illustrate(run, settings, trained, report, judged, scores, fitted):
    """Writes scores, figures, and what TensorBoard shows."""
    names, truth = judged.vocabulary.names, judged.labels()
    evaluation.write_scores(run, judged, names, truth, scores)
    drawn = illustrations.draw(
        run, report, names, truth, scores, trained.history
    )
    illustrations.show(
        run, settings, trained, report, drawn, judged, scores, fitted
    )


def project(run, settings, trained, judged) -> None:
    """Writes what the last layer sees of each recording, for the projector."""
    embeddings = evaluation.embed_manifest(
        trained.model,
        judged,
        settings.audio,
        decode.SliceReader(judged, settings.audio.clip_samples),
        settings.training.batch_size,
    )
    illustrations.project(run, judged, embeddings)


def about(settings, manifest, trained) -> dict:
    """What metrics.json says beside the figures."""
    best = trained.history[trained.best_epoch - 1]
    return {
        "leaks": manifest.audit,
        "labels_shuffled": settings.shuffle_labels,
        "lost_recordings": trained.lost,
        "epoch": trained.best_epoch,
        "epochs": len(trained.history),
        "at_that_epoch": {k: v for k, v in best.items() if k != "epoch"},
        "training_seconds": round(trained.seconds, 1),
        "parameters": int(
            sum(np.prod(w.shape) for w in trained.model.trainable_weights)
        ),
    }


def card(run, settings, manifest, summary) -> dict:
    """What the export says about how it was made."""
    environment = run.read_json("environment.json")
    return run_dir.plain(
        {
            "experiment": run.experiment,
            "run": str(run.path),
            "settings": flags.leaves(settings),
            "data": run.read_json("data.json"),
            "metrics": summary,
            "environment": environment["starts"][-1],
        }
    )


def closing(run, summary, exported, judged) -> str:
    """Says what was made, where, and what to try next."""
    example = console.quoted(judged.wav_path(judged.tracks[0]))
    python = console.quoted(sys.executable)
    return "\n".join(
        [
            "",
            f"{summary['recordings']} recordings, {summary['evaluated_on']}",
            evaluation.figures_table(summary),
            "",
            f"run        {run.path}",
            f"figures    {run.figures}",
            f"export     {console.short(exported)}",
            "",
            "Next:",
            f"  {python} -m tensorboard.main --logdir "
            f"{console.quoted(run.path.parent)}",
            f"  {python} -m tftag tag {console.quoted(exported)} {example}",
        ]
    )


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
