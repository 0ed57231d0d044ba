"""Addresses in what a command says: their secrets are left out."""

import argparse
import os
import re

# There a question mark is a letter of a name.
BUCKETS = ("s3", "s3a", "s3n", "gs")
# A password may hold a slash, as keys of buckets do; a port ends before it.
USER = r"(?:[^\s/@'\"<>]*|[^\s/@:'\"<>]+:(?!\d+/)[^\s@'\"<>]*)@"
# In any text, whatever the scheme and its case.
_IN_TEXT = re.compile(
    rf"\b([a-z][a-z0-9+.-]*)(://)(?:{USER})*([^\s?'\"<>]*)(\?[^\s'\"<>]*)?",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:/+", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """The text with its URLs without user names, passwords and queries."""

    def cleaned(found):
        scheme, mark, rest, query = found.groups()
        kept = query if scheme.lower() in BUCKETS and query else ""
        return f"{scheme}{mark}{rest}{kept}"

    return _IN_TEXT.sub(cleaned, text)


def local_path(text: str) -> str:
    """Takes an argument that is a path of this machine.

    Args:
        text: As it was typed.

    Returns:
        The text.

    Raises:
        argparse.ArgumentTypeError: It is an address; pathlib would look for a
            folder `s3:`, and tell everybody the password.
    """
    if _SCHEME.match(text) and not os.path.lexists(text):
        raise argparse.ArgumentTypeError(
            "must be a path of this machine: copy it here first. "
            f"Received: {without_secrets(text)}"
        )
    return text
