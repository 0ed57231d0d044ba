"""Addresses in what a command says: their secrets are left out."""

import re

# There a question mark is a letter of a name.
BUCKETS = ("s3", "s3a", "s3n", "gs")
# A password may hold a slash, as keys of buckets do; a port ends before it.
USER = r"(?:[^\s/@'\"<>]*|[^\s/@:'\"<>]+:(?!\d+/)[^\s@'\"<>]*)@"
# In any text, whatever the scheme and its case. Of two slashes pathlib leaves
# one; then a password shows what it is.
_IN_TEXT = re.compile(
    rf"\b([a-z][a-z0-9+.-]*)(://(?:{USER})*|:/(?:[^\s/@:'\"<>]+:[^\s@'\"<>]*@))"
    r"([^\s?'\"<>]*)(\?[^\s'\"<>]*)?",
    re.IGNORECASE,
)


def without_secrets(text: str) -> str:
    """The text with its URLs without user names, passwords and queries."""

    def cleaned(found: re.Match[str]) -> str:
        scheme, mark, rest, query = found.groups()
        kept = query if scheme.lower() in BUCKETS and query else ""
        slashes = "://" if mark.startswith("://") else ":/"
        return f"{scheme}{slashes}{rest}{kept}"

    return _IN_TEXT.sub(cleaned, text)
