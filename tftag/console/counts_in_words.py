"""Counts, lists and lengths of time in a sentence."""

from collections.abc import Sequence

_MOST_LETTERS = 100  # of one name; some tags are descriptions


def some(names: Sequence[str], shown: int = 6) -> str:
    """The first few names, long ones cut, and how many more there are."""
    more = len(names) - shown
    cut = [
        name
        if len(name) <= _MOST_LETTERS
        else f"{name[: _MOST_LETTERS - 3]}..."
        for name in names[:shown]
    ]
    return ", ".join(cut) + (f" and {more:,} more" * (more > 0))


def count(number: float, noun: str) -> str:
    """As in "1 recording", "2,000 recordings" and "0.5 seconds"."""
    digits = f"{number:,}" if isinstance(number, int) else f"{number:,g}"
    return f"{digits} {noun}{'s' * (number != 1)}"


def are(number: int, noun: str) -> str:
    """As in "1 recording is" and "2,000 recordings are"."""
    return f"{count(number, noun)} {'is' if number == 1 else 'are'}"


def duration(seconds: float) -> str:
    """As in "41.5 s", "12.0 min" and "5.3 h"."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    if seconds < 6_000:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3_600:,.1f} h"
