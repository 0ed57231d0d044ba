"""The parts of a vector that belong to the members of an ensemble."""


def length(width: int, members: int) -> int:
    """Returns the length of each member's part.

    >>> length(6, 3)
    2

    Args:
        width: Length of the whole vector.
        members: Number of equal parts, one after the other.

    Raises:
        ValueError: The vector has no such number of equal parts.
    """
    if members < 1 or width % members:
        raise ValueError(
            f"The vector must have {members} equal parts. "
            f"Received: {width} values."
        )
    return width // members
