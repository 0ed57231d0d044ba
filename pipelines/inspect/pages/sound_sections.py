"""What an inspection page says of the sound: levels, and shared audio."""

import numpy as np

from pipelines.inspect import inspection, inspection_text
from pipelines.inspect.pages import charts, page

_ROWS = 40
_EXTREMES = 5


def write(seen: inspection.Inspection) -> str:
    """Lengths, levels, extremes, equal and shared audio, lost files, HTML."""
    return "".join(
        [_spread(seen), _extremes(seen), _duplicates(seen), _lost(seen)]
    )


def recording_name(seen: inspection.Inspection, row: int) -> str:
    """A recording with its artist, HTML."""
    track = seen.tracks[row]
    artist = f' <span class="note">{page.escape(track.artist)}</span>'
    return page.escape(track.track_id) + artist * bool(track.artist)


def _spread(seen):
    peaks = inspection_text.decibels([track.peak for track in seen.tracks])
    drawn = [
        ("Length", seen.seconds, "seconds", 0.0, 0.0),
        ("Peak of the source", peaks, "dB, 0 is full scale", None, None),
    ]
    heard = any(seen.levels)
    if heard:
        starts = seen.heard("silent_start_seconds")
        ends = seen.heard("silent_end_seconds")
        level, clipped = seen.heard("rms_db"), seen.heard("clipped_share")
        drawn += [
            ("Level below the peak", level, "dB RMS", None, None),
            ("Clipped", 100 * clipped, "% of samples", 0.0, 0.1),
            ("Silence at the start", starts, "seconds", 0.0, 1.0),
            ("Silence at the end", ends, "seconds", 0.0, 1.0),
        ]
    cards = "".join(
        f'<div class="card"><h3 style="margin-top:0">{title}</h3>'
        f"{charts.histogram(values, unit, low, least)}</div>"
        for title, values, unit, low, least in drawn
    )
    said = (
        "Level, clipping and silence are those of the prepared audio, which is "
        "scaled to its peak; silence is what stays 60 dB below it."
        if heard
        else "Nobody listened: levels are left out."
    )
    return (
        f'<h2>Lengths and levels</h2><p class="note">{said}</p>'
        f'<div class="grid">{cards}</div>'
    )


def _extremes(seen):
    every = range(len(seen.tracks))
    heard = [row for row, h in enumerate(seen.levels) if h is not None]
    asked = [
        ("Shortest", seen.seconds, every, 1, "{:.1f} s", np.inf),
        ("Longest", seen.seconds, every, -1, "{:.1f} s", np.inf),
    ]
    if heard:
        silent = seen.heard("silent_start_seconds")
        silent = silent + seen.heard("silent_end_seconds")
        level, clipped = seen.heard("rms_db"), seen.heard("clipped_share")
        asked += [
            ("Lowest level", level, heard, 1, "{:.1f} dB", np.inf),
            ("Most clipped", 100 * clipped, heard, -1, "{:.3f} %", -0.005),
            ("Most silence at the ends", silent, heard, -1, "{:.1f} s", -0.1),
        ]
    cards = []
    for title, values, rows, sign, form, limit in asked:
        order = np.argsort(sign * values, kind="stable")[:_EXTREMES]
        cells = [
            (recording_name(seen, rows[i]), form.format(values[i]))
            for i in order
            if sign * values[i] < limit
        ]
        if cells:
            cards.append(
                '<div class="card">'
                f"{page.table((title, ''), cells, '-n')}</div>"
            )
    return f'<h3>Extremes</h3><div class="grid">{"".join(cards)}</div>'


def _duplicates(seen):
    parts = ["<h2>Equal and shared audio</h2>"]
    if seen.equal:
        rows = [
            (
                "<br>".join(recording_name(seen, row) for row in group),
                ", ".join(
                    dict.fromkeys(
                        seen.tracks[row].split or "none" for row in group
                    )
                ),
            )
            for group in seen.equal[:_ROWS]
        ]
        parts.append("<h3>Equal to the sample</h3>")
        parts.append(page.table(("recordings", "splits"), rows))
        parts.append(page.more(len(seen.equal) - _ROWS))
    if seen.near:
        rows = [
            (
                recording_name(seen, pair.first),
                recording_name(seen, pair.second),
                _sides(seen, pair),
                f"{pair.shared_seconds:.1f} of {pair.overlap_seconds:.1f} s",
                f"{pair.offset_seconds:+.1f} s",
                f"{pair.error_rate:.0%}",
            )
            for pair in seen.near[:_ROWS]
        ]
        columns = ("one", "other", "splits", "shared", "offset", "bits wrong")
        parts.append("<h3>Near-duplicates</h3>")
        parts.append(page.table(columns, rows, "---nnn"))
        parts.append(page.more(len(seen.near) - _ROWS))
    if len(parts) == 1:
        looked = "None found" if seen.near is not None else "No copy is equal"
        parts.append(f"<p>{looked}.</p>")
    return "".join(parts)


def _sides(seen, pair):
    sides = [seen.tracks[r].split or "none" for r in (pair.first, pair.second)]
    if not seen.crosses(pair):
        return page.escape(sides[0])
    return f'<b class="bad">{page.escape(" / ".join(sides))}</b>'


def _lost(seen):
    parts = []
    if seen.unreadable:
        rows = [
            (page.escape(path), page.escape(reason))
            for path, reason in list(seen.unreadable.items())[:_ROWS]
        ]
        parts.append("<h2>Unreadable</h2>")
        parts.append(page.table(("file", "reason"), rows))
        parts.append(page.more(len(seen.unreadable) - _ROWS))
    if seen.rejected:
        rows = [(page.escape(r), f"{n:,}") for r, n in seen.rejected.items()]
        parts.append("<h2>Left out by the preparation</h2>")
        parts.append(page.table(("reason", "recordings"), rows, "-n"))
    return "".join(parts)
