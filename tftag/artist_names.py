"""Artists by name: whose recordings must not be on two sides of a split."""

import unicodedata


def artist_key(name: str) -> str:
    """One spelling of names that differ in case, accents' form or spaces.

    Args:
        name: As a table, a file or a person spelled it.

    Returns:
        The key; "" where no artist is named.

    Example:
        >>> artist_key("The  KNIFE") == artist_key("the knife")
        True
    """
    folded = unicodedata.normalize("NFC", name).casefold()
    # Case folding can leave a letter apart from its accent.
    return " ".join(unicodedata.normalize("NFC", folded).split())
