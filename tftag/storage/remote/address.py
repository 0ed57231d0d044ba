"""Addresses of remote files: what the project needs of a path, at a URL."""

import dataclasses
import os
import pathlib
import posixpath
import re
import urllib.parse
from typing import cast

from tftag.console import addresses

# http:// too: servers of one's own network, and tests.
SCHEMES = ("s3", "gs", "https", "http")
_PATTERN = re.compile(rf"({'|'.join(SCHEMES)})://(.+)", re.I | re.S)
_ANY_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.I)
_PARTS = re.compile(rf"([^:]+://)((?:{addresses.USER})*)([^/]*)(.*)", re.DOTALL)
without_secrets = addresses.without_secrets
_SHORTEST_SECRET = 4
_HERE = ("", "localhost")


@dataclasses.dataclass(frozen=True, order=True)
class Address:
    """Where a remote file or folder is.

    It has no `__fspath__`: pathlib would make `s3:/bucket` of it, silently.
    Printed, it has neither a password nor a query, which may be a signature.

    Attributes:
        text: The whole address, secrets included.
    """

    text: str

    def __post_init__(self) -> None:
        """Refuses what is no address; libraries know small schemes alone."""
        if not _PATTERN.fullmatch(self.text):
            raise ValueError(
                f"An address must begin with {', '.join(SCHEMES)} and ://. "
                f"Received: {without_secrets(self.text)}"
            )
        scheme, mark, rest = self.text.partition("://")
        object.__setattr__(self, "text", f"{scheme.lower()}{mark}{rest}")

    def __str__(self) -> str:
        """The address without secrets."""
        head, path, _ = self._parts()
        return f"{self.scheme}://{_matched(head)[3]}{path}"

    def __repr__(self) -> str:
        """As in an error."""
        return f"Address({str(self)!r})"

    def __truediv__(self, name: str) -> "Address":
        """The address of what `name` is below this folder."""
        head, path, query = self._parts()
        if self.is_web:
            name = urllib.parse.quote(name)
        # `..` cannot leave the bucket or the host.
        path = posixpath.normpath(f"/{path}/{name}").lstrip("/")
        return Address(f"{head}/{path}{query}")

    @property
    def scheme(self) -> str:
        """One of `SCHEMES`."""
        return self.text.partition("://")[0]

    @property
    def is_web(self) -> bool:
        """Whether a web server answers, which cannot list or be written to."""
        return self.scheme in ("http", "https")

    @property
    def has_secrets(self) -> bool:
        """Whether there is a user name, a password or a query."""
        return str(self) != self.text

    @property
    def name(self) -> str:
        """The part after the last slash."""
        path = self._parts()[1].rstrip("/")
        # First unquoted: a name with a slash in it would be another folder.
        return posixpath.basename(
            urllib.parse.unquote(path) if self.is_web else path
        )

    @property
    def parent(self) -> "Address":
        """The folder that this is in."""
        head, path, query = self._parts()
        above = posixpath.dirname(path.rstrip("/")).rstrip("/")
        return Address(f"{head}{above}{query}")

    def relative_to(self, folder: object) -> str | None:
        """The name below a folder; None where it lies elsewhere."""
        if not isinstance(folder, Address):
            return None
        start = f"{str(folder).rstrip('/')}/"
        if not str(self).startswith(start):
            return None
        name = str(self)[len(start) :]
        return urllib.parse.unquote(name) if self.is_web else name

    @property
    def has_user(self) -> bool:
        """Whether there is a user name or a password."""
        return bool(_matched(self.text)[2])

    def hidden_in(self, text: str) -> str:
        """A text of another library without the secrets of this address.

        Args:
            text: Perhaps with the address, with parts of it, or with others.
        """
        text = text.replace(self.text, str(self))
        head, _, query = self._parts()
        user = _matched(head)[2]
        named = [user.rstrip("@"), *user.rstrip("@").split(":", 1)]
        named += [
            value or name
            for name, value in urllib.parse.parse_qsl(query[1:], True)
        ]
        forms = (str, urllib.parse.unquote, urllib.parse.quote, _quote_all)
        secrets = {form(name) for name in named for form in forms}
        for secret in sorted(secrets, key=len, reverse=True):
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, "***")
        return without_secrets(text)

    def _parts(self) -> tuple[str, str, str]:
        """Scheme with host or bucket, path, and query."""
        text, query = self.text, ""
        if self.is_web:
            text, mark, query = text.partition("?")
            query = mark + query
        scheme, user, host, path = _matched(text).groups()
        return f"{scheme}{user}{host}", path, query


def _matched(text: str) -> re.Match[str]:
    """The parts of what `_PATTERN` has let pass."""
    return cast(re.Match[str], _PARTS.match(text))


def is_remote(path: object) -> bool:
    """Whether this is an `Address`, or the text of one."""
    if isinstance(path, Address):
        return True
    return isinstance(path, str) and bool(_PATTERN.fullmatch(path))


def place(path: str | os.PathLike[str] | Address) -> pathlib.Path | Address:
    """The path or the address that a text means.

    Raises:
        ValueError: It begins with another scheme than `SCHEMES` or `file`.
    """
    if isinstance(path, Address):
        return path
    if isinstance(path, str) and is_remote(path):
        return Address(path)
    if isinstance(path, str) and _ANY_SCHEME.match(path):
        parts = urllib.parse.urlsplit(path)
        _, slash, name = path.partition("://")[2].partition("/")
        if parts.scheme == "file" and slash and parts.netloc.lower() in _HERE:
            # A `?` or a `#` that is not quoted can only be of the name.
            return pathlib.Path("/", urllib.parse.unquote(name))
        raise ValueError(
            f"Remote files must be at {', '.join(SCHEMES)}. "
            f"Received: {without_secrets(path)}"
        )
    return pathlib.Path(path)


def local(
    path: str | os.PathLike[str] | Address, name: str, way_out: str
) -> pathlib.Path:
    """A path of this machine.

    Args:
        path: What was asked for.
        name: What it is, as a flag.
        way_out: What to do with an address instead.

    Raises:
        ValueError: It is an address.
    """
    found = place(path)
    if isinstance(found, Address):
        raise ValueError(
            f"{name} must be in a folder of this machine: {way_out}. "
            f"Received: {found}"
        )
    return found


def relative_name(path: object, folder: object) -> str | None:
    """What to call a file, where it or the folder has an address.

    Returns:
        Its name in the folder, or all of it where it lies elsewhere; None
        where both are paths of this machine.
    """
    if isinstance(path, Address):
        return path.relative_to(folder) or str(path)
    return str(path) if isinstance(folder, Address) else None


def refuse_secrets(address: Address) -> None:
    """Refuses an address that is written down, if it has secrets in it.

    Raises:
        ValueError: It has a user name, a password or a query.
    """
    if address.has_secrets:
        raise ValueError(
            "This address is written into files, so it must have no password "
            "and no query: give credentials by variables or ~/.netrc. "
            f"Received: one with them at {address}"
        )


Place = pathlib.Path | Address


def _quote_all(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def has_scheme(text: str) -> bool:
    """Whether a text begins like an address, of whatever kind."""
    return bool(_ANY_SCHEME.match(text))
