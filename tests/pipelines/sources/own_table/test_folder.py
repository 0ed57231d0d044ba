import json
import logging
import os

import pytest
from empty_files import touch

from pipelines.sources.own_table import folder


def _table(tmp_path, text, name="tags.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_folder_and_its_table(tmp_path):
    touch(tmp_path, "audio/a.mp3", "audio/b.flac", "c.wav", "audio/new.ogg")
    path = _table(
        tmp_path,
        "path,tags,artist,split\n"
        "audio/a.mp3,genre---Rock|Pop/Rock|rock,  The   Band,training\n"
        "./audio/../audio/b.flac,,,VAL\n"
        "c.wav,stage & screen,,Test\n"
        "gone.mp3,rock,,dev\n",
    )
    read = folder.read_table(path)
    assert [r.track_id for r in read.recordings] == [
        "audio__a",
        "audio__b",
        "c",
    ]
    assert [r.tags for r in read.recordings] == [
        ("rock", "pop/rock"),
        (),
        ("stage & screen",),
    ]
    assert [r.split for r in read.recordings] == ["train", "validation", "test"]
    assert [r.artist for r in read.recordings] == ["The Band", "", ""]
    assert read.recordings[0].path == tmp_path / "audio" / "a.mp3"
    assert all(r.path.is_absolute() for r in read.recordings)
    assert read.problems == (
        ("gone.mp3", "missing"),
        ("audio/new.ogg", "not listed"),
    )
    assert read.vocabulary is None
    assert read.source["name"] == "tags"
    assert list(read.source["made_from"]) == ["tags.csv"]


def test_the_audio_can_be_elsewhere(tmp_path, monkeypatch):
    touch(tmp_path, "music/a.mp3", "other/b.mp3", "lists/no.mp3")
    path = _table(
        tmp_path,
        f"path,tags\na.mp3,x\n../other/b.mp3,y\n{tmp_path}/lists/no.mp3,z\n",
        "lists/tags.csv",
    )
    read = folder.read_table(path, tmp_path / "music")
    assert [r.path for r in read.recordings] == [
        tmp_path / "music" / "a.mp3",
        tmp_path / "other" / "b.mp3",
        tmp_path / "lists" / "no.mp3",
    ]
    assert read.problems == ()
    assert read.recordings[1].track_id == "other__b"
    monkeypatch.chdir(tmp_path)
    assert folder.read_table("lists/tags.csv", "music") == read


def test_ids_do_not_depend_on_where_the_folder_is(tmp_path):
    ids = []
    for place in ("one", "two/deep"):
        touch(tmp_path / place, "a/x.mp3", "y.mp3")
        full = tmp_path / place / "y.mp3"
        path = _table(
            tmp_path, f"path,tags\na/x.mp3,t\n{full},t\n", f"{place}/t.csv"
        )
        read = folder.read_table(path)
        ids.append([r.track_id for r in read.recordings])
    assert ids[0] == ids[1] == ["a__x", "y"]


def test_what_is_being_written_is_not_looked_at(tmp_path):
    touch(tmp_path, "a.mp3", "out/audio/a.wav")
    path = _table(tmp_path, "path,tags\na.mp3,x\n")
    assert folder.read_table(path, skip=[tmp_path / "out"]).problems == ()
    assert len(folder.read_table(path).problems) == 1


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a.mp3,x,train\nb.mp3,y,tarin\n", r"line 3: the split.*'tarin'"),
        ("a.mp3,x,train\nb.mp3,y,\n", "line 3: the split.*left out"),
        ("a.mp3,x,train\n./a.mp3,y,test\n", r"one split.*lines 2, 3"),
        ("", "lists no recording"),
    ],
)
def test_rows_that_contradict_are_refused(tmp_path, rows, message):
    touch(tmp_path, "a.mp3", "b.mp3")
    path = _table(tmp_path, "path,tags,split\n" + rows)
    with pytest.raises(ValueError, match=message):
        folder.read_table(path)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no table .*tags.csv"):
        folder.read_table(tmp_path / "tags.csv")
    os.mkfifo(tmp_path / "pipe")
    for other in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ValueError, match=f"be a file.* Received: {other}$"):
            folder.read_table(other)
    path = _table(tmp_path, "path,tags\na.mp3,x\nb.mp3,x\n")
    with pytest.raises(FileNotFoundError, match=r"None of 2 files .*/a\.mp3"):
        folder.read_table(path)
    with pytest.raises(FileNotFoundError, match="no folder"):
        folder.read_table(path, tmp_path / "gone")
    with pytest.raises(ValueError, match="tag_separator"):
        folder.read_table(path, tag_separator="")


def test_one_row_per_track_and_tag(tmp_path, caplog):
    touch(tmp_path, "a.mp3", "b.mp3")
    path = _table(
        tmp_path,
        "path,tag,artist\na.mp3,x,Me\nb.mp3,y,\n./a.mp3,Y,me\na.mp3,x,ME\n",
    )
    read = folder.read_table(path)
    assert [r.tags for r in read.recordings] == [("x", "y"), ("y",)]
    assert [r.artist for r in read.recordings] == ["Me", ""]
    assert "several rows for 1 file, as for 'a.mp3' on the lines 2, 4, 5" in (
        caplog.text
    )
    path = _table(tmp_path, "path,tag,artist\na.mp3,x,Me\na.mp3,y,You\n")
    with pytest.raises(ValueError, match=r"one artist.*'a.mp3' on .* 2, 3"):
        folder.read_table(path)


def test_addresses_of_other_kinds_are_named_without_their_secrets(tmp_path):
    touch(tmp_path, "a.wav")
    path = _table(tmp_path, "path,tags\na.wav,x\nS3A://KEY:SEC/RET@b/x.wav,y\n")
    ((name, reason),) = folder.read_table(path).problems
    assert name == "S3A://b/x.wav"
    assert "must be at s3, gs, https" in reason and "RET" not in reason
    path = _table(tmp_path, "path,tags\nftp://me:word@h/x.wav?t=secret,y\n")
    with pytest.raises(FileNotFoundError, match="ftp://h/x.wav") as caught:
        folder.read_table(path)
    assert "word" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_paths_of_windows_are_told(tmp_path):
    path = _table(tmp_path, "path,tags\nC:\\Music\\a.wav,x\n")
    with pytest.raises(FileNotFoundError, match="whole paths of Windows"):
        folder.read_table(path)


def test_recordings_without_tags_are_counted(tmp_path, caplog):
    touch(tmp_path, "a.mp3", "b.mp3")
    path = _table(tmp_path, "path,tags\na.mp3,x|y\nb.mp3, | genre---\n")
    with caplog.at_level(logging.WARNING):
        read = folder.read_table(path)
    assert read.recordings[1].tags == ()
    assert "1 of the 2 recordings" in caplog.text


def test_names_that_are_not_utf_8_do_no_harm(tmp_path):
    name = os.fsdecode(b"\xff.mp3")
    try:
        touch(tmp_path, "a.mp3", name)
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    path = _table(tmp_path, "path,tags\na.mp3,x\n")
    assert folder.read_table(path).problems == ((name, "not listed"),)
    row = json.dumps({"path": name, "tags": ["x"], "artist": "\ud800"})
    (recording,) = folder.read_table(_table(tmp_path, row)).recordings
    assert recording.path.name == name
    assert recording.artist == "\\ud800"


@pytest.mark.parametrize(
    "separator",
    # As spreadsheets wrap, and as ID3 and programs for it join values.
    [";", "\n", "/", "+", "\0", "\\\\", "、", "｜", " #", " - "],
)
def test_a_likely_other_tag_separator_is_named(tmp_path, caplog, separator):
    touch(tmp_path, "a.mp3", "b.mp3")
    cells = f'a.mp3,"x{separator}y"\nb.mp3,"y{separator}z"\n'
    path = _table(tmp_path, f"path,tags\n{cells}")
    with caplog.at_level(logging.WARNING):
        folder.read_table(path)
    assert f"2 tags of {path} hold {separator!r}, as " in caplog.text
    caplog.clear()
    folder.read_table(path, tag_separator=separator)
    assert caplog.text == ""


def test_a_second_tag_separator_is_named(tmp_path, caplog):
    touch(tmp_path, "a.mp3", "b.mp3", "c.mp3")
    head = "path,tags\na.mp3,rock|pop|rock; live\nb.mp3,soul, r&b;rock\n"
    path = _table(tmp_path, head.replace("soul, ", "soul|"))
    folder.read_table(path)
    assert caplog.text == ""
    text = "path,tags\na.mp3,rock|pop|r&amp;b\nb.mp3,Pop;rock\n"
    path = _table(tmp_path, text)
    folder.read_table(path)
    assert f"1 tag of {path} holds ';', as 'Pop;rock'" in caplog.text


def test_texts_of_a_list_that_hold_the_separator_are_named(tmp_path, caplog):
    touch(tmp_path, "a.mp3", "b.mp3")
    rows = [("a.mp3", ["rock", "pop"]), ("b.mp3", ["rock|pop"])]
    lines = [json.dumps({"path": path, "tags": names}) for path, names in rows]
    read = folder.read_table(_table(tmp_path, "\n".join(lines)))
    assert read.recordings[1].tags == ("rock|pop",)
    (message,) = [text for text in caplog.messages if "'|'" in text]
    assert message.endswith(
        "as 'rock|pop': the texts of a list are not split at it."
    )


def test_a_table_that_was_read_in_another_encoding_is_named(tmp_path, caplog):
    touch(tmp_path, "a.mp3")
    path = _table(tmp_path, "path,tags\na.mp3,caf\u00c3\u00a9|rock\n")
    folder.read_table(path)
    assert "written in: 'caf\u00c3\u00a9'" in caplog.text


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ("r&amp;b.mp3", "R&B.mp3"),
        ("Don\u2019t.mp3", "Don't.mp3"),
        ("my+song.mp3", "my song.mp3"),
        ("my song?.mp3", "my_song_.mp3"),
        ("01 - Song.mp3", "x/01. song.wav"),
    ],
)
def test_a_name_in_other_signs_is_told_with_the_nearest(
    tmp_path, written, held
):
    touch(tmp_path, "a.mp3", held, "!.mp3", "...mp3")
    path = _table(tmp_path, f"path,tags\na.mp3,x\n{written},x\n?.mp3,x\n")
    problems = dict(folder.read_table(path).problems)
    assert problems[written] == f"missing: the nearest is {held}"
    assert problems["?.mp3"] == "missing"


def test_a_missing_file_is_told_with_the_nearest(tmp_path):
    touch(tmp_path, "000/000002.mp3", "000/000005.mp3", "x/1.wav", "y/1.wav")
    rows = "2,x\n005.0,x\n1,x\n/data/fma/000002.ogg,x\n'000005.mp3',x\n"
    path = _table(tmp_path, f"path,tags\n000/000002,x\n{rows}")
    problems = dict(folder.read_table(path).problems)
    problems.pop("000/000005.mp3")
    assert problems == {
        "2": "missing: the nearest is 000/000002.mp3",
        "005.0": "missing: the nearest is 000/000005.mp3",
        "1": "missing",
        "/data/fma/000002.ogg": "missing: the nearest is 000/000002.mp3",
        "'000005.mp3'": "missing: the nearest is 000/000005.mp3",
        "x/1.wav": "not listed",
        "y/1.wav": "not listed",
    }
