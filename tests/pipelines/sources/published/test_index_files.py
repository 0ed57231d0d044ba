import csv

import pytest
from empty_files import touch

from pipelines.sources import data_set
from pipelines.sources.published import index_files

PUBLICATION = data_set.Publication(
    "Name", "https://example.org", "CC0", "Somebody, 2001."
)


def test_an_index_file_is_found_at_the_first_place(tmp_path):
    touch(tmp_path, "deep/x.csv")
    found = index_files.find(PUBLICATION, tmp_path, "x.csv", "deep/x.csv")
    assert found == tmp_path / "deep/x.csv"
    with pytest.raises(
        FileNotFoundError, match="Name needs y.csv.*https://example.org"
    ):
        index_files.find(PUBLICATION, tmp_path, "y.csv", "deep/y.csv")


@pytest.mark.parametrize("content", [b"a,\xff", b'a,"' + bytes(17_000_000)])
def test_a_damaged_index_file_is_named(tmp_path, content):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    before = csv.field_size_limit()
    with pytest.raises(ValueError, match="x.csv is damaged"):
        with index_files.open_text(path) as file:
            list(csv.reader(file))
    assert csv.field_size_limit() == before
