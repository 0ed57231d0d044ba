"""What the last word of a query that is being typed may become."""

import bisect
import re
from collections.abc import Iterable, Iterator, Sequence

from tftag.search import query

# Words that a phrase may have been begun with.
_MOST_WORDS = 3
_WORD = re.compile(r"[^\s,\"]+")


class Phrases:
    """Phrases by how they begin.

    Args:
        likely: Those to offer first, such as the tags of a model.
        others: All others, such as those with a word vector.

    Example:
        >>> Phrases(["rock"], ["dreamy", "rocksteady"]).complete("-roc", 8)
        [('rock', '-rock'), ('rocksteady', '-rocksteady')]
    """

    def __init__(self, likely: Iterable[str], others: Iterable[str]) -> None:
        """Sorts them."""
        self._likely = sorted(set(likely))
        self._others = sorted(set(others) - set(self._likely))

    def complete(self, text: str, most: int) -> list[tuple[str, str]]:
        """Completes what is being typed.

        The likely ones come first, also where another word of theirs begins
        so.

        Args:
            text: A query, as far as it is there.
            most: How many to offer.

        Returns:
            Phrases, each with the whole query that has it for an end.
        """
        found: dict[str, str] = {}
        for head, begun in _begun(text):
            for phrase in self._beginning_with(begun.casefold(), most):
                found.setdefault(phrase, head + query.written(phrase))
        return list(found.items())[:most]

    def _beginning_with(self, begun: str, most: int) -> list[str]:
        found: list[str] = []
        inside = [one for one in self._likely if f" {begun}" in one]
        for phrases, more in ((self._likely, inside), (self._others, [])):
            first = bisect.bisect_left(phrases, begun)
            for phrase in phrases[first : first + most]:
                if phrase.startswith(begun):
                    found.append(phrase)
            found += more
        return found


def _begun(text: str) -> Iterator[tuple[str, str]]:
    """Yields what stands before a phrase that is begun, and its beginning.

    The longest beginning comes first: `cool hip h` may become a phrase that
    begins with `hip h`.
    """
    if text.count('"') % 2:
        head, _, begun = text.rpartition('"')
        yield head, begun
        return
    words: Sequence[re.Match[str]] = list(_WORD.finditer(text))
    if not words or words[-1].end() != len(text):
        return
    for count in range(min(_MOST_WORDS, len(words)), 0, -1):
        start = words[-count].start()
        begun = text[start:].removeprefix("-")
        # A phrase has no commas in it, and does not begin with a negation.
        is_phrase = not set(begun) & set(',"') and (
            count == 1 or words[-count][0].casefold() not in query.NEGATIONS
        )
        if begun and is_phrase:
            yield text[: len(text) - len(begun)], begun
