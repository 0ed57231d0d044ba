"""What an experiment says on the screen while it runs."""

import logging
import os
import shlex
import sys
import warnings

from pipelines.storage import address as addresses


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


def short(path: str | os.PathLike | addresses.Address) -> str:
    """The path from here, where it lies below; AUDIO for what is remote.

    `tftag` reads files of this machine, so an address would be no example.
    """
    if isinstance(path, addresses.Address):
        return "AUDIO"
    path, here = os.path.abspath(path), os.getcwd()
    return os.path.relpath(path) if path.startswith(here + os.sep) else path


def quoted(path: str | os.PathLike | addresses.Address) -> str:
    """`short`, to be pasted into a shell: folders of music have spaces."""
    return shlex.quote(short(path))
