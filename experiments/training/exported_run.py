"""The beginning and the end of a run that trains and exports one model."""

import argparse
import contextlib
import os
import pathlib
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from experiments.runs import (
    bucket_copies,
    console,
    run_folder,
    run_settings,
    training_result,
)
from experiments.scoring import evaluation, held_out
from experiments.settings import dual_encoder_config, flags
from experiments.training.transfer_learning import transfer
from experiments.training.workers import group
from pipelines import manifest as manifests
from tftag.cli import arguments as arguments_lib
from tftag.console import counts_in_words
from tftag.inference import model_card
from tftag.storage import plain_json, plain_path


def parse(
    experiment: str,
    text: str,
    presets: dict,
    command: list[str],
    precisions: Sequence[str] = (),
) -> argparse.Namespace:
    """Reads the command line of such an experiment.

    Args:
        experiment: its name, such as `baseline`.
        text: what it does; the first line is shown.
        presets: name -> function that makes the settings; the first is the
            default.
        command: arguments without the program's name.
        precisions: precisions that the export may compute in; the first is the
            default.
    """
    parser = run_settings.parser(experiment, text, presets)
    parser.add_argument(
        "--export",
        type=arguments_lib.local_path,
        default=f"saved_models/{experiment}",
        help="folder that gets the SavedModel under the next free number "
        "(%(default)s)",
    )
    if precisions:
        parser.add_argument(
            "--export-precision",
            choices=precisions,
            default=precisions[0],
            help="precision that the SavedModel computes in; its card says "
            "what one below float32 costs (%(default)s)",
        )
    parser.add_argument(
        "--strategy",
        choices=group.STRATEGIES,
        default="none",
        help="train on all devices of this machine (mirrored), or with the "
        "workers that TF_CONFIG names (multi-worker); the batch is shared out "
        "(%(default)s)",
    )
    parser.add_argument(
        "--wait-for-workers",
        type=arguments_lib.positive,
        default=300.0,
        metavar="SECONDS",
        help="how long to wait for the other workers (%(default)g)",
    )
    return parser.parse_args(command)


@contextlib.contextmanager
def joined(arguments: argparse.Namespace) -> Iterator[group.Workers]:
    """Joins the group of workers for the duration of the block.

    Args:
        arguments: what `parse` returned.
    """
    workers = group.join(arguments.strategy, arguments.wait_for_workers)
    with workers.together():
        if workers.strategy is not None:
            share = workers.share
            print(
                f"worker {workers.number} of {workers.count}: {share.count} of "
                f"{share.parts} devices",
                flush=True,
            )
        yield workers
        workers.end()


def follow(
    workers: group.Workers,
    settings: dual_encoder_config.Settings,
    manifest: manifests.Manifest,
    train: Callable[[], object],
) -> int:
    """Takes part as a worker other than the chief; returns the exit status.

    Args:
        workers: the group.
        settings: all of the experiment.
        manifest: all recordings, with the tags that are learned.
        train: takes part in the training.
    """
    if workers.exchange({})[0]["goes_on"]:
        workers.agree(_told(settings, manifest))
        train()
    return 0


def begin(
    run: run_folder.RunDir,
    arguments: argparse.Namespace,
    command: list[str],
    settings: dual_encoder_config.Settings,
    manifest: manifests.Manifest,
    workers: group.Workers = group.ALONE,
) -> bool:
    """Records settings and data, or refuses to resume with others.

    Args:
        run: the run, locked.
        arguments: what `parse` returned.
        command: arguments without the program's name.
        settings: all of the experiment.
        manifest: all recordings, with the tags that are learned.
        workers: who trains it, all told the same.

    Returns:
        False if the run was finished before: only its copy is made.
    """
    data = _data(settings, manifest)
    run_settings.keep(run, flags.leaves(settings), data, settings)
    goes_on = not run.finished
    workers.exchange({"goes_on": goes_on})
    if not goes_on:
        print(f"{run.path} is finished; another --name starts a new run.")
        bucket_copies.make(arguments.copy_to, run)
        return False
    # Fails before hours of training where something cannot be written.
    bucket_copies.check(arguments.copy_to, run)
    pathlib.Path(arguments.export).mkdir(parents=True, exist_ok=True)
    with plain_path.plain(arguments.export):
        pass
    workers.agree(_told(settings, manifest))
    run.write_environment(command, settings.seed)
    counts = ", ".join(f"{n} {s}" for s, n in manifest.split_counts.items())
    print(
        f"{run.path}: preset {settings.preset}, {len(manifest.vocabulary)} "
        f"tags, {counts} recordings in {manifest.folder}",
        flush=True,
    )
    return True


def about(
    settings: dual_encoder_config.Settings,
    manifest: manifests.Manifest,
    trained: training_result.Trained,
) -> dict:
    """What metrics.json has besides the figures."""
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


def card(
    run: run_folder.RunDir,
    settings: dual_encoder_config.Settings,
    summary: dict,
) -> dict:
    """What the export's card says of how it was made."""
    environment = run.load_json("environment.json")
    data = run.load_json("data.json")
    return plain_json.plain(
        {
            "experiment": run.experiment,
            "run": str(run.path),
            "run_id": environment["run_id"],
            "settings": flags.leaves(settings),
            "data": data,
            "licences": data.get("licences", []),
            "metrics": summary,
            "environment": environment["starts"][-1],
        }
    )


def export_once(
    run: run_folder.RunDir,
    arguments: argparse.Namespace,
    export: Callable[[], pathlib.Path],
) -> pathlib.Path:
    """Exports, unless an earlier start of the run already has.

    Args:
        run: the run, locked.
        arguments: what `parse` returned.
        export: writes the next version, with what `card` returned.

    Returns:
        The folder of the version.
    """
    run_id = run.load_json("environment.json")["run_id"]
    for version in pathlib.Path(os.path.abspath(arguments.export)).iterdir():
        if version.name.isdecimal():
            with contextlib.suppress(ValueError):  # of others, or damaged
                if model_card.read(version).get("run_id") == run_id:
                    return version
    return export()


def finish(
    run: run_folder.RunDir,
    arguments: argparse.Namespace,
    summary: dict,
    exported: str | os.PathLike[str],
    result: held_out.HeldOutResult,
    more: str = "",
) -> None:
    """Writes metrics.json, prints a summary, and makes copies.

    Args:
        run: the run, locked.
        arguments: what `parse` returned.
        summary: figures and what `about` returned.
        exported: folder of the SavedModel.
        result: what was scored.
        more: lines to print at the end.
    """
    run.write_json("metrics.json", {**summary, "export": str(exported)})
    print(_closing(run, summary, exported, result.recordings) + more)
    bucket_copies.make(arguments.copy_to, run)


def _told(
    settings: dual_encoder_config.Settings, manifest: manifests.Manifest
) -> dict:
    """What must be the same for all workers; folders may differ."""
    of_each = {"data", "name", "checkpoint_seconds"}
    leaves = plain_json.plain(flags.leaves(settings))
    said = {k: v for k, v in leaves.items() if k not in of_each}
    return {**said, "data": manifest.fingerprint}


def _data(
    settings: dual_encoder_config.Settings, manifest: manifests.Manifest
) -> dict:
    used = manifest.tracks
    if settings.train_on != "all":
        used = used.take(np.flatnonzero(~used.where("split", "test")))
    return {
        "fingerprint": manifest.fingerprint,
        "folder": str(manifest.folder),
        "source": manifest.source,
        "recordings": manifest.split_counts,
        "recording_ids": used.texts("track_id"),
        "audio_hashes": used.texts("audio_hash"),
        "audit": manifest.audit,
        "tags": list(manifest.vocabulary.names),
        "licences": transfer.licences(settings.starts),
    }


def _closing(run, summary, exported, recordings) -> str:
    """Says what was made, where, and what to try next."""
    board = [console.short(sys.executable), "-m", "tensorboard.main"]
    board += ["--logdir", str(run.path.parent)]
    tag = console.tftag_command(
        "tag", console.example(recordings) or "AUDIO", "--model", exported
    )
    return "\n".join(
        [
            "",
            f"{counts_in_words.count(summary['recordings'], 'recording')}, "
            f"{summary['evaluated_on']}",
            evaluation.figures_table(summary),
            "",
            f"run        {run.path}",
            f"figures    {run.figures}",
            f"export     {console.short(exported)}",
            "",
            "Next:",
            f"  {shlex.join(board)}",
            f"  {tag}",
        ]
    )
