import numpy as np

from pipelines.manifest import texts

NAMES = ["rock", "", "ü夜", "rock", "\ud800", "rocks", "kcor"]


def test_texts_come_back_one_by_one_and_together():
    some = texts.Texts.of(NAMES)
    assert len(some) == len(NAMES)
    assert [some[row] for row in range(len(NAMES))] == NAMES
    assert some.of_rows([4, 0, 4]) == ["\ud800", "rock", "\ud800"]
    assert some.take(np.array([2, 1]))[0] == "ü夜"
    assert sum(texts.Texts.of(NAMES * 5_000).blocks(), []) == NAMES * 5_000
    assert list(texts.Texts.of([]).blocks()) == []


def test_rows_with_a_text_are_those_that_are_equal_to_it():
    some = texts.Texts.of(NAMES)
    for name in (*NAMES, "roc", "none"):
        expected = [row for row, one in enumerate(NAMES) if one == name]
        assert some.rows_with(name).tolist() == expected
        begun = [r for r, one in enumerate(NAMES) if one.startswith(name)]
        assert some.rows_with(name, is_start=True).tolist() == begun


def test_a_shorter_text_takes_the_place_of_a_longer_one():
    some = texts.Texts(
        bytearray(b"'=1,x"), np.array([0, 4], np.uint32), np.array([3, 5])
    )
    some.shorten(0, "=1")
    assert (some[0], some[1]) == ("=1", "x")


def test_decimals_are_pythons_own():
    cells = ["0.1", "1e-07", "0.10000000149011612", "nan"]
    some = texts.Decimals(texts.Texts.of(cells))
    assert some[2] == 0.10000000149011612 and len(some) == 4
    assert some.take(np.array([1, 0])).tolist() == [1e-7, 0.1]
