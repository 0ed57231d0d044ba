"""Values that are chosen by name are entries of a table."""

from collections.abc import Collection


def check(field: str, value: str, table: Collection[str]) -> None:
    """Refuses a value that is not in a table.

    Args:
        field: name of the setting.
        value: its value.
        table: the values that it may have.

    Raises:
        ValueError: `value` is none of them.
    """
    if value not in table:
        rule = f"`{field}` must be one of {', '.join(table)}"
        raise ValueError(f"{rule}. Received: {value!r}")
