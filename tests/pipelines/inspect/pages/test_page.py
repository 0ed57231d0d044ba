import re

import page_reader
import pytest

from pipelines.inspect.pages import page


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\"' onclick=x", "&amp;", "a<b>&c"]
)
def test_text_stays_text(text):
    reader = page_reader.Reader()
    escaped = page.escape(text)
    reader.feed(f'<p title="{escaped}">{escaped}</p>')
    assert reader.opened == [("p", {"title": text})]
    assert "".join(reader.text) == text


def test_names_that_are_not_utf8_can_be_written(tmp_path):
    name = b"caf\xe9".decode("utf-8", "surrogateescape")
    page.write_page(tmp_path / "a.html", name, page.escape(name))
    assert "caf\\udce9" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_a_table_has_its_rows():
    made = page.table(("name", "n<"), [("<b>a</b>", "1"), ("b", "2")], "-n")
    assert made.count("<tr>") == 3 and "n&lt;" in made and "<b>a</b>" in made
    assert made.count('class="number"') == 3
    with pytest.raises(ValueError):
        page.table(("one",), [("a", "b")])


def test_a_page_asks_for_nothing_outside(tmp_path):
    path = tmp_path / "new" / "a.html"
    page.write_page(path, "a & b", "<p>text</p>")
    text = path.read_text(encoding="utf-8")
    assert "<title>a &amp; b</title>" in text and "default-src 'none'" in text
    assert not re.search(r"(src|href)=|url\(|@import", text)
    assert "prefers-color-scheme: dark" in text and "@media print" in text
    assert list(path.parent.iterdir()) == [path]


def test_more_is_said_only_where_there_is_more():
    assert page.more(0) == page.more(-3) == ""
    assert "1,200 more" in page.more(1_200)
