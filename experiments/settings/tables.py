"""Which values a setting may have: entries of a table, or bounds."""

from collections.abc import Collection, Mapping

# What Keras, NumPy and TensorFlow all take.
SEEDS = range(2**32)


def check(field: str, value: str | int, table: Collection[str | int]) -> None:
    """Refuses a value that is not in a table.

    Args:
        field: name of the setting.
        value: its value.
        table: the values that it may have, or a range of numbers.

    Raises:
        ValueError: `value` is none of them.
    """
    if value not in table:
        if isinstance(table, range):
            known = f"{table[0]} to {table[-1]}"
        else:
            known = f"one of {', '.join(map(str, table))}"
        raise ValueError(f"`{field}` must be {known}. Received: {value!r}")


def check_least(settings: object, least: Mapping[str, float]) -> None:
    """Refuses settings below a bound.

    Args:
        settings: have the fields.
        least: name of a field -> its lowest value.

    Raises:
        ValueError: one is lower, or no number.
    """
    for field, limit in least.items():
        value = getattr(settings, field)
        check_bounds(field, value, value >= limit, f"at least {limit}")


def check_bounds(field: str, value: float, is_within: bool, said: str) -> None:
    """Refuses a number out of its bounds; `said` names them."""
    if not is_within:
        raise ValueError(f"`{field}` must be {said}. Received: {value}")
