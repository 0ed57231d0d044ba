import pathlib

from pipelines import sources
from pipelines.sources import data_set_list


def _text():
    return data_set_list.text(sources.DATA_SETS)


def _paragraphs():
    """Flag of each data set -> its lines below the name, without spaces."""
    *data_sets, _ = _text().split("\n\n")
    found = {}
    for paragraph in data_sets:
        first, *lines = paragraph.splitlines()
        found[first.partition(": ")[2]] = [line.split() for line in lines]
    return found


def test_it_fits_a_terminal():
    lines = _text().splitlines()
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if line != line.rstrip()]


def test_it_has_every_subset_of_every_flag():
    found = {
        (flag.split()[0], line[0])
        for flag, lines in _paragraphs().items()
        for line in lines
    }
    assert ("--gtzan", "filtered") in found
    for each in filter(lambda each: each.publication, sources.DATA_SETS):
        for version in each.versions:
            assert (each.flag.name, version.name.split()[0]) in found


def test_counts_and_tags_as_they_are_published():
    lines = [line[:3] for lines in _paragraphs().values() for line in lines]
    assert ["full", "18,706/1,825/5,329", "50"] in lines
    assert ["top50", "32,136/10,888/11,356", "50"] in lines
    assert ["filtered", "443/197/290", "10"] in lines
    assert ["small", "6,400/800/800", "8"] in lines  # "8 top genres"


def test_columns_stand_below_their_headers():
    (lines,) = (
        paragraph.splitlines()
        for paragraph in _text().split("\n\n")
        if paragraph.startswith("MagnaTagATune")
    )
    header = next(line for line in lines if "--subset" in line)
    line = next(line for line in lines if line.split()[0] == "clean")
    assert header.index("--subset") == line.index("clean")
    assert header.index("train/") == line.index("15,244/")
    assert header.index("notes") == line.index("with one of")


def test_the_documentation_has_it():
    root = pathlib.Path(__file__).parents[3]
    page = root / "docs" / "how_to" / "data" / "data_sets.md"
    text = page.read_text(encoding="utf-8")
    assert f"```\n{_text()}```\n" in text
