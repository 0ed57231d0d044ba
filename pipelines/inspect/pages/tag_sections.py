"""What an inspection page says of the tags."""

import markupsafe
import numpy as np

from pipelines.inspect import inspection, tag_figures
from pipelines.inspect.pages import charts, heat_map, page
from tftag.console import counts_in_words

_ROWS = 40


def write(seen: inspection.Inspection) -> markupsafe.Markup:
    """Recordings per tag, tags at risk and tags that go together, HTML."""
    drawn, not_drawn = _together(seen)
    return page.draw(
        "tags.html",
        seen=seen,
        bars=charts.bars([_bar(tag) for tag in seen.tags]),
        rows=_ROWS,
        heat_map=drawn,
        not_drawn=not_drawn,
    )


def _bar(tag):
    counts = ", ".join(
        f"{count:,} {name or 'in no split'}"
        for name, count in tag.by_split.items()
    )
    said = (
        f"{tag.name}: {counts}; {counts_in_words.count(tag.artists, 'artist')}"
    )
    return tag.name, tag.by_split, said


def _together(seen):
    """The heat map, if there are two tags, and how many are not on it."""
    if len(seen.tags) < 2:
        return None, 0
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
    return drawn, len(names) - len(kept)
