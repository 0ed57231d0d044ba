import builtins

import numpy as np
import pytest

from tftag.search.map import positions

DRAW = np.random.default_rng(0)


def test_groups_stay_together_and_the_map_stays_the_same():
    middles = np.eye(8)[:3]
    group = np.arange(90) % 3
    rows = middles[group] + DRAW.normal(scale=0.05, size=(90, 8))
    places = positions.of(rows)
    assert places.shape == (90, 2)
    assert places.min() >= 0 and places.max() <= 1
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    assert (group[apart.argmin(axis=1)] == group).all()
    np.testing.assert_array_equal(positions.of(rows), places)


@pytest.mark.parametrize("count", [1, 2, 4, 5, 7])
def test_few_recordings_have_places_too(count):
    places = positions.of(DRAW.normal(size=(count, 6)))
    assert len({tuple(place) for place in places.tolist()}) == count
    assert np.isfinite(places).all()


def test_equal_recordings_do_no_harm():
    assert np.isfinite(positions.of(np.ones((20, 6)))).all()


def test_what_is_not_installed_is_named(monkeypatch):
    plain = builtins.__import__

    def without(name, *rest):
        if name == "sklearn":
            raise ImportError("No module named 'sklearn'")
        return plain(name, *rest)

    positions.check_installed()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ValueError, match=r"install tftag\[map\].*sklearn"):
        positions.check_installed()
