"""Copies of a run and its export in a bucket: `--copy-to s3://bucket/folder`.

Everything is written here and copied up when it is finished:

```
<address>/saved_models/<model>/<version>/   saved_model.pb last
<address>/runs/<experiment>/<name>/         metrics.json last
```

The version is the next free number of the bucket's folder. It is noted in
the run's copies.json before anything is copied, so that the same command goes
on after a failure, and never makes a second version of one run.
"""

import argparse
import pathlib

from experiments.runs import run_folder
from pipelines import copy_up
from tftag.storage.remote import address as addresses
from tftag.storage.remote import retries, transfers

NOTES = "copies.json"


def add_flag(parser: argparse.ArgumentParser) -> None:
    """Adds `--copy-to`."""
    parser.add_argument(
        "--copy-to",
        metavar="ADDRESS",
        help="s3:// or gs:// folder that gets a copy of what is finished",
    )


def check(copy_to: str | None, run: run_folder.RunDir) -> None:
    """Refuses a place that cannot be written to, before hours of training.

    Args:
        copy_to: Address, or None for no copy.
        run: The `RunDir`; its config.json is copied.

    Raises:
        ValueError: This is no address of a bucket.
        RemoteError: It cannot be written to.
    """
    if copy_to is not None:
        target = _run_address(copy_up.target_address(copy_to), run)
        try:
            transfers.put_file(run.path / "config.json", target / "config.json")
        except retries.RemoteError as error:
            if not error.is_missing:
                raise
            raise retries.RemoteError(
                addresses.Address(copy_to), "there is no such bucket"
            ) from error


def make(copy_to: str | None, run: run_folder.RunDir) -> None:
    """Copies the export of a finished run, then the run, and says where.

    Args:
        copy_to: Address, or None for no copy.
        run: The `RunDir`.

    Raises:
        RemoteError: A file could not be copied; calling again goes on.
    """
    if copy_to is None:
        return
    root = copy_up.target_address(copy_to)
    exported = (run.read_json("metrics.json") or {}).get("export")
    if exported is not None:
        target = _export_address(root, run, pathlib.Path(exported))
        copy_up.copy_folder(exported, target)
        print(f"copied to  {target}")
    target = _run_address(root, run)
    copy_up.copy_folder(run.path, target)
    print(f"copied to  {target}", flush=True)


def _run_address(root, run) -> addresses.Address:
    return root / f"runs/{run.experiment}/{run.name}"


def _export_address(root, run, exported) -> addresses.Address:
    """Where the export goes: as noted, or the next free number."""
    notes = run.read_json(NOTES) or {}
    if str(root) not in notes:
        models = root / f"saved_models/{exported.parent.name}"
        version = copy_up.next_version(models)
        notes[str(root)] = str(models / str(version))
        run.write_json(NOTES, notes)
    return addresses.Address(notes[str(root)])
