"""Refuses data and models that are not there while nothing is imported yet.

Whatever trains or scores imports TensorFlow, which takes seconds.
"""

from collections.abc import Iterator, Sequence

from pipelines import manifest as manifests
from tftag.serving import version_folder

SYNTHETIC = "synthetic"


def check(module: str, command: Sequence[str]) -> None:
    """Looks for what a command line names.

    Args:
        module: What `python -m` starts.
        command: What follows.

    Raises:
        FileNotFoundError: It is not there.
        ValueError: It is an address of a kind that is not read.
    """
    named = list(_named(command))
    for flag, value in named:
        if flag == "--data" and value != SYNTHETIC:
            manifests.check_there(value)
    if module == "experiments.run_evaluate":
        places = [value for flag, value in named if not flag]
        if len(places) == 2:
            version_folder.newest(places[0])
            manifests.check_there(places[1])


def _named(command: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yields flags with their values, and words that belong to none."""
    flag = ""
    for word in command:
        if word.startswith("--"):
            flag, sign, value = word.partition("=")
            if sign:
                yield flag, value
                flag = ""
        else:
            yield flag, word
            flag = ""
