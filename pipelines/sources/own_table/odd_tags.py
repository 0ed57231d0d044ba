"""Names in the log tags that may be one, or not what somebody meant."""

import collections
import html
import logging
import os
import re
import unicodedata
import urllib.parse
from collections.abc import Collection, Iterable

from pipelines.sources import listings
from tftag.console import counts_in_words

_LONG_TAG = 100  # letters
# Also the mark of a hashtag; inside a tag it is a note's (C#).
_BETWEEN_LETTERS = re.compile("^#+|[\\s_.,/+\"'`´‘’‚‛“”„‟ʼ′″＇\\-‐‑‒–—―−－]+")
# Also the dot that case folding leaves of İ.
_ACCENTS = re.compile("[\u0300-\u036f]")
# Small letters of other alphabets, and what they look like, small or great.
_LOOK_ALIKE = str.maketrans(
    "авекмнорстухіјѕαβεικνορτυχı", "abekmhopctyxijsabeikvoptyxi"
) | {ord("&"): "and"}
# As pages, addresses and programs write letters. A table whose tags are joined
# by a semicolon has cut &amp; there.
_IN_PAGES = re.compile(r"&(?:#\d+|#x[\da-f]+|[a-z]{2,8});|&(?:amp|quot|#0?39)$")
_IN_ADDRESSES = re.compile(r"%[\da-f]{2}")
# rock:0.9, rock (0.9), rock 90%, rock=1; but not year:1990 and web 2.0.
_SCORED = re.compile(
    r"\S(?:(?:[:=] ?| \(?)(?:[01]?[.,]\d+|\d{1,3} ?%)\)?|[:=] ?[01])$"
)
_IN_PROGRAMS = re.compile(r"\\u[\da-f]{4}|\\x[\da-f]{2}")

_log = logging.getLogger(__name__)


def warn(
    recordings: Iterable[listings.SourceRecording], path: str | os.PathLike[str]
) -> None:
    """Names them, of each kind a few.

    Args:
        recordings: What a source has read.
        path: From where.
    """
    known = sorted({name for each in recordings for name in each.tags})
    for text, found in (
        (
            f"tags of more than {_LONG_TAG} letters: are they descriptions?",
            [repr(name) for name in known if len(name) > _LONG_TAG],
        ),
        (
            "tags with letters as pages, addresses or programs write them, "
            "which stay so:",
            [repr(name) for name in known if _is_escaped(name)],
        ),
        (
            "tags with a score behind them, each of which is a tag of its own:",
            [repr(name) for name in known if _SCORED.search(name)],
        ),
        (
            "tags that begin with a quote which does not end; is the tag "
            "separator within quotes?",
            [repr(n) for n in known if n[0] == '"' and n.count('"') == 1],
        ),
        (
            "tags that differ in hyphens, blanks, points, slashes, quotes, "
            "accents, a #, an & or letters that look alike alone, and stay "
            "apart:",
            [" and ".join(map(repr, names)) for names in _alike(known)],
        ),
    ):
        if found:
            _log.warning(
                "%s has %s %s", path, text, counts_in_words.some(found)
            )


def warn_of_encoding(
    written: Iterable[str], path: str | os.PathLike[str]
) -> None:
    """Names those that another program has read in a wrong encoding.

    Args:
        written: Tags as they stand there: clean ones have lost the signs.
        path: From where.
    """
    found = sorted({repr(text) for text in written if _is_misread(text)})
    if found:
        _log.warning(
            "%s has tags that another program has read in another encoding "
            "than they were written in: %s",
            path,
            counts_in_words.some(found),
        )


def _is_misread(text: str) -> bool:
    """Whether it is UTF-8 that was taken for Latin-1, or letters are lost."""
    for encoding in ("cp1252", "latin-1"):
        try:
            text.encode(encoding).decode()
        except UnicodeError:
            continue
        return not text.isascii()
    return "\ufffd" in text


def _is_escaped(name: str) -> bool:
    if _IN_PAGES.search(name):
        return html.unescape(name) != name
    if _IN_ADDRESSES.search(name):
        return "\ufffd" not in urllib.parse.unquote(name)
    return bool(_IN_PROGRAMS.search(name))


def _alike(names: Collection[str]) -> list[list[str]]:
    spellings = collections.defaultdict(list)
    for name in names:
        letters = _BETWEEN_LETTERS.sub("", name)
        letters = unicodedata.normalize("NFKD", letters).casefold()
        letters = _ACCENTS.sub("", letters).translate(_LOOK_ALIKE)
        if re.fullmatch(r"\d+(\.0+)?", name):  # as pandas writes numbers
            spellings[name.partition(".")[0]].append(name)
        # 1-2 and 12 are two.
        elif not re.fullmatch(r"[\W\d]*", letters):
            spellings[letters].append(name)
    return sorted(found for found in spellings.values() if len(found) > 1)
