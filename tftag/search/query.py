"""From what a person types to weighted tags.

    dreamy piano -vocals         words; known phrases are joined
    dreamy "hip hop"             a phrase in quotes is one tag as it stands
    piano^2 dreamy               weighs twice as much; 0.001 to 1000 likewise
    dreamy, handpan, no vocals   with commas, what stands between is a phrase

`-`, `no`, `not` and `without` turn away from the tag that follows. A known
tag comes first: where "no vocals" is a tag, `no vocals` asks for it, and
`-no vocals` turns away from it. Quotes switch all of this off. Between words,
`and`, `the`, `&` and other stop words are passed over unless they are part of a
known tag: `piano without the drums` turns away from drums.
"""

import dataclasses
import math
import re
from collections.abc import Callable, Iterator, Sequence

from tftag import tags
from tftag import words as words_lib

# Words of a known phrase that stands among others. Without an end, a long text
# pasted as a query takes the cube of its length.
_LONGEST_PHRASE = 16
# Beyond these one tag alone decides; and far beyond, sums are infinite.
LEAST_WEIGHT, MOST_WEIGHT = 1e-3, 1e3
NEGATIONS = ("no", "not", "without")
PASSED_OVER = words_lib.STOP_WORDS | {"&"}

# What keyboards and word processors make of -, " and a comma.
_PLAIN = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\uff0d", "-")
    | dict.fromkeys("“”„«»\uff02", '"')
    | dict.fromkeys("\uff0c\u3001\u060c", ",")
)
_Words = Sequence[str]
_TOKEN = re.compile(
    r'(?P<minus>-?)(?:"(?P<quoted>[^"]*)"|(?P<word>[^\s,"^]+))'
    # With a decimal comma it is none.
    r"(?:\^(?P<weight>\d+,\d+(?![^\s,])|[^\s,\"]*))?"
    r"|(?P<comma>,)|(?P<wrong>\S)"
)


@dataclasses.dataclass(frozen=True)
class Term:
    """A tag that is asked for.

    Attributes:
        phrase: as `tags.clean_tag` spells it.
        weight: below 0 for a tag to turn away from, never 0.
    """

    phrase: str
    weight: float = 1.0


def parse(
    text: str, is_known: Callable[[str], bool], *, is_list: bool = False
) -> tuple[Term, ...]:
    """Reads a query.

    Args:
        text: the query.
        is_known: whether a clean phrase is a tag as a whole. Not: whether its
            words have vectors, or every phrase would swallow its negation.
        is_list: whether it is read as if it held a comma, also where it is
            one phrase.

    Returns:
        The terms in the order of the query, at least one; a tag that is named
        twice stands once, with the sum of its weights. All may be negative:
        the best recording is then the one farthest from them.

    Raises:
        ValueError: nothing is asked for, quotes are not closed, a weight is no
            number from `LEAST_WEIGHT` to `MOST_WEIGHT`, nothing follows a
            negation, or a tag is both asked for and turned away from.
    """
    text = text.translate(_PLAIN)
    if text.count('"') % 2:
        raise ValueError(f"Quotes must be closed. Received: {text!r}.")
    weights: dict[str, float] = {}
    for term in _terms(text, is_list, is_known):
        before = weights.get(term.phrase, 0.0)
        if before * term.weight < 0:
            raise ValueError(
                "A tag cannot be asked for and turned away from at once. "
                f"Received: {term.phrase!r} in {text!r}."
            )
        weights[term.phrase] = before + term.weight
    if not weights:
        raise ValueError(
            "A query must name at least one tag, such as: dreamy piano "
            f"-vocals. Received: {text!r}."
        )
    return tuple(Term(*item) for item in weights.items())


def written(phrase: str) -> str:
    """A phrase as a query has it, in quotes where it would be taken apart.

    Quotes of its own are left out: no query can hold them.

    Example:
        >>> written("drums"), written("hip hop"), written("-fast")
        ('drums', '"hip hop"', '"-fast"')
    """
    is_plain = re.fullmatch(r'[^\s,"^-][^\s,"^]*', phrase)
    if is_plain and phrase not in (*NEGATIONS, *PASSED_OVER):
        return phrase
    return '"' + phrase.replace('"', "") + '"'


@dataclasses.dataclass(frozen=True)
class _Run:
    """Words with nothing between them, or one phrase in quotes."""

    words: _Words
    is_quoted: bool
    is_negative: bool
    weight: float


def _terms(
    text: str, is_list: bool, is_known: Callable[[str], bool]
) -> Iterator[Term]:
    tokens = list(_TOKEN.finditer(text))
    # Between commas stands a phrase.
    whole = is_list or any(token["comma"] for token in tokens)
    phrases: list[tuple[_Words, bool]]
    for run in _runs(tokens, text):
        if run.is_quoted:
            phrases = [(run.words, False)]  # Its minus is the run's.
        else:
            phrases = _phrases(run.words, whole, is_known, text)
        for place, (words, is_negated) in enumerate(phrases):
            # In a run of words, the minus stands before the first phrase and
            # the weight behind the last one.
            minus = run.is_negative and place == 0
            if minus and is_negated:
                raise ValueError(
                    "A tag can be turned away from once; write -vocals or no "
                    f"vocals. Received: {text!r}."
                )
            phrase = tags.clean_tag(" ".join(words))
            if not phrase:
                raise ValueError(f"A tag must not be empty. Received: {text!r}")
            weight = run.weight if place == len(phrases) - 1 else 1.0
            yield Term(phrase, -weight if minus or is_negated else weight)


def _runs(tokens: list[re.Match[str]], text: str) -> list[_Run]:
    runs: list[_Run] = []
    words: list[str] = []
    is_negative = False

    def end(weight: float = 1.0) -> None:
        nonlocal words, is_negative
        if words:
            runs.append(_Run(words, False, is_negative, weight))
        words, is_negative = [], False

    for token in tokens:
        if token["wrong"]:
            raise ValueError(
                "A weight must stand directly behind a tag, as in piano^2. "
                f"Received: {text!r}."
            )
        if token["comma"]:
            end()
            continue
        weight = _weight(token["weight"], text)
        if token["quoted"] is not None:
            minus = bool(token["minus"])
            # no "hip hop", but neither -no "hip hop" nor no -"hip hop"
            negating = words[-1:] and words[-1].casefold() in NEGATIONS
            if negating and not minus and not (is_negative and len(words) == 1):
                words.pop()
                minus = True
            end()
            runs.append(_Run([token["quoted"]], True, minus, weight))
            continue
        if token["minus"]:
            end()
            is_negative = True
        if token["word"].startswith("-"):
            raise ValueError(
                "A minus must stand directly before a tag, as in -vocals. "
                f"Received: {text!r}."
            )
        words.append(token["word"])
        if token["weight"] is not None:
            end(weight)
    end()
    return runs


def _weight(written: str | None, text: str) -> float:
    if written is None:
        return 1.0
    try:
        weight = float(written)
    except ValueError:
        weight = math.nan
    if not LEAST_WEIGHT <= weight <= MOST_WEIGHT:
        raise ValueError(
            f"A weight must be a number above 0, from {LEAST_WEIGHT:g} to "
            f"{MOST_WEIGHT:g}, as in piano^2; write -piano to turn away from "
            f"it. Received: ^{written} in {text!r}."
        )
    return weight


def _phrases(
    words: _Words, whole: bool, is_known: Callable[[str], bool], text: str
) -> list[tuple[_Words, bool]]:
    """Cuts a run into phrases; the second says which are negated."""

    def known(start: int, stop: int) -> bool:
        return is_known(tags.clean_tag(" ".join(words[start:stop])))

    if whole and known(0, len(words)):
        return [(words, False)]
    phrases, start, is_negated = [], 0, False
    while start < len(words):
        stop = _longest_known(start, len(words), known)
        word = words[start].casefold()
        # One word of these is never a tag, known or not.
        if stop <= start + 1 and word in NEGATIONS:
            if is_negated:
                break
            is_negated, start = True, start + 1
            continue
        if stop <= start + 1 and word in PASSED_OVER and not whole:
            start += 1
            continue
        if whole and word not in NEGATIONS:
            stop = _next_negation(words, start)
        phrases.append((words[start : max(stop, start + 1)], is_negated))
        start, is_negated = max(stop, start + 1), False
    if is_negated:
        raise ValueError(
            "A negation must be followed by a tag, as in: no vocals. Quote "
            f"what is no negation. Received: {text!r}."
        )
    return phrases


def _longest_known(
    start: int, end: int, known: Callable[[int, int], bool]
) -> int:
    for stop in range(min(end, start + _LONGEST_PHRASE), start, -1):
        if known(start, stop):
            return stop
    return start


def _next_negation(words: _Words, start: int) -> int:
    for stop in range(start + 1, len(words)):
        if words[stop].casefold() in NEGATIONS:
            return stop
    return len(words)
