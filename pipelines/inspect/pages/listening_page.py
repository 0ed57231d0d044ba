"""A web page with players: a few recordings of each tag, and shared audio."""

import os
import pathlib
import urllib.parse

import numpy as np

from pipelines import sentences
from pipelines.inspect import inspection
from pipelines.inspect.pages import (
    charts,
    inspection_page,
    page,
    sound_sections,
)

_PAIRS = 100
# Draws the examples, the same ones each time.
_SEED = 0


def write(
    seen: inspection.Inspection,
    path: pathlib.Path,
    overview: str,
    examples: int = 2,
) -> None:
    """Writes the page; its players reach the audio by relative paths.

    Args:
        seen: What was found.
        path: HTML file.
        overview: Name of the page of figures beside it.
        examples: Players per tag and split.
    """
    name = inspection_page.data_name(seen)
    folder = path.parent
    parts = [
        f"<h1>{page.escape(name)}: listening</h1>",
        f'<p><a href="{page.escape(overview)}">Back to the figures</a></p>',
        _pairs(seen, folder),
        _tags(seen, folder, examples),
    ]
    page.write_page(path, f"{name}: listening", "\n".join(parts))


def player(
    seen: inspection.Inspection,
    row: int,
    folder: pathlib.Path,
    start_seconds: float = 0.0,
) -> str:
    """A player of one recording.

    Args:
        seen: What was found.
        row: Position of the recording.
        folder: Where the page will be.
        start_seconds: Where it starts to play.

    Returns:
        HTML; nothing is loaded before somebody plays it.
    """
    where = _address(seen.prepared.wav_path(seen.tracks[row]), folder)
    if where is None:
        return '<p class="note">No browser can play it from there.</p>'
    part = f"#t={start_seconds:.1f}" if start_seconds > 0 else ""
    return (
        f'<audio controls preload="none" src="{page.escape(where + part)}">'
        "</audio>"
    )


def _address(path, folder):
    text = os.fspath(path)
    if text.startswith(("https://", "http://")):
        return urllib.parse.quote(text, safe=":/?&=%")
    if "://" in text:
        return None
    relative = os.path.relpath(os.path.abspath(path), os.path.abspath(folder))
    # Bytes, so that names that are not UTF-8 are reached too.
    return urllib.parse.quote(os.fsencode(relative.replace(os.sep, "/")))


def _pairs(seen, folder):
    """Near-duplicates side by side, from the first moment that both have."""
    if not seen.near:
        return ""
    cards = []
    for pair in seen.near[:_PAIRS]:
        # The later one of the two begins at its own start.
        first = max(0.0, -pair.offset_seconds)
        sides = "".join(
            f"<div>{sound_sections.recording_name(seen, row)} "
            f'<span class="note">{seen.tracks[row].split or "no split"}, from '
            f"{start:.1f} s</span>{player(seen, row, folder, start)}</div>"
            for row, start in (
                (pair.first, first),
                (pair.second, first + pair.offset_seconds),
            )
        )
        leak = (
            '<b class="bad">across splits</b>, ' if seen.crosses(pair) else ""
        )
        cards.append(
            f'<div class="card pair" style="margin:.7rem 0"><p>{leak}'
            f"{pair.shared_seconds:.1f} s shared, {pair.error_rate:.0%} of the "
            f'bits differ</p><div class="grid">{sides}</div></div>'
        )
    more = len(seen.near) - _PAIRS
    note = f'<p class="note">and {more:,} more pairs.</p>' if more > 0 else ""
    return f"<h2>Shared audio</h2>{''.join(cards)}{note}"


def _tags(seen, folder, examples):
    generator = np.random.default_rng(_SEED)
    splits = np.array([track.split for track in seen.tracks])
    labels = seen.prepared.labels() > 0
    # Files that cannot be read would be players that do not play.
    playable = np.array([t.path not in seen.unreadable for t in seen.tracks])
    names = sorted(seen.tags, key=lambda tag: tag.name)
    places = {name: i for i, name in enumerate(seen.prepared.vocabulary.names)}
    contents = " · ".join(
        f'<a href="#tag-{places[tag.name]}">{page.escape(tag.name)}</a>'
        for tag in names
    )
    key = charts.split_key(list(seen.prepared.split_counts))
    parts = [f'<h2>Tags</h2><p style="max-width:none">{contents}</p>{key}']
    for tag in names:
        carried = labels[:, places[tag.name]] & playable
        cards = []
        for split in seen.prepared.split_counts:
            rows = np.flatnonzero(carried & (splits == split))
            drawn = generator.permutation(rows)[:examples]
            cards += [_card(seen, int(row), folder) for row in sorted(drawn)]
        parts.append(
            f'<h3 id="tag-{places[tag.name]}">{page.escape(tag.name)} '
            f'<span class="note">{sentences.count(tag.recordings, "recording")}'
            f'</span></h3><div class="grid">{"".join(cards)}</div>'
        )
    return "\n".join(parts)


def _card(seen, row, folder):
    track = seen.tracks[row]
    return (
        f'<div class="card pair"><span class="key {track.split or "none"}" '
        f'title="{track.split or "no split"}"></span>'
        f"{sound_sections.recording_name(seen, row)}"
        f"{player(seen, row, folder)}"
        f'<div class="note">{page.escape(", ".join(track.tags))}</div></div>'
    )
