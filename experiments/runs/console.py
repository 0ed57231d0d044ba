"""What an experiment says on the screen while it runs."""

import logging
import os
import pathlib
import shlex
import sys
import warnings

from pipelines import manifest as manifests
from pipelines.reading.slices import arrays
from tftag.storage.remote import address as addresses


def begin() -> None:
    """Shows the project's own messages, and only errors of what lies under it.

    Call it from a `main`, never from a library.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    for package in ("experiments", "pipelines", "tftag"):
        logger = logging.getLogger(package)
        logger.setLevel(logging.INFO)
        logger.handlers = [handler]
        logger.propagate = False
    for package in ("absl", "tensorflow"):
        logging.getLogger(package).setLevel(logging.ERROR)
    # TensorBoard and TensorFlow Hub import a package that warns of its end.
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")


def short(path: str | os.PathLike[str]) -> str:
    """The path from here, where it lies below."""
    path, here = os.path.abspath(path), os.getcwd()
    return os.path.relpath(path) if path.startswith(here + os.sep) else path


def tftag_command(*words: str | os.PathLike[str]) -> str:
    """A call of `tftag` to try from here, as a shell takes it."""
    said = [
        short(word) if isinstance(word, os.PathLike) else word for word in words
    ]
    return shlex.join([short(sys.executable), "-m", "tftag", *said])


def example(manifest: manifests.Manifest) -> pathlib.Path | None:
    """A recording that `tftag` can read: no address, and no array."""
    for track in manifest.tracks:
        path = manifest.wav_path(track)
        if isinstance(path, addresses.Address):
            continue
        if track.codec != arrays.CODEC:
            return path
    return None
