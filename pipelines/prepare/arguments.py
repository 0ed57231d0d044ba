"""Which flags of `python -m pipelines.prepare` go together."""

import argparse

from pipelines.prepare import flags
from pipelines.sources import listed

# Flags that only some data sets know.
_ONLY_FOR = {
    "tag_names": ("pickles",),
    "subset": (*flags.SUBSETS, "mirdata"),
    "split_number": ("mtg_jamendo", "mirdata"),
    "all_tags": ("magnatagatune",),
    "merge_synonyms": ("magnatagatune",),
    "top_genres": ("fma",),
    "partial": (*flags.SUBSETS, "mirdata"),
    "tag_separator": ("table", "pickles"),
}


def parse(argv: list[str] | None, description: str) -> argparse.Namespace:
    """Reads the arguments and refuses those that do not go together.

    Args:
        argv: Arguments without the program's name; None takes `sys.argv`.
        description: What the help starts with.

    Returns:
        The arguments; `subset` is set where the data set has any.
    """
    parser = flags.make_parser(description)
    asked = parser.parse_args(argv)
    for flag, value in vars(asked).items():
        if value == "":  # as of a variable of the shell that is not set
            parser.error(f"{flags.flag(flag)} must not be empty")
    for flag, sources in _ONLY_FOR.items():
        # Not by truth: the number of a split can be 0.
        value = getattr(asked, flag)
        given = value is not None and value is not False
        if given and all(getattr(asked, name) is None for name in sources):
            known = " or ".join(map(flags.flag, sources))
            hint = "; see --tags" if flag == "tag_names" else ""
            parser.error(f"{flags.flag(flag)} goes with {known}{hint}")
    for name, subsets in flags.SUBSETS.items():
        if getattr(asked, name) is None:
            continue
        asked.subset = asked.subset or subsets[0]
        if asked.subset not in subsets:
            parser.error(
                f"--subset of {flags.flag(name)} must be one of "
                f"{', '.join(subsets)}. Received: {asked.subset}"
            )
    if asked.tag_separator is None:
        asked.tag_separator = listed.TAG_SEPARATOR
    if asked.tags is not None and (asked.top or asked.min_count != 1):
        parser.error("--tags names the tags: leave out --top and --min-count")
    if asked.mirdata is not None and asked.audio is None:
        parser.error("--mirdata needs --audio, the folder of the data")
    return asked
