"""The folder of what can be made or fetched again at any time."""

import os
import pathlib

# Names another folder.
VARIABLE = "TFTAG_CACHE"


def folder() -> pathlib.Path:
    """`$TFTAG_CACHE`, or `tftag` in the user's cache."""
    if os.environ.get(VARIABLE):
        return pathlib.Path(os.environ[VARIABLE])
    if os.environ.get("XDG_CACHE_HOME"):
        return pathlib.Path(os.environ["XDG_CACHE_HOME"]) / "tftag"
    return pathlib.Path("~/.cache/tftag").expanduser()
