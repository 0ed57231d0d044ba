"""An inspection as one web page that needs nothing else."""

import pathlib

import numpy as np

from pipelines import sentences
from pipelines.inspect import findings, inspection, tag_figures
from pipelines.inspect.pages import charts, page, sound_sections, tag_sections

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
    parts = [
        _head(seen, name, listening),
        _tiles(seen),
        _findings(seen),
        _splits(seen),
        tag_sections.write(seen),
        _artists(seen),
        sound_sections.write(seen),
    ]
    page.write_page(path, f"{name}: inspection", "\n".join(parts))


def data_name(seen: inspection.Inspection) -> str:
    """The folder's: a table of one's own is mostly called `tags`."""
    return seen.prepared.folder.resolve().name


def _head(seen, name, listening):
    source = seen.prepared.source
    known = [
        f"{word}: {source[key]}"
        for word, key in _FACTS.items()
        if source.get(key) and source[key] != name
    ]
    known.append(f"fingerprint {seen.prepared.fingerprint}")
    link = (
        f'<p><a href="{page.escape(listening)}">Listen to examples</a></p>'
        if listening
        else ""
    )
    return (
        f"<h1>{page.escape(name)}</h1>"
        f'<p class="note">{page.escape(" · ".join(known))}</p>{link}'
    )


def _tiles(seen):
    artists = {tag_figures.artist_key(t.artist) for t in seen.tracks} - {""}
    facts = [
        (f"{len(seen.tracks):,}", "recordings"),
        (sentences.duration(float(seen.seconds.sum())), "of audio"),
        (f"{len(seen.tags):,}", "tags to learn"),
        (f"{len(artists):,}", "known artists"),
        (f"{seen.prepared.sample_rate_hz:,} Hz", "sample rate"),
        (sentences.duration(float(np.median(seen.seconds))), "median length"),
    ]
    tiles = "".join(
        f'<div class="tile"><b>{page.escape(value)}</b>'
        f"<span>{page.escape(said)}</span></div>"
        for value, said in facts
    )
    return f'<div class="tiles">{tiles}</div>'


def _findings(seen):
    items = "".join(
        f'<li><b class="{found.grade}">{_SIGNS[found.grade]}</b><span>'
        f"<b>{page.escape(found.title)}.</b> {page.escape(found.text)}"
        "</span></li>"
        for found in findings.find(seen)
    )
    return f'<div class="card"><ul class="findings">{items}</ul></div>'


def _splits(seen):
    rows = [
        (
            f'<span class="whole"><span class="key {s.name or "none"}">'
            f"</span>{s.name or 'no split'}</span>",
            f"{s.recordings:,}",
            sentences.duration(s.seconds),
            f"{s.artists:,}",
            f"{s.tags_per_recording:.1f}",
            f"{s.untagged:,}",
        )
        for s in seen.splits
    ]
    columns = (
        "split",
        "recordings",
        "length",
        "artists",
        "tags each",
        "untagged",
    )
    return "<h2>Splits</h2>" + page.table(columns, rows, "-nnnnn")


def _artists(seen):
    counts, shown = {}, {}
    for track in seen.tracks:
        if key := tag_figures.artist_key(track.artist):
            shown.setdefault(key, track.artist)
            of_artist = counts.setdefault(key, {s.name: 0 for s in seen.splits})
            of_artist[track.split] += 1
    if not counts:
        return "<h2>Artists</h2><p>None is known.</p>"
    totals = np.array([sum(each.values()) for each in counts.values()])
    order = sorted(counts, key=lambda key: (-sum(counts[key].values()), key))
    rows = [
        (shown[key], counts[key], f"{shown[key]}: {sum(counts[key].values())}")
        for key in order[:_ARTISTS]
    ]
    share = np.sort(totals)[::-1][:10].sum() / len(seen.tracks)
    said = (
        f"{len(counts):,} known artists, {(totals == 1).sum():,} of them with "
        f"one recording; the ten with most have {share:.0%} of all."
    )
    return (
        f"<h2>Artists</h2><p>{said}</p>"
        f"{charts.split_key([split.name for split in seen.splits])}"
        f"{charts.bars(rows)}"
    )
