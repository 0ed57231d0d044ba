import csv
import pathlib

import pytest

from pipelines.prepare import rejected
from pipelines.sources import listings


def recording(track_id, path):
    return listings.SourceRecording(track_id, pathlib.Path(path), ("rock",))


LISTING = listings.Listing(
    recordings=(
        recording("a", "/music/a.mp3"),
        recording("b", "/music/deep/b.mp3"),
        recording("c", "/elsewhere/c.mp3"),
        recording("d", "/music/d.mp3"),
    ),
    problems=(
        ("x.mp3", "missing"),
        ("y.mp3", "not listed"),
        ("z", "ambiguous: 2 files (z.wav, z.mp3)"),
    ),
    source={},
)
ANSWERS = {
    "a": {"audio_hash": "1"},
    "b": {"reason": "silent", "detail": "All samples are zero."},
    "c": {"audio_hash": "1"},
    "d": {"audio_hash": "2"},
}


def test_everything_is_named_with_its_reason(tmp_path):
    found = rejected.collect(LISTING, ANSWERS, "/music")
    rejected.write(tmp_path, found)
    with open(tmp_path / "rejected.csv", newline="") as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    assert rows == [
        ("z", "ambiguous", "2 files (z.wav, z.mp3)"),
        ("x.mp3", "missing", ""),
        ("y.mp3", "not listed", ""),
        ("deep/b.mp3", "silent", "All samples are zero."),
    ]
    assert [entry.failed for entry in found] == [True, True, False, True]


def test_duplicates_go_when_asked_and_the_first_stays():
    found = rejected.collect(LISTING, ANSWERS, "/music", drop_duplicates=True)
    (dropped,) = [entry for entry in found if entry.reason == "duplicate"]
    assert dropped.track_id == "c"
    assert dropped.name == "/elsewhere/c.mp3"
    assert dropped.detail == "same audio as a.mp3"
    assert not dropped.failed


def test_the_share_counts_only_what_failed():
    found = rejected.collect(LISTING, ANSWERS, "/music", drop_duplicates=True)
    folder = pathlib.Path("data", "mine")
    rejected.check_share(found, 7, 0.3, folder)  # 3 of 10
    with pytest.raises(ValueError, match="3 of 10 .*1 ambiguous.* 29.9%") as e:
        rejected.check_share(found, 7, 0.299, folder)
    assert "--max-rejected-share" in str(e.value)
    assert str(folder / "rejected.csv") in str(e.value)
    with pytest.raises(ValueError, match="3 of 3"):
        rejected.check_share(found, 0, 1.0, folder)


def test_an_empty_table_has_its_header(tmp_path):
    rejected.write(tmp_path, [])
    text = (tmp_path / "rejected.csv").read_text()
    assert text == "name,reason,detail\n"


def test_what_a_published_data_set_leaves_out_has_not_failed():
    for reason in (
        listings.KNOWN_FAULT,
        listings.NOT_HELD,
        listings.NOT_IN_VERSION,
    ):
        assert not rejected.Rejected("x", reason).failed
