import itertools

import numpy as np
import pytest

from pipelines.manifest import tag_lists, texts

LISTS = [("rock", "loud"), (), ("loud",), ("a|b", "\\", "rock"), ()]


def of_cells(lists):
    cells = map(tag_lists.join_tags, lists)
    return tag_lists.TagCells(texts.Texts.of(cells))


@pytest.mark.parametrize("make", [tag_lists.TagLists.of, of_cells])
@pytest.mark.parametrize("lists", [LISTS, LISTS[:3], [(), ()], []])
def test_tags_come_back_whatever_way_they_are_asked_for(make, lists):
    held, every = make(lists), np.arange(len(lists))
    assert len(held) == len(lists)
    assert [held[row] for row in range(len(lists))] == lists
    assert held.of_rows(every) == lists
    taken = held.take(every[::-1])
    assert taken.of_rows(every) == lists[::-1]


def test_labels_are_one_where_a_row_has_the_tag():
    table = tag_lists.TagLists.of(LISTS).multi_hot(
        ["loud", "none", "rock"], int
    )
    assert table.tolist() == [
        [int(name in tags) for name in ("loud", "none", "rock")]
        for tags in LISTS
    ]


def test_rows_with_a_tag():
    held = tag_lists.TagLists.of(LISTS)
    assert held.rows_with("loud").tolist() == [0, 2]
    assert held.rows_with("").tolist() == []


def test_tags_of_a_cell_come_back_whatever_is_in_them():
    for length in (1, 2, 3):
        for letters in itertools.product("a|\\,\n", repeat=length):
            name = "".join(letters)
            for names in ((name,), (name, "b"), ("|", name, name)):
                cell = tag_lists.join_tags(names)
                assert tag_lists.split_tags(cell) == names
    assert tag_lists.split_tags(tag_lists.join_tags(())) == ()
