"""An inspection as lines on a terminal."""

import numpy as np
import numpy.typing as npt

from pipelines.inspect import findings, inspection
from tftag.console import counts_in_words

_SIGNS = {findings.BAD: "!!", findings.DOUBTFUL: " ?", findings.GOOD: "ok"}
_ROWS = 10


def write_text(seen: inspection.Inspection) -> str:
    """Describes a data set.

    Args:
        seen: What was found.

    Returns:
        Lines of at most about 80 characters, but for long names.
    """
    prepared = seen.prepared
    lines = [
        f"{prepared.folder}: "
        f"{counts_in_words.count(len(seen.tracks), 'recording')}, "
        f"{counts_in_words.duration(float(seen.seconds.sum()))}, "
        f"{counts_in_words.count(len(seen.tags), 'tag')}, "
        f"{prepared.sample_rate_hz:,} Hz",
        "",
        *_findings(seen),
        "",
        *_splits(seen),
        "",
        *_spread(seen),
        "",
        *_tags(seen),
        *_tag_pairs(seen),
        *_near(seen),
    ]
    return "\n".join(lines) + "\n"


def _findings(seen):
    for found in findings.find(seen):
        yield f"{_SIGNS[found.grade]} {found.title}: {found.text}"


def _splits(seen):
    yield "split        recordings      length   artists  tags/recording"
    for split in seen.splits:
        yield (
            f"{split.name or 'none':<12} {split.recordings:>10,} "
            f"{counts_in_words.duration(split.seconds):>11} "
            f"{split.artists:>9,} "
            f"{split.tags_per_recording:>15.1f}"
        )


def _spread(seen):
    heads = "".join(f"{name:>11}" for name in ("least", "middle", "most"))
    yield f"{'':<22}{heads}"
    peaks = [track.peak for track in seen.tracks]
    figures = [
        ("length, s", seen.seconds),
        ("peak of the source, dB", decibels(peaks)),
    ]
    if any(seen.levels):
        figures += [
            ("level of the WAV, dB", seen.measured("rms_db")),
            ("clipped, %", 100 * seen.measured("clipped_share")),
            ("silent start, s", seen.measured("silent_start_seconds")),
            ("silent end, s", seen.measured("silent_end_seconds")),
        ]
    for name, values in figures:
        cells = (values.min(), np.median(values), values.max())
        row = "".join(f"{value:>11.2f}" for value in cells)
        yield f"{name:<22}{row}"


def decibels(peaks: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Peaks relative to full scale, in dB; nothing below -120."""
    return 20 * np.log10(np.maximum(np.asarray(peaks, np.float64), 1e-6))


def _tags(seen):
    risky = seen.tags_at_risk
    most = [f"{tag.name} {tag.recordings:,}" for tag in seen.tags]
    yield f"tags         {counts_in_words.some(most, _ROWS)}"
    if seen.other_tags:
        yield f"             {seen.other_tags:,} more tags are not learned"
    if risky:
        yield f"at risk      {len(risky):,} of {len(seen.tags):,}"
    for tag in risky[:_ROWS]:
        yield f"  {tag.name}: {'; '.join(tag.risks)}"
    if len(risky) > _ROWS:
        yield f"  and {len(risky) - _ROWS:,} more"


def _tag_pairs(seen):
    if not seen.tag_pairs:
        return
    yield "together"
    for pair in seen.tag_pairs[:_ROWS]:
        yield (
            f"  {pair.first} + {pair.second}: {pair.together:,} recordings, "
            f"{pair.expected:.1f} by chance"
        )


def _near(seen):
    if not seen.near:
        return
    yield "share audio"
    for pair in seen.near[:_ROWS]:
        first, second = (seen.tracks[r] for r in (pair.first, pair.second))
        leak = "  ACROSS SPLITS" if seen.crosses(pair) else ""
        yield (
            f"  {first.track_id} ({first.artist}) ~ {second.track_id} "
            f"({second.artist}): {pair.shared_seconds:.1f} s, "
            f"{pair.error_rate:.0%} of the bits differ{leak}"
        )
    if len(seen.near) > _ROWS:
        yield f"  and {len(seen.near) - _ROWS:,} more"
