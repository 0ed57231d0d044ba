import logging

import pytest
from empty_files import touch

from pipelines.sources import data_set, listings
from pipelines.sources.published import copies, index_files

PUBLICATION = data_set.Publication(
    "Name", "https://example.org", "CC0", "Somebody, 2001."
)
VERSION = data_set.Version("first", (2, 1, 1), 3, "as it was")


def _rows():
    return [
        index_files.IndexRow(("a/1.mp3", "a/1.low.mp3"), ("x",), "A", "train"),
        index_files.IndexRow(("a/2.mp3",), ("x", "y"), "B", "train"),
        index_files.IndexRow(("b/3.mp3",), ("y",), "A", "validation"),
        index_files.IndexRow(("b/4.mp3",), (), "C", "test"),
    ]


def _list(folder, rows=None, *, version=VERSION, partial=False, **facts):
    rows = _rows() if rows is None else rows
    index = index_files.Index(PUBLICATION, version, rows, **facts)
    return copies.list_copy(index, folder, partial=partial)


def test_a_whole_copy(tmp_path):
    touch(tmp_path, "deep/a/1.low.mp3", "a/2.wav", "b/3.mp3", "b/4.mp3")
    index = tmp_path / "index.csv"
    index.write_text("x")
    read = _list(tmp_path, files=[index], vocabulary=("y", "x"))
    assert [r.track_id for r in read.recordings] == [
        "a__1",
        "a__2",
        "b__3",
        "b__4",
    ]
    assert [r.split for r in read.recordings] == [
        "train",
        "train",
        "validation",
        "test",
    ]
    assert [r.artist for r in read.recordings] == ["A", "B", "A", "C"]
    assert read.recordings[0].path == tmp_path / "deep/a/1.low.mp3"
    assert read.problems == ()
    assert read.vocabulary == ("y", "x")
    assert read.source == {
        "name": "Name",
        "version": "first",
        "note": "as it was",
        "homepage": "https://example.org",
        "licence": "CC0",
        "citation": "Somebody, 2001.",
        "published": [2, 1, 1],
        "held": "4 of 4",
        "made_from": listings.file_facts([index]),
    }


def test_missing_audio_is_counted_and_its_owner_named(tmp_path):
    touch(tmp_path, "a/1.mp3", "b/4.mp3")
    with pytest.raises(
        FileNotFoundError,
        match=r"2 of the 4 recordings of Name first are not in .*; the first: "
        r"a/2.mp3. https://example.org publishes them.*--partial",
    ):
        _list(tmp_path)


def test_a_part_names_what_is_missing(tmp_path, caplog):
    touch(tmp_path, "a/1.mp3", "b/4.mp3", "other.mp3")
    with caplog.at_level(logging.WARNING):
        read = _list(tmp_path, partial=True)
    assert [r.track_id for r in read.recordings] == ["a__1", "b__4"]
    assert sorted(read.problems) == [
        ("a/2.mp3", listings.NOT_HELD),
        ("b/3.mp3", listings.NOT_HELD),
        ("other.mp3", listings.NOT_IN_VERSION),
    ]
    assert read.source["held"] == "2 of 4"
    assert "2 of the 4 recordings of Name" in caplog.text
    assert "1 of the 2 recordings of Name have no tag" in caplog.text


def test_ids_are_the_same_in_a_part(tmp_path):
    # Two names that differ in letters that are lost get a number each.
    rows = [
        index_files.IndexRow((name,), ("x",), split="train")
        for name in ("a b.mp3", "a_b.mp3", "c.mp3")
    ]
    touch(tmp_path / "whole", "a b.mp3", "a_b.mp3", "c.mp3")
    touch(tmp_path / "part", "a_b.mp3")
    whole, part = (
        {
            r.path.name: r.track_id
            for r in _list(tmp_path / name, rows, partial=True).recordings
        }
        for name in ("whole", "part")
    )
    assert part == {"a_b.mp3": whole["a_b.mp3"]}


def test_faulty_recordings_are_left_out_by_name(tmp_path):
    touch(tmp_path, "a/1.mp3", "a/2.mp3", "b/3.mp3", "b/4.mp3", "z/9.mp3")
    faults = {"a/2.mp3": "empty", "z/9.mp3": "noise"}
    read = _list(tmp_path, faults=faults)
    assert [r.track_id for r in read.recordings] == ["a__1", "b__3", "b__4"]
    assert read.problems == (
        ("a/2.mp3", "known fault: empty"),
        ("z/9.mp3", "known fault: noise"),
    )


def test_faulty_recordings_may_be_missing(tmp_path):
    touch(tmp_path, "a/1.mp3", "b/3.mp3", "b/4.mp3")
    read = _list(tmp_path, faults={"a/2.mp3": "empty"})
    assert read.source["held"] == "3 of 3"


@pytest.mark.parametrize("partial", [False, True])
def test_no_audio_at_all_is_refused(tmp_path, partial):
    touch(tmp_path, "other.mp3")
    with pytest.raises(FileNotFoundError, match="4 of the 4") as refused:
        _list(tmp_path, partial=partial)
    assert "--audio" in str(refused.value)
    assert "--partial" not in str(refused.value)


def test_another_number_than_published_is_refused(tmp_path):
    touch(tmp_path, "a/1.mp3", "a/2.mp3", "b/3.mp3", "b/4.mp3")
    with pytest.raises(
        ValueError, match=r"2/1/1 recordings.*Received: 2/1/0.*--partial"
    ):
        _list(tmp_path, _rows()[:3])
    assert _list(tmp_path, _rows()[:3], partial=True).source["held"] == "3 of 3"


def test_a_version_without_split_is_counted_as_a_whole(tmp_path):
    rows = [index_files.IndexRow((f"{i}.mp3",), ("x",)) for i in range(3)]
    touch(tmp_path, "0.mp3", "1.mp3", "2.mp3")
    version = data_set.Version("whole", (3,))
    assert len(_list(tmp_path, rows, version=version).recordings) == 3
    with pytest.raises(ValueError, match="Received: 2 in"):
        _list(tmp_path, rows[:2], version=version)


def test_a_recording_is_listed_once(tmp_path):
    touch(tmp_path, "a/1.mp3")
    with pytest.raises(ValueError, match="once.*'a/1.mp3'"):
        _list(tmp_path, _rows()[:1] * 2, partial=True)
