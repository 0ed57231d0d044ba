import drawn_index
import numpy as np
import pytest

from tftag.search.index.segments import inverted_lists

pytest.importorskip("faiss")
ROWS = drawn_index.vectors(2_000)
CENTRE = ROWS.mean(axis=0)
AXES = inverted_lists.main_axes(np.cov(ROWS.T))
LISTS = 50
QUERY = np.random.default_rng(3).normal(size=drawn_index.DIM)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("lists") / "lists"
    with open(path, "wb") as file:
        arrays = inverted_lists.write(ROWS, CENTRE, AXES, file, LISTS)
    return path, arrays


def opened(written):
    path, arrays = written
    return inverted_lists.Lists(path, AXES, **arrays)


def test_the_file_is_as_long_as_its_counts_say(written):
    path, arrays = written
    size = inverted_lists.file_bytes(len(ROWS), len(AXES))
    assert path.stat().st_size == size
    assert arrays["list_size"].sum() == len(ROWS)
    assert arrays["cells"].shape == (LISTS, len(AXES))


@pytest.mark.parametrize(("wide", "count"), [(4, 16), (16, 16), (17, 32)])
def test_axes_hold_nearly_all_and_fill_a_register(wide, count):
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(2_000, 40))
    rows *= np.array([1] * wide + [1e-3] * (40 - wide))
    axes = inverted_lists.main_axes(np.cov(rows.T))
    assert len(axes) == count
    np.testing.assert_allclose(axes @ axes.T, np.eye(count), atol=1e-6)
    left = rows - rows.mean(axis=0)
    left = left - left @ axes.T @ axes
    assert left.var(axis=0).sum() < 0.001 * rows.var(axis=0).sum()
    assert inverted_lists.main_axes(np.zeros((3, 3))).shape == (3, 3)


def test_the_best_are_among_a_few_times_as_many(written):
    order = np.argsort(-(ROWS @ QUERY))
    found = opened(written).search(QUERY, 60)
    assert len(found) == 60
    assert set(order[:20]) <= set(found.tolist())


def test_a_mask_leaves_what_is_in_it(written):
    mask = np.arange(len(ROWS)) % 10 == 3
    rows = np.flatnonzero(mask)
    order = rows[np.argsort(-(ROWS[rows] @ QUERY))]
    found = opened(written).search(QUERY, 40, mask, share=0.1)
    assert mask[found].all()
    assert set(order[:10]) <= set(found.tolist())


def test_a_row_that_the_file_makes_up_is_not_returned(written, tmp_path):
    path, arrays = written
    content = bytearray(path.read_bytes())
    start = 0
    for size in arrays["list_size"].tolist():
        ids = start + size * len(AXES)
        content[ids : ids + 8 * size] = b"\xff\x7f" * (4 * size)
        start = ids + 8 * size
    (tmp_path / "x").write_bytes(content)
    lists = inverted_lists.Lists(tmp_path / "x", AXES, **arrays)
    assert lists.search(QUERY, 60).tolist() == []
    mask = np.ones(len(ROWS), bool)
    assert lists.search(QUERY, 60, mask).tolist() == []


def test_the_same_vectors_have_the_same_lists(written, tmp_path):
    with open(tmp_path / "again", "wb") as file:
        arrays = inverted_lists.write(ROWS, CENTRE, AXES, file, LISTS)
    np.testing.assert_allclose(arrays["cells"], written[1]["cells"], atol=1e-5)
