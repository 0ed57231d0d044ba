"""What is compared in one row, and how it is measured."""

import dataclasses
import functools
import statistics
import time
from collections.abc import Callable, Mapping

from experiments.speed.processes import other_interpreter

OWN = "tftag"
LEAST_ROUNDS = 3
MOST_ROUNDS = 25


@dataclasses.dataclass
class Row:
    """Ways to do one thing.

    Attributes:
        name: What is done.
        unit: Of the figures.
        ways: Each does it once and returns a figure; those of this project
            have names that begin with `OWN`.
        more_is_better: Or less.
        share: Of the time that all rows have.
        facts: What else is worth knowing, as how far answers differ.
        warm_up: Rounds that do not count: the first calls trace and compile.
    """

    name: str
    unit: str
    ways: Mapping[str, Callable[[], float]]
    more_is_better: bool = False
    share: float = 1.0
    facts: dict = dataclasses.field(default_factory=dict)
    warm_up: int = 1


@dataclasses.dataclass
class Measured:
    """The figures of a row.

    Attributes:
        name: Of the row.
        unit: Of the figures.
        more_is_better: Or less.
        figures: Of each way, one per round; the same rounds for all.
        facts: Those of the row, and why a way has no figures.
    """

    name: str
    unit: str
    more_is_better: bool
    figures: dict[str, list[float]]
    facts: dict

    def median(self, way: str) -> float:
        """The median figure of a way."""
        return statistics.median(self.figures[way])

    def best(self, own: bool) -> str | None:
        """The way with the best median, of this project or of the others."""
        ways = [way for way in self.figures if way.startswith(OWN) == own]
        best = max if self.more_is_better else min
        return best(ways, key=self.median) if ways else None

    def ahead(self) -> tuple[float, float, float] | None:
        """How many times better this project's best is than the others' best.

        Returns:
            The median of the rounds' ratios, the lowest and the highest; None
            where there is nothing to compare.
        """
        own, other = self.best(own=True), self.best(own=False)
        if own is None or other is None:
            return None
        pairs = zip(self.figures[own], self.figures[other], strict=True)
        ratios = [
            mine / theirs if self.more_is_better else theirs / mine
            for mine, theirs in pairs
        ]
        return statistics.median(ratios), min(ratios), max(ratios)


def measure(
    row: Row, seconds: float, least_rounds: int = LEAST_ROUNDS
) -> Measured:
    """Takes all ways of a row in turns, round after round.

    A way that cannot be taken loses its place and costs no other its own.

    Args:
        row: What to measure.
        seconds: When to begin no further round.
        least_rounds: But so many in any case.
    """
    begin = time.monotonic()
    figures: dict[str, list[float]] = {name: [] for name in row.ways}
    facts = dict(row.facts)
    rounds = -row.warm_up
    while rounds < MOST_ROUNDS and (
        rounds < least_rounds or time.monotonic() - begin < seconds
    ):
        for name in list(figures):
            try:
                figure = row.ways[name]()
            except ValueError as error:
                facts[f"{name} fails"] = str(error)
                del figures[name]
                continue
            if rounds >= 0:
                figures[name].append(figure)
        rounds += 1
    return Measured(row.name, row.unit, row.more_is_better, figures, facts)


def peers_ways(
    ask: other_interpreter.Ask,
    row: str,
    per_second: float = 1.0,
    **question: object,
) -> tuple[dict[str, Callable[[], float]], dict]:
    """Has the peers get a row ready.

    Args:
        ask: Asks their process.
        row: What they call it.
        per_second: What a second of a way counts, in the row's unit.
        **question: What they need to know.

    Returns:
        Their ways, and facts.
    """
    answer = ask(row=row, **question)
    if "error" in answer:
        return {}, {"the peers fail": answer["error"]}

    def take(way: str) -> float:
        found = ask(way=way)
        if "error" in found:
            raise ValueError(found["error"])
        return per_second * found["seconds"]

    ways: dict[str, Callable[[], float]] = {
        way: functools.partial(take, way) for way in answer["ways"]
    }
    return ways, answer["facts"]
