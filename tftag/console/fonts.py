"""Fonts for figures with scripts that their own font does not have."""

import contextlib
import functools
import logging
import unicodedata
import warnings
from collections.abc import Iterator

from matplotlib import figure, font_manager, ft2font, text

_EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO")

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def covering(drawn: figure.Figure) -> Iterator[None]:
    """Gives the texts of a figure fonts that have all of their letters.

    Whatever is drawn inside warns of no missing letter: the first figure that
    needs a font which the system does not have says so in one line of the log.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from")
        for axes in drawn.axes:  # labels are as before until asked for
            axes.get_xticklabels(which="both")
            axes.get_yticklabels(which="both")
        texts = drawn.findobj(text.Text)
        own = frozenset().union(
            *(_letters_of(family) for one in texts for family in _families(one))
        )
        letters = set().union(*(one.get_text() for one in texts))
        lacking = frozenset(
            letter
            for letter in letters
            if ord(letter) not in own and letter.isprintable()
        )
        if others := _families_with(lacking):
            for one in texts:
                if lacking.intersection(one.get_text()):
                    one.set_fontfamily([*_families(one), *others])
        yield


def width_ems(line: str) -> float:
    """Width of a line in the font of the figures, as a share of its size."""
    return sum(map(_advance_ems, line))


def short(tag: str, ems: float = 18.0) -> str:
    """Takes the middle out of a tag that no figure has the room for.

    Args:
        tag: The tag.
        ems: What is left, in widths of an M or so: the size of the font.

    Returns:
        The tag, or its beginning, `…` and its last letters.
    """
    if width_ems(tag) <= ems:
        return tag
    start, end = tag[:1], tag[-1:]
    while width_ems(tag[-len(end) - 1 :]) <= ems / 4:
        end = tag[-len(end) - 1 :]
    while width_ems(f"{tag[: len(start) + 1]}…{end}") <= ems:
        start = tag[: len(start) + 1]
    return f"{start}…{end}"


@functools.cache
def _advance_ems(letter: str) -> float:
    font = ft2font.FT2Font(font_manager.findfont(font_manager.FontProperties()))
    if ord(letter) not in font.get_charmap():
        return 1.0  # as wide as high, as in East Asia
    font.set_size(64, 72)
    return font.load_char(ord(letter)).linearHoriAdvance / 65536 / 64


def _families(one: text.Text) -> tuple[str, ...]:
    return tuple(one.get_fontfamily())


@functools.cache
def _letters_of(family: str) -> frozenset[int]:
    path = font_manager.findfont(font_manager.FontProperties(family=[family]))
    return frozenset(ft2font.FT2Font(path).get_charmap())


@functools.cache
def _families_with(lacking: frozenset[str]) -> tuple[str, ...]:
    """Finds fonts of the system for letters, as few as will do."""
    families, codes = [], {ord(letter) for letter in lacking}
    paths = sorted(font_manager.findSystemFonts()) if codes else []
    offers = {path: codes & _charmap(path) for path in paths}
    while any(offers.values()):
        path = max(offers, key=lambda path: len(offers[path]))
        codes -= offers[path]
        offers = {path: offer & codes for path, offer in offers.items()}
        font_manager.fontManager.addfont(path)
        font = font_manager.ttfFontProperty(ft2font.FT2Font(path))
        families.append(font.name)
    if codes:
        missing = sorted(map(chr, codes))
        is_east_asian = any(
            unicodedata.name(letter, "").startswith(_EAST_ASIAN)
            for letter in missing
        )
        logger.warning(
            "Boxes stand in the figures for %s: no font of this system has "
            "these letters. Install Noto Sans%s (Debian: apt install %s).",
            " ".join(missing[:10]) + " ..." * (len(missing) > 10),
            " CJK" * is_east_asian,
            "fonts-noto-cjk" if is_east_asian else "fonts-noto-core",
        )
    return tuple(families)


def _charmap(path: str) -> set[int]:
    try:
        font = ft2font.FT2Font(path)
        font.set_size(12, 72)  # what has pictures for letters refuses here
        return set(font.get_charmap())
    except (OSError, RuntimeError):
        return set()
