"""What the files of the page promise: nothing from elsewhere, only text."""

import pathlib
import re

import page_reader
import pytest

from tftag import server

PAGE = pathlib.Path(server.__file__).parent / "page"
FILES = sorted(path for path in PAGE.rglob("*") if path.is_file())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
STYLES = [path for path in FILES if path.suffix == ".css"]
INDEX = (PAGE / "index.html").read_text("utf-8")
ELEMENTS = page_reader.read(INDEX).opened


def name_of(path):
    return path.relative_to(PAGE).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nothing_comes_from_elsewhere(path):
    named = set(re.findall(r"\w+://[^\s\"')]+", path.read_text("utf-8")))
    # The name of SVG is no address: nothing is fetched from it.
    assert named <= {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_text_is_never_read_as_html_or_code(path):
    text = path.read_text("utf-8")
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser"
    ways += r"|createContextualFragment|\beval\b|new Function|srcdoc"
    assert not re.search(ways, text)
    assert not re.search(r"set(Timeout|Interval)\(\s*[\"'`]", text)


def test_no_script_or_style_is_inline():
    for tag, attributes in ELEMENTS:
        assert not [name for name in attributes if name.startswith("on")]
        assert "style" not in attributes
        assert tag != "style"
        assert tag != "script" or "src" in attributes


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_every_module_that_is_imported_is_there(path):
    text = path.read_text("utf-8")
    for name in re.findall(r"\bfrom\s+\"([^\"]+)\"", text):
        assert (path.parent / name).is_file(), name


def test_every_file_that_the_page_names_is_there():
    named = re.findall(r"(?:src|href)=\"(?!#)([^\"]+)\"", INDEX)
    assert len(named) > 3
    for name in named:
        assert (PAGE.parent / name).is_file(), name


def test_every_element_that_is_named_is_there():
    ids = [given["id"] for _, given in ELEMENTS if "id" in given]
    assert len(ids) == len(set(ids))
    asked = set()
    for path in SCRIPTS:
        asked |= set(re.findall(r"byId\(\"([^\"]+)\"\)", path.read_text()))
        asked |= {
            f"icon-{name}"
            for name in re.findall(r"\bicon\(\"([^\"]+)\"\)", path.read_text())
        }
    for _, given in ELEMENTS:
        for name in ("for", "aria-labelledby", "aria-describedby"):
            asked |= set(given.get(name, "").split())
        if given.get("href", "").startswith("#"):
            asked.add(given["href"][1:])
    assert len(asked) > 40
    assert asked <= set(ids)


@pytest.mark.parametrize("path", SCRIPTS + STYLES, ids=name_of)
def test_a_file_is_one_idea_in_lines_that_can_be_read(path):
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) <= 400
    assert max(map(len, lines)) <= 80
