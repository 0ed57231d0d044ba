"""Values that are chosen by name are entries of a table."""

from collections.abc import Collection

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
