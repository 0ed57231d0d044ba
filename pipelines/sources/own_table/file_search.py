"""Finds the file of a row, however its path is spelled there."""

import collections
import functools
import html
import logging
import os
import pathlib
import re
import urllib.parse

from pipelines.sources import listings
from pipelines.sources.own_table import remote_audio
from tftag import tags
from tftag.console import counts_in_words
from tftag.storage import escaping
from tftag.storage.remote import address as addresses

# With one slash Java writes it.
_FILE = re.compile(r"\Afile:/+", re.IGNORECASE)
_NO_LETTER = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"0*(\d+)(?:\.0+)?")

_log = logging.getLogger(__name__)


class FileSearch:
    """Finds the file that a row means, in the spelling that it has here.

    Attributes:
        files: All that there are.
        problems: Path and reason of each that cannot be used, whatever is
            there.
    """

    def __init__(
        self,
        folder: addresses.Place,
        files: list[addresses.Place],
    ):
        """Sorts the files by how their names look.

        Args:
            folder: What relative paths start from, absolute.
            files: What is in it.
        """
        self._folder = folder
        self.files = {
            f if isinstance(f, addresses.Address) else os.fspath(f)
            for f in files
        }
        self._spellings = collections.defaultdict(list)
        for file in self.files:
            for key in {_seen(file), _seen(file).casefold()}:
                self._spellings[key].append(file)
        self._others: list[tuple[str, str | addresses.Address]] = []
        self.problems: dict[str | addresses.Address, str] = {}

    def find(self, written: str) -> str | addresses.Address:
        """Absolute path or address, whether there is a file or not."""
        forms = [written, written.strip()]
        # As Windows writes them, this project's own tables, and playlists.
        forms += [form.replace("\\", "/") for form in forms]
        forms.append(escaping.read_cell(written))
        if forms[1].startswith("~/"):
            forms.append(os.path.expanduser(forms[1]))
        if not addresses.has_scheme(written):
            forms.append(_FILE.sub("/", urllib.parse.unquote(forms[1])))
        try:
            paths = {
                form: remote_audio.find(self._folder, form) for form in forms
            }
        except ValueError as error:
            nowhere = f"{self._folder}/{addresses.without_secrets(written)}"
            self.problems[nowhere] = f"{listings.MISSING}: {error}"
            return nowhere
        for form, path in paths.items():
            if path in self.files or os.path.lexists(str(path)):
                if form not in forms[:2]:
                    self._others.append((written, path))
                return path
        for key in map(_seen, paths.values()):
            found = (
                self._spellings.get(key)
                or self._spellings.get(key.casefold())
                or self._without_endings.get(key, [])
            )
            if len(found) == 1:
                self._others.append((written, found[0]))
                return found[0]
            if found:
                names = ", ".join(sorted(map(str, found))[:3])
                self.problems[paths[forms[1]]] = (
                    f"ambiguous: {len(found)} files ({names})"
                )
        return paths[forms[1]]

    @functools.cached_property
    def _without_endings(self) -> dict[str, list[str | addresses.Address]]:
        """Files by the names that tables of numbers and keys have for them."""
        found = collections.defaultdict(list)
        for file in self.files:
            found[listings.without_audio_suffix(_seen(file))].append(file)
        return found

    def nearest(self, written: str) -> str:
        """Names the one file that a path that is missing may mean.

        Args:
            written: The path, as the table has it.

        Returns:
            What goes behind the word `missing`; "" where there is no such
            file, or more than one.
        """
        found = self._likely.get(_likely_name(written), [])
        if len(found) != 1:
            return ""
        name = listings.relative_name(found[0], self._folder)
        return f": the nearest is {name}"

    @functools.cached_property
    def _likely(self) -> dict[str, list[str | addresses.Address]]:
        """Files by what is left of their names in a table saved elsewhere."""
        found = collections.defaultdict(list)
        for file in self.files:
            found[_likely_name(str(file))].append(file)
        return found

    def tell(self, csv_path: pathlib.Path) -> None:
        """Counts in the log what was found in another spelling."""
        if self._others:
            written, path = self._others[0]
            _log.info(
                "%s of %s in another spelling here (backslashes, case, "
                "accents, blanks, quoting, ending, ~); the first: %r is %s",
                counts_in_words.count(len(self._others), "path"),
                csv_path,
                addresses.without_secrets(written),
                path,
            )


def _seen(path: str | os.PathLike[str] | addresses.Address) -> str:
    return "/".join(map(tags.visible, str(path).split("/")))


def _likely_name(path: str) -> str:
    """A name's letters without folders and ending; a number without zeros.

    A spreadsheet makes 2 of 000002, and pandas 2.0; other machines have other
    folders; pages write r&amp;b, word processors another apostrophe, and
    whoever downloads a file an underscore for what no name may have.
    """
    name = _seen(html.unescape(path).replace("\\", "/")).rpartition("/")[2]
    name = listings.without_audio_suffix(name.strip("'\"`")).casefold()
    number = _NUMBER.fullmatch(name)
    return number[1] if number else _NO_LETTER.sub("", name) or name
