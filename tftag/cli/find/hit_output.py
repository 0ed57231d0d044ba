"""Recordings that were found as a table, CSV, JSON lines or a playlist."""

import os
import pathlib
from collections.abc import Sequence
from typing import Any, TextIO

from tftag.audio import remote_files
from tftag.cli import chosen_model
from tftag.console import counts_in_words
from tftag.search import library_index
from tftag.search.index.segments import segment
from tftag.storage import escaping, plain_json

_LEGEND = """
z: standard deviations above the mean of this library ({count}) for
this query; recordings are ranked by it. By chance, the best of 1,000 has about
3.
%: share of {sample} that scores lower.
Then the cosine with each {what}: it compares recordings, not {what}s
with each other. None of them is a probability.
"""
_WIDEST_HEAD = 24


def write(
    file: TextIO,
    form: str,
    labels: Sequence[str],
    hits: Sequence[library_index.Hit],
    count: int,
    what: str = "tag",
) -> int:
    """Writes the recordings, the best first.

    Args:
        file: Where to.
        form: One of `search_flags.FORMATS`.
        labels: Of the terms of the query, or of the examples.
        hits: The recordings in their order.
        count: How many recordings the library has.
        what: What the labels are.

    Returns:
        How many are left out, as no playlist can hold their paths; each is a
        line on stderr.
    """
    match form:
        case "table":
            if not hits:
                return 0
            _write_table(file, labels, hits)
            sample = "the library"
            if count > segment.SAMPLE_ROWS:
                sample = f"{segment.SAMPLE_ROWS:,} recordings of it"
            held = counts_in_words.count(count, "recording")
            file.write(_LEGEND.format(count=held, sample=sample, what=what))
        case "csv":
            _write_csv(file, labels, hits)
        case "jsonl":
            for rank, hit in enumerate(hits, 1):
                file.write(
                    plain_json.line(_fields(rank, hit, labels), file.encoding)
                )
        case "m3u":
            return _write_playlist(file, hits)
    return 0


def none_of(count: int, examples: int = 0) -> str:
    """What is said where nothing is found: words alone rank everything.

    Args:
        count: How many recordings there are.
        examples: How many of them are examples, which are not listed.
    """
    if 0 < count <= examples:
        return "nothing found: there is no recording but the examples"
    held = counts_in_words.count(count, "recording")
    return f"nothing found: the filters leave none of {held}"


def _fields(
    rank: int, hit: library_index.Hit, labels: Sequence[str]
) -> dict[str, Any]:
    return {
        "rank": rank,
        "path": remote_files.shown(hit.path),
        "z_score": hit.score,
        "percentile": hit.percentile,
        "cosines": dict(zip(labels, _short(hit), strict=True)),
        "artist": hit.artist,
        "title": hit.title,
        "album": hit.album,
        "year": hit.year,
        "seconds": None if hit.seconds is None else round(hit.seconds, 3),
        "tags": list(hit.tags),
        "copies": [remote_files.shown(path) for path in hit.copies],
    }


def _write_csv(
    file: TextIO, labels: Sequence[str], hits: Sequence[library_index.Hit]
) -> None:
    write_row = escaping.csv_row_writer(file)
    heads = [f"cosine {label}" for label in labels]
    facts = ("artist", "title", "album", "year", "seconds")
    write_row(["rank", "path", "z_score", "percentile", *heads, *facts])
    for rank, hit in enumerate(hits, 1):
        fields = _fields(rank, hit, labels)
        front = [fields[name] for name in ("rank", "path", "z_score")]
        known = ["" if fields[n] is None else fields[n] for n in facts]
        write_row([*front, hit.percentile, *_short(hit), *known])


def _write_table(
    file: TextIO, labels: Sequence[str], hits: Sequence[library_index.Hit]
) -> None:
    rank_width = len(str(len(hits)))
    labels = [_head(label) for label in labels]
    widths = [max(len(label), len("-0.123")) for label in labels]
    heads = [f"{label:>{n}}" for label, n in zip(labels, widths, strict=True)]
    front = [" " * rank_width, f"{'z':>6}", f"{'%':>6}"]
    file.write("  ".join([*front, *heads, "path"]) + "\n")
    for rank, hit in enumerate(hits, 1):
        cosines = [
            f"{cosine:{width}.3f}"
            for cosine, width in zip(hit.cosines, widths, strict=True)
        ]
        numbers = [f"{rank:{rank_width}}", f"{hit.score:+6.2f}"]
        numbers.append(f"{100 * hit.percentile:6.2f}")
        copies = f"  (and {len(hit.copies)} alike)" if hit.copies else ""
        path = escaping.one_line(remote_files.shown(hit.path))
        file.write("  ".join([*numbers, *cosines, path + copies]) + "\n")


def _head(label: str) -> str:
    """The end of what is too wide for a column: of a path it tells most."""
    said = escaping.one_line(label)
    if len(said) <= _WIDEST_HEAD:
        return said
    sign = "-" if said.startswith("-") else ""
    return f"{sign}..{said[len(sign) + 2 - _WIDEST_HEAD :]}"


def _write_playlist(file: TextIO, hits: Sequence[library_index.Hit]) -> int:
    file.write("#EXTM3U\n")
    left_out = 0
    for hit in hits:
        place = hit.path
        if isinstance(place, pathlib.Path):
            place = pathlib.Path(os.path.abspath(place))
        path = remote_files.shown(place)
        if "\n" in path or "\r" in path:
            left_out += 1
            chosen_model.say(
                f"left out: {escaping.one_line(path)}: A playlist cannot hold "
                "a path with a line end; other formats can."
            )
            continue
        said = f"{hit.artist} - {hit.title}".strip(" -")
        seconds = -1 if hit.seconds is None else round(hit.seconds)
        if said:
            file.write(f"#EXTINF:{seconds},{escaping.one_line(said)}\n")
        file.write(f"{path}\n")
    return left_out


def _short(hit: library_index.Hit) -> list[float]:
    """Seven digits, as many as hold of products of float32 vectors."""
    return [float(f"{cosine:.7g}") for cosine in hit.cosines]
