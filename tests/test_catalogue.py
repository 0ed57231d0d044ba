import pathlib

from pipelines import prepare_flags
from pipelines.sources import catalogue


def _tables():
    """The cells of both tables, with their headers and rules."""
    for text in catalogue.table().split("\n\n")[:2]:
        yield [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in text.splitlines()
        ]


def test_tables_in_markdown():
    for text, header in zip(
        catalogue.table().split("\n\n")[:2],
        (catalogue.HEADER, catalogue.OWNERS_HEADER),
        strict=True,
    ):
        lines = text.splitlines()
        assert len({len(line) for line in lines}) == 1
        assert {line.count("|") for line in lines} == {len(header) + 1}
        assert [c.strip() for c in lines[0].strip("|").split("|")] == list(
            header
        )
        assert set(lines[1]) == {"|", "-", " "}


def test_every_data_set_has_a_flag_a_licence_and_an_owner():
    versions, owners = _tables()
    names = [row[0] for row in versions[2:] if row[0]]
    assert names == [row[0] for row in owners[2:]]
    for _, flag, licence, homepage in owners[2:]:
        assert flag.startswith("--")
        assert licence
        assert homepage.startswith("http")


def test_it_has_every_subset_of_every_flag():
    versions, owners = _tables()
    flags = {row[0]: row[1].split()[0] for row in owners[2:]}
    found, name = set(), ""
    for row in versions[2:]:
        name = row[0] or name
        found.add((flags[name], row[1]))
    wanted = {
        (f"--{name.replace('_', '-')}", subset)
        for name, subsets in prepare_flags.SUBSETS.items()
        for subset in subsets
    }
    assert wanted <= found
    assert ("--gtzan", "filtered") in found


def test_counts_as_they_are_published():
    versions, _ = _tables()
    counts = {(row[1], row[2]) for row in versions}
    assert ("full", "18,706/1,825/5,329") in counts
    assert ("top50", "32,136/10,888/11,356") in counts
    assert ("filtered", "443/197/290") in counts
    assert ("small", "6,400/800/800") in counts


def test_the_documentation_has_the_tables():
    root = pathlib.Path(__file__).parent.parent
    text = (root / "docs" / "data_sets.md").read_text(encoding="utf-8")
    for table in catalogue.table().split("\n\n")[:2]:
        assert table in text
