"""Artists by name: whose recordings must not be on two sides of a split."""

from collections.abc import Sequence

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


def artist_keys(names: Sequence[str]) -> list[str]:
    """`artist_key` of the artist of each recording, found once per spelling.

    Args:
        names: One for each recording.

    Returns:
        A key for each.

    Example:
        >>> artist_keys(["The  KNIFE", "", "the knife"])
        ['the knife', '', 'the knife']
    """
    key_of = {name: artist_key(name) for name in set(names)}
    return [key_of[name] for name in names]
