"""Copies a finished folder to a bucket, whole and in order.

```
python -m pipelines.copy_up data/mine s3://bucket/data/mine
```

The files by which a reader knows that a folder is whole (manifest.json of a
prepared data set, metrics.json of a run, saved_model.pb of a SavedModel) are
written last. Where they are there from an earlier copy, they are taken away
first: nobody ever meets half a folder that looks whole.
"""

import os
import pathlib
import sys
from collections.abc import Sequence

from pipelines import manifest
from pipelines.manifest import checks
from pipelines.prepare import rejected
from pipelines.prepare.wav_conversion import journal
from tftag.cli import command_line
from tftag.console import counts_in_words, interrupts
from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing, transfers

LAST = ("manifest.csv", "manifest.json", "saved_model.pb", "metrics.json")
_UNFINISHED = (".partial", ".part")


def main(argv: list[str] | None = None) -> int:
    """Copies a folder."""
    parser = command_line.Parser(
        prog="python -m pipelines.copy_up",
        description="Copies a finished folder to a bucket, whole and in order.",
    )
    parser.add_argument("folder", help="a prepared data set, run or SavedModel")
    parser.add_argument("address", help="s3:// or gs:// address to copy it to")
    asked = parser.parse_args(argv)
    target = target_address(asked.address)
    is_data_set = os.path.exists(
        os.path.join(asked.folder, manifest.TABLE_NAME)
    )
    copy = copy_data_set if is_data_set else copy_folder
    with interrupts.keeping(
        lambda: (
            "the copy is not whole, and nobody takes it for that; to copy "
            f"again: {interrupts.command()}"
        )
    ):
        count = copy(asked.folder, target)
    copied = counts_in_words.count(count, "file")
    sys.stdout.write(f"{copied} copied to {target}\n")
    return 0


def target_address(text: str) -> addresses.Address:
    """The address of a folder in a bucket, which can be written to.

    Raises:
        ValueError: It is none, or has secrets in it.
    """
    place = addresses.place(text)
    if not isinstance(place, addresses.Address) or place.is_web:
        raise ValueError(
            "Only buckets can be copied to: s3://bucket/folder or "
            f"gs://bucket/folder. Received: {place}"
        )
    addresses.refuse_secrets(place)
    return place


def copy_data_set(
    folder: str | os.PathLike[str], target: addresses.Address
) -> int:
    """Copies a prepared data set: the files of its recordings, and its tables.

    All else stays here, as WAVs of recordings that are no longer in the table
    and whatever a person left in the folder.

    Args:
        folder: Local folder with a manifest.
        target: Where its files go; each replaces one of the same name.

    Returns:
        The number of files copied.

    Raises:
        ValueError: The manifest is damaged, or recordings lie elsewhere.
        FileNotFoundError: There is no such folder, or files are missing.
        RemoteError: A file could not be written; calling again goes on.
    """
    folder = pathlib.Path(folder)
    whole = manifest.read_manifest(folder)
    checks.check_place(target, whole.tracks)
    names = whole.tracks.texts("path")
    names += [manifest.TABLE_NAME, manifest.FACTS_NAME]
    if (folder / rejected.TABLE_NAME).is_file():
        names.append(rejected.TABLE_NAME)
    return _copy(folder, sorted(names), target)


def copy_folder(
    folder: str | os.PathLike[str], target: addresses.Address
) -> int:
    """Copies the files of a run or a SavedModel, those that make it whole last.

    Hidden files, unfinished ones (`.part`, `.partial`) and the journal of a
    preparation, which has paths of this machine, stay here. Files of the
    target that the folder does not have stay there.

    Args:
        folder: Local folder.
        target: Where its files go; each replaces one of the same name.

    Returns:
        The number of files copied.

    Raises:
        FileNotFoundError: There is no such folder, or it has no files.
        RemoteError: A file could not be written; calling again goes on.
    """
    folder = pathlib.Path(folder)
    names = _names(folder)
    if not names:
        raise FileNotFoundError(f"There are no files to copy in {folder}")
    return _copy(folder, names, target)


def _copy(
    folder: pathlib.Path, names: Sequence[str], target: addresses.Address
) -> int:
    """Copies these files of a folder, those that make it whole last."""
    last = sorted(
        (name for name in names if _rank(name) is not None), key=_rank
    )
    first = [name for name in names if _rank(name) is None]
    there = remote_listing.list_files(target) if last else {}
    # From the last one on: while any is there, all before it are.
    for name in reversed(last):
        if target / name in there:
            transfers.remove(target / name)

    def put(i: int) -> None:
        transfers.put_file(folder / first[i], target / first[i])

    transfers.at_once(put, len(first))
    for name in last:
        transfers.put_file(folder / name, target / name)
    return len(names)


def next_version(models: addresses.Address) -> int:
    """The number after the highest version of a model's remote folder."""
    names = remote_listing.list_folders(models)
    return 1 + max((int(name) for name in names if name.isdecimal()), default=0)


def _names(folder):
    names = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        names += [
            pathlib.Path(parent, name).relative_to(folder).as_posix()
            for name in files
            if not name.startswith(".")
            and not name.endswith(_UNFINISHED)
            and name != journal.NAME
        ]
    return sorted(names)


def _rank(name):
    """Place among those that come last; None for all others."""
    own_name = name.rpartition("/")[2]
    return LAST.index(own_name) if own_name in LAST else None


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
