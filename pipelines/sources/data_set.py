"""What one data set is to `prepare`: its flags, its versions, how it is read.

Each module below this folder that reads a data set has one `DataSet`, and
`pipelines.sources.DATA_SETS` has them all. The flags of `prepare`, their
errors, what `--list` prints and the documentation are made from it.
"""

import argparse
import dataclasses
import os
from collections.abc import Callable, Sequence
from typing import Any

from pipelines.sources import listings
from tftag.storage.remote import address as addresses

# (parsed flags, folder of the audio, folders in it not to look into); the
# folder is a `pathlib.Path` wherever `DataSet.is_local` is left as it is.
Read = Callable[
    [argparse.Namespace, Any, Sequence[str | os.PathLike[str]]],
    listings.Listing,
]


@dataclasses.dataclass(frozen=True)
class Flag:
    """A flag of the command line.

    Attributes:
        name: With its two minuses.
        help: What it is.
        metavar: What to call its value, `FILE` for a file that is read; ""
            for a flag without a value.
        type: Makes the value of its text.
        see: Another flag that may be meant by who gives it in vain.
    """

    name: str
    help: str
    metavar: str = ""
    type: Callable[[str], object] = str
    see: str = ""

    @property
    def dest(self) -> str:
        """The attribute of the parsed arguments that has its value."""
        return self.name.removeprefix("--").replace("-", "_")

    @property
    def usage(self) -> str:
        """As a help writes it: `--fma DIR`."""
        return f"{self.name} {self.metavar}".strip()

    def add_to(
        self, group: argparse._ActionsContainer, help_text: str = ""
    ) -> None:
        """Adds the flag to a parser or a group of one.

        Args:
            group: The parser or group.
            help_text: Takes the place of `help`.
        """
        how: dict[str, Any] = {"action": "store_true"}
        if self.metavar:
            how = {"metavar": self.metavar, "type": self.type}
        group.add_argument(self.name, help=help_text or self.help, **how)

    def is_given(self, asked: argparse.Namespace) -> bool:
        """Whether it was written; a value of 0 was."""
        value = getattr(asked, self.dest)
        return value is not None and value is not False


# What several data sets have. All published ones have the first two.
SUBSET = Flag("--subset", "which of its versions", "NAME")
PARTIAL = Flag(
    "--partial", "take a copy that is not whole; what is missing is named"
)
SPLIT_NUMBER = Flag(
    "--split-number",
    "which of several published splits (default: the first)",
    "N",
    int,
)
TAG_SEPARATOR = Flag(
    "--tag-separator",
    "what joins the tags in a cell of the table or a string of the pickles "
    f"(default: {listings.TAG_SEPARATOR}); \\t is a tab",
    "TEXT",
    lambda text: text.replace("\\t", "\t"),
)


@dataclasses.dataclass(frozen=True)
class Publication:
    """Who published a data set, and on what terms.

    Attributes:
        name: Its full name.
        homepage: Where the owner publishes it.
        licence: Of its audio and of its annotations.
        citation: The paper to cite.
    """

    name: str
    homepage: str
    licence: str
    citation: str


@dataclasses.dataclass(frozen=True)
class Version:
    """One of the ways in which a data set is used.

    Attributes:
        name: As the command line calls it.
        counts: Recordings of train, validation and test, or of the whole
            where there is no published split; () where nobody states them.
        tags: Number of tags; None where nobody states it.
        note: What else to know, in a few words.
        split_weights: Sizes of the splits where they are made here and the
            command line says none; () for those of any other data.
    """

    name: str
    counts: tuple[int, ...] = ()
    tags: int | None = None
    note: str = ""
    split_weights: tuple[int, ...] = ()


def _no_check(asked: argparse.Namespace) -> None:
    """Flags that all go together."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataSet:
    """A data set, or a way in which people keep theirs.

    Attributes:
        name: Its full name, or what it is in a few words.
        flag: Chooses it; the value is where its lists are.
        read: Reads its recordings.
        options: Flags of its own, besides those that all published ones have.
        publication: Who published it; None for a person's own.
        versions: What `--subset` chooses from; the first is the default.
        other_subsets: What `--subset` names where it may be anything.
        audio_folder: Where the audio is unless `--audio` says so.
        check: Raises `ValueError` where flags do not go together.
        is_local: Whether lists and audio must be on this machine.
        keeps_splits: Whether its splits are kept though their sides share
            artists or audio, as figures on published ones must compare.
    """

    name: str
    flag: Flag
    read: Read
    options: tuple[Flag, ...] = ()
    publication: Publication | None = None
    versions: tuple[Version, ...] = ()
    other_subsets: str = ""
    audio_folder: Callable[[argparse.Namespace], addresses.Place] | None = None
    check: Callable[[argparse.Namespace], None] = _no_check
    is_local: bool = True
    keeps_splits: bool = True

    @property
    def all_options(self) -> tuple[Flag, ...]:
        """All flags that go with it."""
        published = (SUBSET, PARTIAL) if self.publication else ()
        return (*published, *self.options)

    @property
    def subsets(self) -> str:
        """What `--subset` may be, in words."""
        return self.other_subsets or ", ".join(v.name for v in self.versions)

    def version(self, subset: str | None) -> Version | None:
        """The version of this name, the first for None; None for no version.

        Raises:
            ValueError: There are versions, and none of this name.
        """
        if self.other_subsets or not self.versions:
            return None
        for version in self.versions:
            if subset in (None, version.name):
                return version
        raise ValueError(
            f"--subset of {self.flag.name} must be one of {self.subsets}. "
            f"Received: {subset}"
        )

    def files(self, asked: argparse.Namespace) -> list[str]:
        """The lists that its flags name, none of which may be written over."""
        return [
            getattr(asked, flag.dest)
            for flag in (self.flag, *self.options)
            if flag.metavar == "FILE" and flag.is_given(asked)
        ]

    def find_audio(self, asked: argparse.Namespace) -> addresses.Place:
        """Where the audio is: `--audio`, or what the data set says.

        Raises:
            ValueError: It, or the lists, are not on this machine but must be.
        """
        lists = getattr(asked, self.flag.dest)
        if self.is_local:
            for place in filter(None, (asked.audio, lists)):
                addresses.local(
                    place,
                    "All but a --table and its audio",
                    "copy it here first",
                )
        if asked.audio:
            return addresses.place(asked.audio)
        return addresses.place(
            self.audio_folder(asked) if self.audio_folder else lists
        )
