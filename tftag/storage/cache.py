"""The folder of what can be made or fetched again at any time."""

import os
import pathlib

# Names another folder.
VARIABLE = "TFTAG_CACHE"


def folder() -> pathlib.Path:
    """`$TFTAG_CACHE`, or `tftag` in the user's cache.

    Raises:
        ValueError: There is no home, as for a user whom a container does not
            know.
    """
    if os.environ.get(VARIABLE):
        return pathlib.Path(os.path.expanduser(os.environ[VARIABLE]))
    if os.environ.get("XDG_CACHE_HOME"):
        return pathlib.Path(os.environ["XDG_CACHE_HOME"]) / "tftag"
    home = os.path.expanduser("~")
    if not os.path.isabs(home):
        raise ValueError(
            "What can be made again is kept in ~/.cache/tftag, and there is no "
            f"home: {VARIABLE} names another folder. Received: {home!r}"
        )
    return pathlib.Path(home, ".cache", "tftag")
