"""An inspection as one web page that needs nothing else."""

import pathlib

import numpy as np

from pipelines import (
    charts,
    findings,
    heat_map,
    inspection,
    inspection_text,
    page,
    tag_figures,
)

_SIGNS = {findings.BAD: "✕", findings.DOUBTFUL: "!", findings.GOOD: "✓"}
_ROWS = 40
_EXTREMES = 5


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
        _tags(seen),
        _risks(seen),
        _together(seen),
        _spread(seen),
        _extremes(seen),
        _artists(seen),
        _duplicates(seen),
        _lost(seen),
    ]
    page.write_page(path, f"{name}: inspection", "\n".join(filter(None, parts)))


def data_name(seen: inspection.Inspection) -> str:
    """What the data is called, or else its folder."""
    named = seen.prepared.source.get("name")
    return str(named or seen.prepared.folder.resolve().name)


def recording_name(seen: inspection.Inspection, row: int) -> str:
    """A recording with its artist, HTML."""
    track = seen.tracks[row]
    artist = f' <span class="note">{page.escape(track.artist)}</span>'
    return page.escape(track.track_id) + artist * bool(track.artist)


def _head(seen, name, listening):
    source = seen.prepared.source
    known = [
        f"{word}: {source[word]}"
        for word in ("licence", "citation")
        if source.get(word)
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
        (findings.duration(float(seen.seconds.sum())), "of audio"),
        (f"{len(seen.tags):,}", "tags to learn"),
        (f"{len(artists):,}", "known artists"),
        (f"{seen.prepared.sample_rate_hz:,} Hz", "sample rate"),
        (findings.duration(float(np.median(seen.seconds))), "median length"),
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
            f'<span class="key {s.name or "none"}"></span>'
            f"{s.name or 'no split'}",
            f"{s.recordings:,}",
            findings.duration(s.seconds),
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


def _tags(seen):
    rows = []
    for tag in seen.tags:
        counts = ", ".join(
            f"{count:,} {name or 'in no split'}"
            for name, count in tag.by_split.items()
        )
        said = f"{tag.name}: {counts}; {findings.count(tag.artists, 'artist')}"
        rows.append((tag.name, tag.by_split, said))
    more = (
        f'<p class="note">{findings.count(seen.other_tags, "more tag")} in the '
        "data, not learned.</p>"
        if seen.other_tags
        else ""
    )
    key = charts.split_key([split.name for split in seen.splits])
    return f"<h2>Recordings per tag</h2>{key}{charts.bars(rows)}{more}"


def _risks(seen):
    risky = seen.tags_at_risk
    if not risky:
        return ""
    rows = [
        (
            page.escape(tag.name),
            f"{tag.recordings:,}",
            f"{tag.artists:,}",
            page.escape("; ".join(tag.risks)),
        )
        for tag in risky[:_ROWS]
    ]
    columns = ("tag", "recordings", "artists", "risk")
    table = page.table(columns, rows, "-nn-")
    return f"<h2>Tags at risk</h2>{table}{_more(len(risky))}"


def _together(seen):
    if len(seen.tags) < 2:
        return ""
    names = seen.prepared.vocabulary.names
    # The most frequent ones, where there are more than can be read.
    counts = np.diag(seen.together)
    kept = np.argsort(-counts, kind="stable")[: heat_map.MAX_TAGS]
    kept = kept[tag_figures.order_by_company(seen.together[np.ix_(kept, kept)])]
    drawn = heat_map.draw(
        [names[i] for i in kept],
        seen.together[np.ix_(kept, kept)],
        len(seen.tracks),
    )
    left_out = len(names) - len(kept)
    said = (
        '<span class="key more"></span>together more often than by chance '
        '<span class="key less"></span>less often; the stronger the colour, '
        "the more. Tags that go together stand together."
    )
    if left_out:
        said += f" The {left_out:,} rarest tags are not drawn."
    rows = [
        (
            page.escape(pair.first),
            page.escape(pair.second),
            f"{pair.together:,}",
            f"{pair.expected:.1f}",
            f"{pair.shared:.0%}",
            f"{pair.correlation:.2f}",
        )
        for pair in seen.tag_pairs
    ]
    columns = (
        "tag",
        "and",
        "together",
        "by chance",
        "of either",
        "correlation",
    )
    pairs = page.table(columns, rows, "--nnnn") if rows else ""
    return (
        f'<h2>Tags that go together</h2><p class="note">{said}</p>{drawn}'
        f"<h3>Strongest pairs</h3>{pairs}"
    )


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
        for key in order[:30]
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
        parts.append(_more(len(seen.equal)))
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
        parts.append(_more(len(seen.near)))
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
        parts.append(_more(len(seen.unreadable)))
    if seen.rejected:
        rows = [(page.escape(r), f"{n:,}") for r, n in seen.rejected.items()]
        parts.append("<h2>Left out by the preparation</h2>")
        parts.append(page.table(("reason", "recordings"), rows, "-n"))
    return "".join(parts)


def _more(total):
    if total <= _ROWS:
        return ""
    return f'<p class="note">and {total - _ROWS:,} more.</p>'
