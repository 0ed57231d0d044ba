"""What an inspection page says of the sound: levels, and shared audio."""

import markupsafe
import numpy as np

from pipelines.inspect import inspection, inspection_text
from pipelines.inspect.pages import charts, page

_ROWS = 40
_EXTREMES = 5


def write(seen: inspection.Inspection) -> markupsafe.Markup:
    """Lengths, levels, extremes, equal and shared audio, lost files, HTML."""
    return page.draw(
        "sound.html",
        seen=seen,
        rows=_ROWS,
        listened=any(seen.levels),
        charts=_charts(seen),
        extremes=_extremes(seen),
        equal=[[seen.tracks[row] for row in group] for group in seen.equal],
        rejected=[(why, f"{n:,}") for why, n in seen.rejected.items()],
    )


def _charts(seen):
    """Titles and histograms."""
    peaks = inspection_text.decibels([track.peak for track in seen.tracks])
    drawn = [
        ("Length", seen.seconds, "seconds", 0.0, 0.0),
        ("Peak of the source", peaks, "dB, 0 is full scale", None, None),
    ]
    if any(seen.levels):
        starts = seen.measured("silent_start_seconds")
        ends = seen.measured("silent_end_seconds")
        level, clipped = seen.measured("rms_db"), seen.measured("clipped_share")
        drawn += [
            ("Level below the peak", level, "dB RMS", None, None),
            ("Clipped", 100 * clipped, "% of samples", 0.0, 0.1),
            ("Silence at the start", starts, "seconds", 0.0, 1.0),
            ("Silence at the end", ends, "seconds", 0.0, 1.0),
        ]
    return [
        (title, charts.histogram(values, unit, low, least))
        for title, values, unit, low, least in drawn
    ]


def _extremes(seen):
    """Titles, and recordings with their values."""
    every = list(range(len(seen.tracks)))
    read = [row for row, h in enumerate(seen.levels) if h is not None]
    asked = [
        ("Shortest", seen.seconds, every, 1, "{:.1f} s", np.inf),
        ("Longest", seen.seconds, every, -1, "{:.1f} s", np.inf),
    ]
    if read:
        silent = seen.measured("silent_start_seconds")
        silent = silent + seen.measured("silent_end_seconds")
        level, clipped = seen.measured("rms_db"), seen.measured("clipped_share")
        asked += [
            ("Lowest level", level, read, 1, "{:.1f} dB", np.inf),
            ("Most clipped", 100 * clipped, read, -1, "{:.3f} %", -0.005),
            ("Most silence at the ends", silent, read, -1, "{:.1f} s", -0.1),
        ]
    found = []
    for title, values, rows, sign, form, limit in asked:
        order = np.argsort(sign * values, kind="stable")[:_EXTREMES]
        cells = [
            (seen.tracks[rows[i]], form.format(values[i]))
            for i in order
            if sign * values[i] < limit
        ]
        if cells:
            found.append((title, cells))
    return found
