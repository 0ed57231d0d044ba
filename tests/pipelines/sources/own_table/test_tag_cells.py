"""Tags of a cell, also where somebody has saved a list."""

import contextlib
import time

import pytest

from pipelines.sources.own_table import tag_cells


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("['rock', 'pop']", ("rock", "pop")),
        ('["rock", "pop"]', ("rock", "pop")),
        ("['rock']", ("rock",)),
        ("['rock' 'pop'\n 'r&b']", ("rock", "pop", "r&b")),
        ("('rock',)", ("rock",)),
        ("{'rock', 'pop'}", ("rock", "pop")),
        ("[]", ()),
        ("[ ]", ()),
        (r"""['rock \'n\' roll', "it's"]""", ("rock 'n' roll", "it's")),
        (r'["caf\u00e9", "a\/b"]', ("café", "a/b")),
        (r"['50\% off']", (r"50\% off",)),
        ("['a|b', 'c, d; e']", ("a|b", "c, d; e")),
        (
            "'rock'|\"drum & bass\"|'n sync|n'",
            ("rock", "drum & bass", "'n sync", "n'"),
        ),
        ("b'caf\\xc3\\xa9'", ("café",)),
        ("[b'rock', b'r\\'n\\'b']", ("rock", "r'n'b")),
        ("[u'rock', u'caf\\xe9']", ("rock", "café")),
        ("[np.str_('rock'), np.str_('r\\'n\\'b')]", ("rock", "r'n'b")),
        ("['b', \"u\"]", ("b", "u")),
        ("set()", ()),
        ("frozenset()", ()),
        (r"rock\|pop|a\b", ("rock|pop", r"a\b")),
        ("rock (live)|pop", ("rock (live)", "pop")),
        ("[live] at home|pop", ("[live] at home", "pop")),
        ("<3 songs|a > b|<x>", ("<3 songs", "a > b", "<x>")),
        ('12" mix|7"', ('12" mix', '7"')),
    ],
)
def test_lists_that_were_saved_as_text(cell, expected):
    is_list = cell[0] in "[({" and cell[-1] in "])}"
    for separator in "|,;" if is_list else "|":
        assert tag_cells.split(cell, separator) == expected
        assert tag_cells.split(f"  {cell} ", separator) == expected
    if is_list:
        assert tag_cells.from_list([cell]) == expected


@pytest.mark.parametrize(
    "cell",
    [
        "[rock, pop]",
        "{rock,pop}",
        "{rock}",
        "<rock><hip hop>",
        "[21]",
        "['rock', None]",
        "['rock']|['pop']",
        "['rock'|'pop'",
        "rock|'pop']",
        "{'rock': 1}",
        "frozenset({'rock'})",
        "array(['rock'], dtype=object)",
        "Index(['rock', 'pop'], dtype='object')",
    ],
)
def test_what_only_looks_like_a_list_is_refused(cell):
    with pytest.raises(ValueError, match="like a list that was saved"):
        tag_cells.split(cell, "|")


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_list_that_was_saved_as_text_twice(quote):
    for cell in ("['rock', 'pop']", "[]", "('rock', 'pop')"):
        expected = tag_cells.split(cell, "|")
        assert tag_cells.split(f"{quote}{cell}{quote}", "|") == expected


def test_a_hostile_cell_takes_no_time():
    for cell in (
        *("[" * 100_000, "['a'" * 20_000, "['" + "\\" * 99_999 + "']"),
        *("'[" * 50_000, "f(" * 50_000, "f([" * 30_000 + "'", "f" * 100_000),
        *("np.str_('" * 20_000, "0 1," * 30_000 + "x"),
    ):
        start = time.process_time()
        with contextlib.suppress(ValueError):
            tag_cells.split(cell, "|")
        assert time.process_time() - start < 5


def test_numbers_are_text_and_rows_of_zeros_and_ones_are_refused():
    assert tag_cells.from_list(["x", 80, -1.5]) == ("x", "80", "-1.5")
    assert tag_cells.from_list([1]) == ("1",)
    for items in ([0, 1, 0], [True], [None], [float("nan")], [["x"]]):
        with pytest.raises(ValueError, match="'tags'"):
            tag_cells.from_list(items)
    for cell in ("0|1|0", "1 0 0 1", "0,1", "1.0|0.0", " 0; 1 "):
        with pytest.raises(ValueError, match="zeros and ones"):
            tag_cells.split(cell, "|")
    for cell in ("1", "80|90", "1|2", "0 10"):
        assert tag_cells.split(cell, "|") == tuple(cell.split("|"))
