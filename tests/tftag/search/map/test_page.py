import json
import os
import pathlib

import drawn_index
import numpy as np
import page_reader
import pytest

from tftag.search import library_index
from tftag.search.index import recordings
from tftag.search.map import page

ODD = recordings.Recording(
    os.fsdecode(b"a \xff#?%.mp3"),
    0,
    1,
    1,
    title="</script><script>alert(1)</script>",
    artist='"><img src=x onerror=alert(2)>',
    tags=("rock",),
)


def drawn(said, title="my.index", **changes):
    shown = page.Points(
        said,
        (pathlib.Path("/my music"), None),
        np.linspace(0, 1, 2 * len(said)).reshape(-1, 2),
        changes.get("library_size", len(said)),
    )
    text = page.html(shown, title)
    start = text.index('id="data">') + len('id="data">')
    data = json.loads(text[start : text.index("</script>", start)])
    return text, page_reader.read(text), data


def test_what_files_say_stays_text():
    text, reader, data = drawn([ODD], title="<b>&")
    assert [tag for tag, _ in reader.opened].count("script") == 2
    assert "img" not in [tag for tag, _ in reader.opened]
    assert "<b>" not in text and "&lt;b&gt;&amp;" in text
    assert data["title"] == [ODD.title] and data["artist"] == [ODD.artist]
    text.encode()


def test_a_browser_finds_every_file():
    _, _, data = drawn([ODD, drawn_index.recording(4)])
    addresses = [
        data["roots"][root] + address
        for root, address in zip(data["root"], data["address"], strict=True)
    ]
    assert addresses == [
        "file:///my%20music/a%20%FF%23%3F%25.mp3",
        "file:///my%20music/folder%201/0004.mp3",
    ]


def test_it_fetches_nothing_and_says_so():
    text, reader, _ = drawn([ODD])
    policy = next(
        values["content"]
        for tag, values in reader.opened
        if values.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'")
    for _, values in reader.opened:
        assert not {"src", "href"} & set(values)
    assert "http:" not in text and "https:" not in text
    assert "innerHTML" not in text


def test_every_control_has_a_name():
    _, reader, _ = drawn([ODD])
    for tag, values in reader.opened:
        if tag in ("canvas", "audio", "ol"):
            assert values["aria-label"]
    assert {"aria-live": "polite", "id": "now"} in [
        values for _, values in reader.opened
    ]


def test_the_rarest_of_the_common_tags_colours():
    said = [drawn_index.recording(at) for at in range(16)]
    _, _, data = drawn(said)
    for one, colour in zip(said, data["colour"], strict=True):
        assert (colour == -1) == (not one.tags)
        assert colour == -1 or data["tags"][colour] in one.tags


def test_a_tag_can_be_chosen_whatever_its_recordings_are_coloured_by():
    said = [drawn_index.recording(at) for at in range(16)]
    _, _, data = drawn(said)
    for at, tag in enumerate(data["tags"]):
        chosen = [bool(held >> at & 1) for held in data["held"]]
        assert chosen == [tag in one.tags for one in said] and any(chosen)


@pytest.mark.parametrize("most", [7, 100])
def test_a_large_library_is_sampled_and_the_page_says_so(tmp_path, most):
    rows = drawn_index.vectors(40)
    drawn_index.write(tmp_path / "i", range(40), rows, at_once=9)
    shown = page.points(library_index.LibraryIndex.open(tmp_path / "i"), most)
    count = min(most, 40)
    assert len(shown.recordings) == len(shown.places) == count
    text, *_ = drawn(shown.recordings, library_size=40)
    assert ("spread over the 40 of the library" in text) == (count < 40)
