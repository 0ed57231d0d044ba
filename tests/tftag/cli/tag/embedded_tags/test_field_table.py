import pytest

from tftag.cli.tag.embedded_tags import field_table


def test_the_shipped_table_can_be_read():
    table = field_table.read()
    assert table["rnb"] == ("genre", "R&B") == table["r&b"]
    assert table["sad"] == ("mood", "Sad")
    tags = ["guitar", "RnB", "sad", "r&b", "jazz"]
    assert field_table.fields(table, tags) == {
        "genre": ["R&B", "Jazz"],
        "mood": ["Sad"],
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tag,field\na,genre\n",
        "tag,field,value\na,artist,B\n",
        "tag,field,value\na,genre\n",
        "tag,field,value\na,genre,B\nA,genre,C\n",
        "tag,field,value\n,genre,B\n",
        'tag,field,value\n"a,genre,B\n',
        "tag,field,value\na,genre,B,C\n",
        "tag,field,value\na,genre,B\n\xff",
    ],
)
def test_another_table_is_refused(tmp_path, text):
    path = tmp_path / "fields.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match="A table of fields must be"):
        field_table.read(path)
