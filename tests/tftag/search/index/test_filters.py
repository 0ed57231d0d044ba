"""What each filter means is compared in test_library_index."""

import numpy as np
import pytest

from tftag.search.index import filters, recordings

NAMES = ("rock/a.mp3", "rock/live/b.mp3", "rock two/c.mp3", "rock", "d.mp3")


@pytest.fixture
def arrays():
    said = [recordings.Recording(name, 0, 1, 1) for name in NAMES]
    return recordings.columns(said, ("rock",))


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("rock", [0, 1]),
        ("rock/", [0, 1]),
        ("./rock/live", [1]),
        ("rock tw", []),
        ("roc", []),
        (".", [0, 1, 2, 3, 4]),
        ("./", [0, 1, 2, 3, 4]),
        ("rock/..", [0, 1, 2, 3, 4]),
        ("a very long name that no recording is as long as", []),
    ],
)
def test_a_folder_is_what_lies_below_it(arrays, folder, expected):
    found = filters.Filter(folders=(folder,)).mask(arrays, ("rock",))
    assert np.flatnonzero(found).tolist() == expected


def test_what_a_file_does_not_say_is_in_no_range(arrays):
    for where in (
        filters.Filter(years=(None, 2000)),
        filters.Filter(seconds=(0, None)),
        filters.Filter(artists=("",)),
    ):
        assert not where.mask(arrays, ("rock",)).any()
    assert filters.Filter().mask(arrays, ("rock",)).all()
    assert filters.Filter().is_open
    assert not filters.Filter(years=(None, 2000)).is_open


@pytest.mark.parametrize(
    "name", ["tags", "without_tags", "artists", "albums", "folders"]
)
def test_one_name_is_not_taken_for_its_letters(name):
    with pytest.raises(ValueError, match=f"`{name}` must be a list.*'rock'"):
        filters.Filter(**{name: "rock"}).check(("rock", *"rock"), True, True)


@pytest.mark.parametrize("bound", [float("nan"), float("inf"), 10**400, -1e9])
def test_what_no_recording_can_have_is_refused(bound):
    for where in (
        filters.Filter(years=(bound, None)),
        filters.Filter(seconds=(None, bound)),
    ):
        with pytest.raises(ValueError, match="a number below 1e"):
            where.check(("rock",), True, True)
    with pytest.raises(ValueError, match="less to more. Received: 2001 to 19"):
        filters.Filter(years=(2001, 1999)).check((), True, True)
    filters.Filter(years=(1990, 2000), seconds=(0.5, None)).check(
        (), True, True
    )
