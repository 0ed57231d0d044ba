"""What an inspection page says of the tags."""

import numpy as np

from pipelines import sentences
from pipelines.inspect import inspection, tag_figures
from pipelines.inspect.pages import charts, heat_map, page

_ROWS = 40


def write(seen: inspection.Inspection) -> str:
    """Recordings per tag, tags at risk and tags that go together, HTML."""
    return _tags(seen) + _risks(seen) + _together(seen)


def _tags(seen):
    rows = []
    for tag in seen.tags:
        counts = ", ".join(
            f"{count:,} {name or 'in no split'}"
            for name, count in tag.by_split.items()
        )
        said = f"{tag.name}: {counts}; {sentences.count(tag.artists, 'artist')}"
        rows.append((tag.name, tag.by_split, said))
    others = sentences.count(seen.other_tags, "more tag")
    more = (
        f'<p class="note">{others} in the data, not learned.</p>'
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
    return f"<h2>Tags at risk</h2>{table}{page.more(len(risky) - _ROWS)}"


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
    pairs = ""
    if rows:
        pairs = "<h3>Strongest pairs</h3>"
        pairs += page.table(columns, rows, "--nnnn")
    return (
        f'<h2>Tags that go together</h2><p class="note">{said}</p>{drawn}'
        f"{pairs}"
    )
