"""What a preparation could not use, by name and reason."""

import collections
import dataclasses
import os
import pathlib
from collections.abc import Iterable, Mapping

from pipelines.sources import listings
from tftag.console import counts_in_words
from tftag.storage import atomic_write, escaping
from tftag.storage.remote import address as addresses

TABLE_NAME = "rejected.csv"
DUPLICATE = "duplicate"
# Left out by the data set or by choice; all others have failed.
_LEFT_OUT = frozenset(
    {
        DUPLICATE,
        listings.NOT_LISTED,
        listings.IN_NO_SPLIT,
        listings.NOT_HELD,
        listings.KNOWN_FAULT,
        listings.NOT_IN_VERSION,
    }
)


@dataclasses.dataclass(frozen=True)
class Rejected:
    """One file or recording that is not in the manifest.

    Attributes:
        name: As the data set calls it.
        reason: A few words, the same for all files with the same problem.
        detail: More, where more is known.
        track_id: "" where the file never was a recording.
    """

    name: str
    reason: str
    detail: str = ""
    track_id: str = ""

    @property
    def failed(self) -> bool:
        """Whether the data set meant it to be used."""
        return self.reason not in _LEFT_OUT


def of_listing(listing: listings.Listing) -> list[Rejected]:
    """What cannot be used whatever its audio is, as a file that is missing.

    Args:
        listing: What a source read.

    Returns:
        Sorted by reason and name.
    """
    found = []
    for name, problem in listing.problems:
        reason, _, detail = problem.partition(": ")
        found.append(Rejected(name, reason, detail))
    return _sorted(found)


def collect(
    listing: listings.Listing,
    answers: Mapping[str, dict],
    audio_folder: str | os.PathLike[str] | addresses.Address,
    drop_duplicates: bool = False,
) -> list[Rejected]:
    """Everything that cannot be used.

    Args:
        listing: What a source read.
        answers: What `convert.convert_files` returned.
        audio_folder: What the names are relative to, where they lie in it.
        drop_duplicates: Whether to reject all but the first of the
            recordings with equal audio.

    Returns:
        Sorted by reason and name.
    """
    found = of_listing(listing)
    first: dict[str, str] = {}
    for recording in listing.recordings:
        answer = answers[recording.track_id]
        name = listings.relative_name(recording.path, audio_folder)
        if "reason" in answer:
            reason, detail = answer["reason"], answer["detail"]
        elif drop_duplicates and answer["audio_hash"] in first:
            reason = DUPLICATE
            detail = f"same audio as {first[answer['audio_hash']]}"
        else:
            first.setdefault(answer["audio_hash"], name)
            continue
        found.append(Rejected(name, reason, detail, recording.track_id))
    return _sorted(found)


def write(folder: pathlib.Path, rejected: Iterable[Rejected]) -> None:
    """Writes `rejected.csv`, also when it has no rows."""
    path = folder / TABLE_NAME
    with atomic_write.replacing(path, errors="backslashreplace") as file:
        write_row = escaping.csv_row_writer(file)
        write_row(["name", "reason", "detail"])
        for entry in rejected:
            write_row([entry.name, entry.reason, entry.detail])


def check_share(
    rejected: Iterable[Rejected],
    kept: int,
    max_share: float,
    folder: pathlib.Path,
) -> None:
    """Refuses a data set of which too much has failed.

    Args:
        rejected: What is not used.
        kept: Number of recordings that are.
        max_share: Share of the listed recordings that may fail.
        folder: Where `rejected.csv` is.

    Raises:
        ValueError: More than that failed, or all.
    """
    failed = [entry for entry in rejected if entry.failed]
    total = kept + len(failed)
    if len(failed) > max_share * total or not kept:
        raise ValueError(
            f"{len(failed)} of {counts_in_words.count(total, 'recording')} "
            "cannot be used: "
            f"{count_reasons(failed)}; {folder / TABLE_NAME} names them. At "
            f"most {100 * max_share:g}% may be lost, which "
            "--max-rejected-share sets."
        )


def count_reasons(rejected: Iterable[Rejected]) -> str:
    """Reasons and how often they occur, as in "2 silent, 1 unreadable"."""
    counts = collections.Counter(entry.reason for entry in rejected)
    return ", ".join(f"{n} {reason}" for reason, n in counts.most_common())


def _sorted(rejected):
    return sorted(rejected, key=lambda entry: (entry.reason, entry.name))
