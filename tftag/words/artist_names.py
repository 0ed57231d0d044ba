"""Artists by name: whose recordings must not be on two sides of a split."""

from tftag import tags


def artist_key(name: str) -> str:
    """One spelling of names that differ in case or in what nobody can see.

    Args:
        name: As a table, a file or a person spelled it.

    Returns:
        The key; "" where no artist is named.

    Example:
        >>> artist_key("The  KNIFE") == artist_key("the knife")
        True
    """
    # Case folding can leave a letter apart from its accent.
    return tags.visible(tags.visible(name).casefold())
