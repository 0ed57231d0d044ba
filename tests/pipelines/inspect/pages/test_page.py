import re

import markupsafe
import page_reader
import pytest

from pipelines.inspect.pages import page

NASTY = ["<script>alert(1)</script>", "\"' onclick=x", "&amp;", "a<b>&c"]


@pytest.fixture
def written(tmp_path):
    def write(title, name=""):
        path = tmp_path / "new" / "a.html"
        values = dict.fromkeys(("pairs", "tags", "splits"), ())
        page.write(
            path,
            "listening.html",
            title=title,
            name=name,
            overview="b.html",
            **values,
        )
        return path

    return write


@pytest.mark.parametrize("text", NASTY)
def test_text_stays_text(text, written):
    reader = page_reader.read(written(text, text).read_text(encoding="utf-8"))
    assert "".join(reader.text).count(text) == 2
    opened = {tag for tag, _ in reader.opened}
    assert opened <= {
        *("html", "head", "meta", "title", "style", "body"),
        *("h1", "h2", "p", "a"),
    }


def test_what_a_template_made_is_printed_as_it_is():
    row = [markupsafe.Markup("<b>a</b>"), "<b>"]
    macros = page._environment().get_template("macros.html").module
    made = macros.table(("name", "n<"), [row, ("b", "2")], "-n")
    assert made.count("<tr>") == 3 and made.count('class="number"') == 3
    assert "n&lt;" in made and "<b>a</b>" in made and "&lt;b&gt;" in made


def test_names_that_are_not_utf8_can_be_written(written):
    name = b"caf\xe9".decode("utf-8", "surrogateescape")
    assert "caf\\udce9" in written(name, name).read_text(encoding="utf-8")


def test_a_page_asks_for_nothing_outside(written):
    path = written("a & b")
    text = path.read_text(encoding="utf-8")
    assert "<title>a &amp; b</title>" in text and "default-src 'none'" in text
    assert not re.search(r"src=|url\(|@import", text)
    assert re.findall(r'href="([^"]*)', text) == ["b.html"]
    assert "prefers-color-scheme: dark" in text and "@media print" in text
    assert list(path.parent.iterdir()) == [path]


def test_a_value_that_is_missing_is_no_empty_text():
    with pytest.raises(Exception, match="'most' is undefined"):
        page.draw("bars.html", rows=[("a", {"train": 1}, "")])


def test_more_is_said_only_where_there_is_more():
    macros = page._environment().get_template("macros.html").module
    assert macros.more(0) == macros.more(-3) == ""
    assert "1,200 more" in macros.more(1_200)
