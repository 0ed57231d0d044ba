import pytest

from pipelines.manifest import csv_rows, tracks

ROW = "a,wav/a.wav,train,,rock,16000,0.5,44,32044,hash,prepared,0,0"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ROW.replace("16000", "16000.0"), "'16000.0'"),
        (ROW.replace("16000", "9" * 30), "64 bits. Received: '999"),
        (ROW[:29], "must have 13 cells. Received: 6"),
        ("", "must have 13 cells. Received: 0"),
        (ROW + ",", "must have 13 cells. Received: 14"),
    ],
)
def test_a_row_that_was_changed_is_named(tmp_path, row, said):
    path = tmp_path / "x.csv"
    path.write_text("\n".join([",".join(tracks.COLUMNS), ROW, row, ROW]))
    with pytest.raises(ValueError, match=f"x.csv, line 3, .*{said}"):
        list(csv_rows.read_rows(path))


def test_other_columns_are_told(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("track_id;path\na;b\n")
    with pytest.raises(ValueError, match="line 1, .* Received: 'track_id;path"):
        list(csv_rows.read_rows(path))
