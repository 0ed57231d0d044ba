"""What a person should know of a data set before training on it."""

import dataclasses
from collections.abc import Iterator

from pipelines.inspect import inspection, tag_figures
from pipelines.inspect.fingerprints import near_duplicates
from tftag.console.counts_in_words import count, some

BAD, DOUBTFUL, GOOD = "bad", "doubtful", "good"
# More of a recording in a row at full scale is heard as distortion.
CLIPPED_SHARE = 0.001
LONG_SILENCE_SECONDS = 2.0


@dataclasses.dataclass(frozen=True)
class Finding:
    """One sentence on a data set.

    Attributes:
        grade: `BAD` makes figures wrong, `DOUBTFUL` may, `GOOD` was checked.
        title: A few words.
        text: What was found, and what helps.
    """

    grade: str
    title: str
    text: str


def find(seen: inspection.Inspection) -> list[Finding]:
    """All findings, the bad ones first."""
    grades = (BAD, DOUBTFUL, GOOD)
    every = [
        *_unreadable(seen),
        *_warned(seen),
        *_artists(seen),
        *_equal(seen),
        *_near(seen),
        *_tags(seen),
        *_levels(seen),
    ]
    return sorted(every, key=lambda finding: grades.index(finding.grade))


def _unreadable(seen) -> Iterator[Finding]:
    if seen.unreadable:
        lost = count(len(seen.unreadable), "file")
        yield Finding(
            BAD,
            "Unreadable",
            f"{lost} of {len(seen.tracks):,} cannot be read: "
            f"{some(list(seen.unreadable), 3)}. Restore them or prepare the "
            "data again.",
        )


def _warned(seen) -> Iterator[Finding]:
    if seen.warnings:
        texts = [f"{name} ({text})" for name, text in seen.warnings.items()]
        yield Finding(
            DOUBTFUL,
            "Read with a warning",
            f"{count(len(texts), 'recording')}: {some(texts, 3)}. They are "
            "used as far as they go.",
        )


def _artists(seen) -> Iterator[Finding]:
    audit = seen.audit
    several = len(seen.splits) > 1
    if several and audit["shared_artists"]:
        names = audit["shared_artists"]
        yield Finding(
            BAD,
            "Artists in two splits",
            f"{count(len(names), 'artist')} with "
            f"{count(audit['recordings_of_shared_artists'], 'recording')}: "
            f"{some(names)}. Figures will be better than on new artists.",
        )
    elif audit["artists"] == "unknown":
        yield Finding(
            DOUBTFUL,
            "Artists unknown",
            "Nobody can tell whether splits share any.",
        )
    elif audit["artists"] == "partly known":
        without = count(audit["without_artist"], "recording")
        yield Finding(
            DOUBTFUL, "Artists partly known", f"{without} without an artist."
        )
    elif several:
        yield Finding(GOOD, "Artists", "None is in two splits.")


def _equal(seen) -> Iterator[Finding]:
    shared = seen.audit["shared_audio"]
    groups = len(seen.equal)
    copies = sum(map(len, seen.equal))
    if shared:
        yield Finding(
            BAD,
            "Equal audio in two splits",
            f"{count(len(shared), 'piece')} of audio, as "
            f"{some([' = '.join(ids) for ids in shared], 3)}.",
        )
    elif groups:
        yield Finding(
            DOUBTFUL,
            "Equal audio",
            f"{copies:,} recordings share {count(groups, 'piece')} of audio, "
            "each within one split.",
        )
    else:
        yield Finding(GOOD, "Equal audio", "No two recordings are equal.")


def _near(seen) -> Iterator[Finding]:
    if seen.near is None:
        yield Finding(
            DOUBTFUL,
            "Near-duplicates",
            "Not looked for: the recordings were not read.",
        )
        return
    leaks = seen.near_leaks
    if leaks:
        ids = seen.tracks.texts("track_id")
        names = [f"{ids[pair.first]} ~ {ids[pair.second]}" for pair in leaks]
        yield Finding(
            BAD,
            "Shared audio across splits",
            f"{count(len(leaks), 'pair')}: {some(names, 3)}. Listen to them.",
        )
    if within := len(seen.near) - len(leaks):
        yield Finding(
            DOUBTFUL,
            "Near-duplicates",
            f"{count(within, 'pair')} share some seconds of audio within one "
            "split.",
        )
    limit = near_duplicates.SHORTEST_SECONDS
    if short := int((seen.seconds < limit).sum()):
        yield Finding(
            DOUBTFUL,
            "Too short to compare",
            f"{count(short, 'recording')} of less than {limit:.1f} s may be "
            "near-duplicates too.",
        )
    if not seen.near:
        yield Finding(
            GOOD, "Near-duplicates", "No two recordings share 3 s of audio."
        )


def _tags(seen) -> Iterator[Finding]:
    risky = [tag.name for tag in seen.tags_at_risk]
    if risky:
        yield Finding(
            DOUBTFUL,
            "Tags at risk",
            f"{len(risky):,} of {len(seen.tags):,}: {some(risky)}. Their "
            "figures will say little.",
        )
    else:
        yield Finding(
            GOOD,
            "Tags",
            "Each has enough recordings and artists.",
        )
    same = [p for p in seen.tag_pairs if p.shared >= tag_figures.SAME_SHARE]
    if same:
        names = [f"{p.first} = {p.second}" for p in same]
        yield Finding(
            DOUBTFUL,
            "Two names for one tag",
            f"Perhaps: {some(names)} are on nearly the same recordings.",
        )
    untagged = sum(split.untagged for split in seen.splits)
    if untagged:
        yield Finding(
            DOUBTFUL,
            "Untagged",
            f"{count(untagged, 'recording')} without any tag that is learned.",
        )


def _levels(seen) -> Iterator[Finding]:
    clipped = int((seen.measured("clipped_share") > CLIPPED_SHARE).sum())
    if clipped:
        yield Finding(
            DOUBTFUL,
            "Clipped",
            f"{count(clipped, 'recording')} with more than "
            f"{CLIPPED_SHARE:.1%} of the samples in runs at full scale.",
        )
    ends = (
        seen.measured("silent_start_seconds"),
        seen.measured("silent_end_seconds"),
    )
    silent = int((ends[0] + ends[1] > LONG_SILENCE_SECONDS).sum())
    if silent:
        yield Finding(
            DOUBTFUL,
            "Silent ends",
            f"{count(silent, 'recording')} with more than "
            f"{LONG_SILENCE_SECONDS:.0f} s of silence at start and end.",
        )
