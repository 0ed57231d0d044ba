"""Where a command writes its rows: stdout, or a file that stays as it was."""

import contextlib
import os
import pathlib
import sys
from collections.abc import Iterable, Iterator
from typing import IO, TextIO

from tftag.audio import audio_files
from tftag.console import interrupts
from tftag.storage import atomic_write
from tftag.storage.remote import address as addresses

_MOST_NAME_BYTES = 255 - len(".interrupted")


@contextlib.contextmanager
def opened(
    out: str | None,
    inputs: Iterable[str | os.PathLike[str]],
    model: str | os.PathLike[str],
) -> Iterator[TextIO]:
    """A text file for rows; it takes the place of `out` at the end.

    Ctrl-C keeps what was written: in `out`, or beside it where there was such
    a file before.

    Args:
        out: The file; None is stdout.
        inputs: Files, and folders of audio files, that are read.
        model: Folder of the model that is asked.

    Raises:
        ValueError: It is one of the files that are read, or a folder.
        FileNotFoundError: It lies in no folder.
        OSError: It cannot be written.
    """
    if out is None:
        yield sys.stdout
        return
    check(out, inputs, model)
    with (
        atomic_write.replacing(out, errors="backslashreplace") as file,
        interrupts.keeping(lambda: _keep(file, pathlib.Path(out))),
    ):
        yield file


def check(
    out: str,
    inputs: Iterable[str | os.PathLike[str]],
    model: str | os.PathLike[str],
) -> None:
    """Refuses to write over what is read; `opened` tells of the arguments."""
    path = pathlib.Path(out)
    if path.is_dir() or out.endswith(os.sep):
        raise ValueError(f"--out must be a file. Received: {out}, a folder.")
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"--out must be a file in a folder that is there. Received: {out}."
        )
    if not path.exists():
        return
    if path.resolve().is_relative_to(pathlib.Path(model).resolve()):
        raise ValueError(
            "--out must be no file of the model: name another. "
            f"Received: {out}."
        )
    local = [one for one in inputs if not addresses.is_remote(one)]
    for file in audio_files.find(local, lambda path, error: None):
        with contextlib.suppress(OSError):  # gone, or out of reach
            if os.path.samefile(file, path):
                raise ValueError(
                    "--out must be none of the files that are read: name "
                    f"another. Received: {out}."
                )


def _keep(file: IO[str], path: pathlib.Path) -> str:
    file.flush()
    content = os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)
    if not content:
        return f"nothing was finished, {path} is as it was"
    kept = path
    if path.exists():
        # A name may be as long as names get.
        name = os.fsdecode(os.fsencode(path.name)[:_MOST_NAME_BYTES])
        kept = path.with_name(f"{name}.interrupted")
    atomic_write.write(kept, content)
    return (
        f"the rows of the files up to here are in {kept}; for the others, "
        "name them alone and another --out"
    )
