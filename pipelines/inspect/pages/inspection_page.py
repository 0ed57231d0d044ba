"""An inspection as one web page that needs nothing else."""

import pathlib

import numpy as np

from pipelines.inspect import findings, inspection
from pipelines.inspect.pages import charts, page, sound_sections, tag_sections
from tftag.words import artist_names

_SIGNS = {findings.BAD: "✕", findings.DOUBTFUL: "!", findings.GOOD: "✓"}
_ARTISTS = 30
# Of the head: what it says, and its name in the manifest.
_FACTS = {"source": "name", "licence": "licence", "citation": "citation"}


def write(
    seen: inspection.Inspection,
    path: pathlib.Path,
    listening: str | None = None,
) -> None:
    """Writes the page.

    Args:
        seen: What was found.
        path: HTML file.
        listening: Name of the page with players beside it, if there is one.
    """
    name = data_name(seen)
    page.write(
        path,
        "inspection.html",
        title=f"{name}: inspection",
        name=name,
        about=_about(seen, name),
        listening=listening,
        seen=seen,
        median_seconds=float(np.median(seen.seconds)),
        findings=findings.find(seen),
        signs=_SIGNS,
        tags=tag_sections.write(seen),
        artists=_artists(seen),
        sound=sound_sections.write(seen),
    )


def data_name(seen: inspection.Inspection) -> str:
    """The folder's: a table of one's own is mostly called `tags`."""
    return seen.prepared.local_folder.resolve().name


def _about(seen, name):
    source = seen.prepared.source
    known = [
        f"{word}: {source[key]}"
        for word, key in _FACTS.items()
        if source.get(key) and source[key] != name
    ]
    return [*known, f"fingerprint {seen.prepared.fingerprint}"]


def _artists(seen):
    counts: dict[str, dict[str, int]] = {}
    shown: dict[str, str] = {}
    for track in seen.tracks:
        if key := artist_names.artist_key(track.artist):
            shown.setdefault(key, track.artist)
            of_artist = counts.setdefault(key, {s.name: 0 for s in seen.splits})
            of_artist[track.split] += 1
    totals = {key: sum(by_split.values()) for key, by_split in counts.items()}
    order = sorted(counts, key=lambda key: (-totals[key], key))
    rows = [
        (shown[key], counts[key], f"{shown[key]}: {totals[key]}")
        for key in order[:_ARTISTS]
    ]
    most = sum(totals[key] for key in order[:10])
    return {
        "count": len(counts),
        "with_one": sum(total == 1 for total in totals.values()),
        "share_of_ten": most / len(seen.tracks),
        "bars": charts.bars(rows),
    }
