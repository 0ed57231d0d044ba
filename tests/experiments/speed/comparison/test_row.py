import pytest

from experiments.speed.comparison import row


def counted(figures, order=None, name=""):
    """A way that gives one figure after the other."""
    left = iter(figures)

    def take():
        if order is not None:
            order.append(name)
        return next(left)

    return take


def test_ways_take_turns_and_the_warm_up_does_not_count():
    order = []
    found = row.measure(
        row.Row(
            "x",
            "s",
            {
                "tftag": counted([9.0, 1.0, 2.0], order, "tftag"),
                "other": counted([9.0, 3.0, 4.0], order, "other"),
            },
        ),
        seconds=0,
        least_rounds=2,
    )
    assert order == ["tftag", "other"] * 3
    assert found.figures == {"tftag": [1.0, 2.0], "other": [3.0, 4.0]}


def test_there_are_more_rounds_while_there_is_time():
    found = row.measure(
        row.Row("x", "s", {"tftag": counted(range(99))}, warm_up=0),
        seconds=60,
        least_rounds=1,
    )
    assert found.figures["tftag"] == list(range(row.MOST_ROUNDS))


def test_a_way_that_fails_is_named_and_costs_the_others_nothing():
    def fails():
        raise ValueError("no compiler")

    found = row.measure(
        row.Row("x", "s", {"tftag": counted([1.0] * 9), "other": fails}),
        seconds=0,
        least_rounds=2,
    )
    assert found.figures == {"tftag": [1.0, 1.0]}
    assert found.facts == {"other fails": "no compiler"}
    assert found.ahead() is None


@pytest.mark.parametrize("more_is_better", [False, True])
def test_the_best_of_each_side_are_compared_round_by_round(more_is_better):
    figures = {
        "tftag, a": [4.0, 4.0, 4.0],
        "tftag, b": [2.0, 1.0, 4.0],
        "slow": [9.0, 9.0, 9.0],
        "quick": [6.0, 1.0, 8.0],
    }
    if more_is_better:
        figures = {way: [1 / x for x in them] for way, them in figures.items()}
    found = row.Measured("x", "s", more_is_better, figures, {})
    assert found.best(own=True) == "tftag, b"
    assert found.best(own=False) == "quick"
    assert found.ahead() == pytest.approx((2.0, 1.0, 3.0))


def test_peers_answer_seconds_or_say_what_is_wrong():
    def ask(**question):
        if question == {"row": "bad", "clips": 2}:
            return {"error": "no such row"}
        if "row" in question:
            return {"ways": ["quick", "broken"], "facts": {"differs by": 0.5}}
        if question == {"way": "quick"}:
            return {"seconds": 3.0}
        return {"error": "no compiler"}

    ways, facts = row.peers_ways(ask, "good", per_second=2.0, clips=2)
    assert ways["quick"]() == 6.0 and facts == {"differs by": 0.5}
    with pytest.raises(ValueError, match="no compiler"):
        ways["broken"]()
    ways, facts = row.peers_ways(ask, "bad", clips=2)
    assert not ways and facts == {"the peers fail": "no such row"}
