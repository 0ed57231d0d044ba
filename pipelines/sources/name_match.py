"""Finds the file that is meant by a name from another machine."""

import collections
import os
import pathlib
import unicodedata
from collections.abc import Iterable

from pipelines.sources import listings
from tftag import tags


class NameMatch:
    """Files by name, with or without folder and ending.

    Of several files with a name, one that has its case is meant, then the one
    that shares most folders with it, then the one with the same ending. Two
    that are equally good are ambiguous: none is taken.
    """

    def __init__(self, files: Iterable[pathlib.Path], folder: pathlib.Path):
        """Sorts the files by their name without ending.

        Args:
            files: Absolute paths.
            folder: What they lie in.
        """
        self._files = list(files)
        self._folder = folder
        self._by_stem = collections.defaultdict(list)
        for file in self._files:
            parts = name_parts(os.path.relpath(file, folder))
            self._by_stem[_key(parts[-2])].append((parts, file))

    def find(self, name: str) -> list[pathlib.Path]:
        """The files that a name can mean.

        Args:
            name: `x`, `x.mp3` or `any/folder/x.mp3`.

        Returns:
            None for a missing file, one, or all that are equally good.
        """
        wanted = name_parts(name)
        best: list[pathlib.Path] = []
        best_score = None
        for parts, file in self._by_stem.get(_key(wanted[-2]), ()):
            score = _score(wanted, parts)
            if best_score is None or score > best_score:
                best, best_score = [], score
            if score == best_score:
                best.append(file)
        return best

    def find_all(
        self, names: Iterable[str]
    ) -> tuple[dict[str, pathlib.Path], list[tuple[str, str]]]:
        """The one file of each name.

        Args:
            names: As `find` takes them, each once.

        Returns:
            The file of each name that means one, and name and reason of each
            that means none or several, or a file that another name means too.
        """
        paths, problems = {}, []
        names_of = collections.defaultdict(list)
        for name in names:
            found = self.find(name)
            if len(found) == 1:
                names_of[found[0]].append(name)
                continue
            reason = listings.MISSING
            if found:
                shown = ", ".join(map(self._shown, found[:3]))
                reason = f"ambiguous: {len(found)} files ({shown})"
            problems.append((name, reason))
        for file, meant_by in names_of.items():
            if len(meant_by) == 1:
                paths[meant_by[0]] = file
                continue
            reason = f"ambiguous: {len(meant_by)} names for {self._shown(file)}"
            problems += [(name, reason) for name in meant_by]
        return paths, problems

    def unmeant(self, names: Iterable[str]) -> list[str]:
        """The files that none of these names can mean, by their own names."""
        meant = {file for name in names for file in self.find(name)}
        return [self._shown(file) for file in self._files if file not in meant]

    def _shown(self, file: pathlib.Path) -> str:
        return os.path.relpath(file, self._folder).replace(os.sep, "/")


def name_parts(name: str) -> tuple[str, ...]:
    """Folders, name without ending, and ending ("" for none)."""
    text = unicodedata.normalize("NFC", name).replace("\\", "/")
    *folders, last = text.split("/")
    named = [name for name in folders if name not in ("", ".")]
    stem = listings.without_audio_suffix(last)
    return (*named, stem, last[len(stem) :])


def _key(stem: str) -> str:
    return tags.visible(stem).casefold()


def _score(
    wanted: tuple[str, ...], parts: tuple[str, ...]
) -> tuple[bool, int, bool, bool]:
    """The name's case, folders shared upwards, the whole path, the ending."""
    shared = 0
    pairs = zip(wanted[-3::-1], parts[-3::-1], strict=False)
    for wanted_folder, folder in pairs:
        if wanted_folder != folder:
            break
        shared += 1
    whole = wanted[:-2] == parts[:-2]
    return wanted[-2] == parts[-2], shared, whole, wanted[-1] == parts[-1]
