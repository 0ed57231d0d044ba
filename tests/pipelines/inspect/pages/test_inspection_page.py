import dataclasses
import re

import melodies
import page_reader
import pytest

from pipelines.inspect.pages import inspection_page

NASTY = "\"><script>alert('x')</script><img src=x onerror=alert(1)>"


@pytest.fixture
def prepared(tmp_path):
    made = melodies.with_a_copy(tmp_path / "data", NASTY, NASTY)
    made.source["name"] = NASTY
    return made


def read(path):
    text = path.read_text(encoding="utf-8")
    return text, page_reader.read(text)


def test_text_from_data_makes_no_elements(seen, tmp_path):
    inspection_page.write(seen, tmp_path / "a.html")
    text, reader = read(tmp_path / "a.html")
    assert "alert(" in text  # the names are there
    assert not [tag for tag, _ in reader.opened if tag == "img"]
    assert not [a for _, a in reader.opened if "onerror" in a]
    # The facts of the heat map, and what shows them.
    assert [tag for tag, _ in reader.opened].count("script") == 2


def test_the_page_needs_nothing_else(seen, tmp_path):
    inspection_page.write(seen, tmp_path / "a.html", "listen.html")
    text, reader = read(tmp_path / "a.html")
    for _, attributes in reader.opened:
        for name in ("src", "href"):
            value = attributes.get(name, "listen.html")
            assert value == "listen.html" or value.startswith("data:image/png")
    assert not re.search(r"@import|https?://", text)


def test_every_element_is_closed(seen, tmp_path):
    inspection_page.write(seen, tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    for tag in ("div", "table", "tr", "td", "span", "svg", "ul", "li", "h2"):
        opened = len(re.findall(rf"<{tag}[ >]", text))
        assert opened == text.count(f"</{tag}>"), tag


def test_the_figures_are_on_it(seen, tmp_path):
    inspection_page.write(seen, tmp_path / "a.html")
    _, reader = read(tmp_path / "a.html")
    words = " ".join(reader.text)
    expected = ["34.0 s", "8,000 Hz", "Shared audio across splits"]
    expected.append("4 known artists, 4 of them with one recording.")
    for text in expected:
        assert text in words
    assert "Listen to examples" not in words


def test_a_long_name_pushes_no_number_out_of_its_card(seen, tmp_path):
    inspection_page.write(seen, tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert ".card td { overflow-wrap: anywhere; }" in text


def test_untagged_recordings_have_a_column_where_there_are_any(seen, tmp_path):
    untagged = [split.untagged for split in seen.splits]
    for counts, shown in ((untagged, any(untagged)), ([0] * 9, False)):
        splits = [
            dataclasses.replace(split, untagged=count)
            for split, count in zip(seen.splits, counts, strict=False)
        ]
        changed = dataclasses.replace(seen, splits=splits)
        inspection_page.write(changed, tmp_path / "a.html")
        text = (tmp_path / "a.html").read_text(encoding="utf-8")
        assert (">untagged</th>" in text) == shown


def test_the_page_is_named_after_the_folder_and_tells_the_source(
    seen, tmp_path
):
    seen.prepared.source["name"] = "tags"
    inspection_page.write(seen, tmp_path / "a.html")
    words = " ".join(read(tmp_path / "a.html")[1].text)
    assert inspection_page.data_name(seen) == "data"
    assert "source: tags" in words
