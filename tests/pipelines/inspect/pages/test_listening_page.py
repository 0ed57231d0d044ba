import dataclasses
import os
import urllib.parse

import melodies
import page_reader
import pytest

from pipelines.inspect.pages import listening_page


@pytest.fixture
def prepared(tmp_path):
    return melodies.with_a_copy(tmp_path / "my data", "<script>", "a & b")


def players(path):
    reader = page_reader.read(path.read_text(encoding="utf-8"))
    assert "script" not in [tag for tag, _ in reader.opened]
    return [a["src"] for tag, a in reader.opened if tag == "audio"]


@pytest.mark.parametrize("folder", [".", "my data/inspection", "else/where"])
def test_players_reach_the_files(seen, tmp_path, folder):
    path = tmp_path / folder / "listen.html"
    listening_page.write(seen, path, "index.html")
    sources = players(path)
    # A pair; two of three and one of "a & b", two and one of "loud".
    assert len(sources) == 2 + 3 + 3
    for source in sources:
        name = urllib.parse.unquote(source.partition("#")[0])
        assert os.path.isfile(path.parent / name)


def test_players_have_the_names_of_what_they_play(seen, tmp_path):
    listening_page.write(seen, tmp_path / "a.html", "index.html")
    reader = page_reader.read((tmp_path / "a.html").read_text("utf-8"))
    named = [a["aria-label"] for tag, a in reader.opened if tag == "audio"]
    ids = set(seen.tracks.texts("track_id"))
    assert len(named) == 8 and set(named) <= ids


def test_pairs_play_the_same_sound(seen, tmp_path):
    listening_page.write(seen, tmp_path / "a.html", "index.html")
    first, second = players(tmp_path / "a.html")[:2]
    assert first.endswith("0.wav") and second.endswith("3.wav#t=2.0")


def test_more_examples_are_given(seen, tmp_path):
    listening_page.write(seen, tmp_path / "a.html", "index.html", examples=9)
    assert len(players(tmp_path / "a.html")) == 2 + 3 + 3


def test_the_same_examples_each_time(seen, tmp_path):
    pages = []
    for name in ("a", "b"):
        listening_page.write(seen, tmp_path / name, "index.html", 1)
        pages.append((tmp_path / name).read_bytes())
    assert pages[0] == pages[1]


def test_unreadable_recordings_have_no_player(seen, tmp_path):
    lost = dataclasses.replace(
        seen, unreadable={"audio/0.wav": "gone"}, near=()
    )
    listening_page.write(lost, tmp_path / "a.html", "index.html", 9)
    assert not [s for s in players(tmp_path / "a.html") if "0.wav" in s]


@pytest.mark.parametrize(
    "path, expected",
    [
        ("https://host/a b.mp3", "https://host/a%20b.mp3"),
        ("s3://bucket/a.wav", None),
        ("/music/a.npy", None),
        ("https://host/a.npy", None),
        (b"/x/caf\xe9 #1.wav", "caf%E9%20%231.wav"),
    ],
)
def test_addresses_of_all_kinds(seen, tmp_path, path, expected, monkeypatch):
    monkeypatch.setattr(
        type(seen.prepared), "wav_path", lambda self, track: os.fsdecode(path)
    )
    found = listening_page.address(seen, 0, tmp_path)
    assert found is expected is None or found.endswith(expected)


def test_what_no_browser_can_play_has_no_player(seen, tmp_path, monkeypatch):
    monkeypatch.setattr(
        type(seen.prepared), "wav_path", lambda self, track: "s3://b/a.wav"
    )
    listening_page.write(seen, tmp_path / "a.html", "index.html")
    assert not players(tmp_path / "a.html")
    assert "No browser can play it" in (tmp_path / "a.html").read_text("utf-8")
