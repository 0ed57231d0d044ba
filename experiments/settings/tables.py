"""What has a name on the command line is an entry of a table."""

from collections.abc import Collection


def check(field: str, value: str, table: Collection[str]) -> None:
    """Refuses a value that is no entry of a table.

    Args:
        field: what is set.
        value: what it is set to.
        table: the names that it may have.

    Raises:
        ValueError: `value` is none of them.
    """
    if value not in table:
        rule = f"`{field}` must be one of {', '.join(table)}"
        raise ValueError(f"{rule}. Received: {value!r}")
