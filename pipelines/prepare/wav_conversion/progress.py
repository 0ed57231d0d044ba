"""How far a conversion is: a bar at a terminal, lines in the log elsewhere."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

logger = logging.getLogger(__name__)

_LOG_SECONDS = 30
_Result = TypeVar("_Result")


def shown(results: Iterable[_Result], total: int) -> Iterator[_Result]:
    """Passes results on and shows how far they are.

    Args:
        results: One for each file, as they come.
        total: How many there will be.
    """
    if sys.stderr.isatty():
        import tqdm  # only people at a terminal need it

        yield from tqdm.tqdm(results, total=total, unit="file")
        return
    started = told = time.monotonic()
    for done, result in enumerate(results, start=1):
        yield result
        if time.monotonic() - told > _LOG_SECONDS:
            told = time.monotonic()
            minutes_left = (told - started) / done * (total - done) / 60
            logger.info(
                "%d of %d files, %.1f minutes left", done, total, minutes_left
            )
