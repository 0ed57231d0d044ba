import pathlib

from pipelines import prepare_arguments
from pipelines.sources import catalogue


def _cells():
    lines = catalogue.table().splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("|")
    ]


def test_a_table_in_markdown():
    cells = _cells()
    assert tuple(cells[0]) == catalogue.HEADER
    assert {len(row) for row in cells} == {len(catalogue.HEADER)}
    assert all(set(cell) == {"-"} for cell in cells[1])
    widths = {
        len(line)
        for line in catalogue.table().splitlines()
        if line.startswith("|")
    }
    assert len(widths) == 1


def test_it_has_every_subset_of_every_flag():
    found, flag = set(), ""
    for row in _cells()[2:]:
        flag = row[1] or flag
        found.add((flag.split()[0], row[2]))
    for name, subsets in prepare_arguments.SUBSETS.items():
        for subset in subsets:
            assert (f"--{name.replace('_', '-')}", subset) in found
    assert ("--gtzan", "filtered") in found
    assert {flag for flag, _ in found} >= {"--mirdata"}


def test_every_data_set_has_a_licence_and_an_owner():
    for row in _cells()[2:]:
        if row[0]:
            assert row[-2]
            assert row[-1].startswith("http")


def test_counts_as_they_are_published():
    counts = {(row[2], row[3]) for row in _cells()}
    assert ("full", "18,706/1,825/5,329") in counts
    assert ("top50", "32,136/10,888/11,356") in counts
    assert ("filtered", "443/197/290") in counts
    assert ("small", "6,400/800/800") in counts


def test_the_documentation_has_the_table():
    root = pathlib.Path(__file__).parent.parent
    text = (root / "docs" / "data_sets.md").read_text(encoding="utf-8")
    assert catalogue.table().split("\n\n")[0] in text
