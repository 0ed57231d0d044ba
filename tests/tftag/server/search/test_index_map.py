import threading

import pytest

from tftag.server.search import index_map


def test_the_map_has_every_recording_once(service_client):
    found = service_client.get("/map").json()
    assert found["recordings"] == 5 == len(set(found["id"]))
    assert all(0 <= at <= 1 for at in (*found["x"], *found["y"]))
    columns = ("x", "y", "path", "title", "artist", "tag")
    assert {len(found[name]) for name in columns} == {5}


class Maker:
    """Makes maps of anything, each when it is let go."""

    def __init__(self):
        self.made, self.go = [], threading.Semaphore(0)

    def __call__(self, index):
        self.made.append(index)
        assert self.go.acquire(timeout=30)
        if index == "broken":
            raise ValueError("no map")
        return index.encode()


@pytest.fixture
def maker(monkeypatch):
    made = Maker()
    monkeypatch.setattr(index_map, "_as_json", made)
    yield made
    made.go.release(100)


def settled(maps, index):
    """The map, when what is being made has been made."""
    while (making := maps._making) is not None:
        making.exception(30)
    return maps.of(index)


def test_one_map_is_made_at_a_time_and_the_last_one_is_seen_meanwhile(maker):
    maps = index_map.LibraryMap()
    first = maps.of("one")
    assert {maps.of(name) for name in ("two", "three", "one")} == {first}
    maker.go.release()
    assert settled(maps, "one").result(30) == b"one"
    assert maker.made == ["one"]
    for name in ("two", "three"):
        assert maps.of(name).result(0) == b"one"
    maker.go.release()
    assert settled(maps, "two").result(30) == b"two"
    assert maker.made == ["one", "two"]


def test_a_map_that_fails_is_told_logged_and_tried_again(maker, caplog):
    maps = index_map.LibraryMap()
    maker.go.release(2)
    with pytest.raises(ValueError, match="no map"):
        maps.of("broken").result(30)
    assert "no map" in caplog.text
    with pytest.raises(ValueError, match="no map"):
        settled(maps, "broken").result(30)
    assert maker.made == ["broken", "broken"]
    maker.go.release()
    assert settled(maps, "whole").result(30) == b"whole"
    # What is there is still seen when the next one fails.
    assert maps.of("broken").result(0) == b"whole"
