"""The peers' modules, as their own interpreter finds them."""

import pathlib
import sys

sys.path.append(
    str(pathlib.Path(__file__).parents[4] / "experiments" / "speed" / "peers")
)
