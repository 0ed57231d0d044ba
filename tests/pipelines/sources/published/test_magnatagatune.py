import csv
import itertools

import chosen_data_set
import pytest
from empty_files import touch

from pipelines.sources import listings, magnatagatune

TOP = magnatagatune.TOP_50
# 188 names as in the published header: the top 50 and others.
OTHERS = ("jazz", "jazzy", "instrumental", "clasical", "women", "eastern")
TAGS = (*TOP, *OTHERS, *(f"rare {i}" for i in range(188 - 50 - len(OTHERS))))
BROKEN = next(iter(magnatagatune.FAULTS))
CLIPS = (
    ("2", "f/soloists-cantatas-01-aria-30-59.mp3", ("classical", "violin")),
    ("6", "0/soloists-cantatas-02-aria-0-29.mp3", ("classic", "woman")),
    ("7", "a/band-album-01-song-0-29.mp3", ("rock", "guitar", "jazzy")),
    ("9", "c/drones-album-01-song-0-29.mp3", ("eastern",)),
    ("11", "c/drones-album-01-song-30-59.mp3", ("no vocals", "instrumental")),
    ("35644", BROKEN, ("rock",)),
)
ARTISTS = {
    "2": "American  Soloists",
    "6": "American Soloists",
    "7": "The Band",
    "9": "Drones",
    "11": "Drones",
    "35644": "Norine Braun",
}
INFO = (
    "clip_id track_number title artist album url segmentStart segmentEnd "
    "original_url mp3_path"
).split()


def _write(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(
            file, delimiter="\t", quoting=csv.QUOTE_ALL, lineterminator="\n"
        )
        writer.writerows(rows)


def _annotations(folder, header=TAGS, clips=CLIPS):
    rows = [["clip_id", *header, "mp3_path"]]
    for clip_id, path, tags in clips:
        assert set(tags) <= set(TAGS)
        rows.append([clip_id, *(int(t in tags) for t in header), path])
    _write(folder / magnatagatune.ANNOTATIONS, rows)


@pytest.fixture
def copy(tmp_path):
    """A part of the data set, its index files as they are published."""
    _annotations(tmp_path)
    info = [INFO]
    for clip_id, path, _ in CLIPS:
        start, end = path.removesuffix(".mp3").split("-")[-2:]
        artist = ARTISTS[clip_id]
        info.append(
            [clip_id, 1, 'A "title"', artist, "x", "u", start, end, "o", path]
        )
    # Clips that nobody annotated stand there too, without a path.
    info.append(["1", 1, "t", "Nobody", "x", "u", 0, 29, "o", ""])
    _write(tmp_path / magnatagatune.CLIP_INFO, info)
    touch(tmp_path, *(path for _, path, _ in CLIPS))
    return tmp_path


def _read(folder, subset, *more):
    words = ("--magnatagatune", folder, "--subset", subset, "--partial")
    return chosen_data_set.read(*words, *more)


def test_the_folders_are_the_published_split(copy):
    read = _read(copy, "full")
    assert [(r.track_id[0], r.split) for r in read.recordings] == [
        ("f", "test"),
        ("0", "train"),
        ("a", "train"),
        ("c", "validation"),
        ("c", "validation"),
    ]
    assert [r.artist for r in read.recordings] == [
        "American Soloists",
        "American Soloists",
        "The Band",
        "Drones",
        "Drones",
    ]
    assert read.recordings[0].tags == ("classical", "violin")
    assert read.vocabulary == TOP
    assert "CC BY-NC-SA" in read.source["licence"]
    assert "ISMIR 2009" in read.source["citation"]
    assert read.source["published"] == [18_706, 1_825, 5_329]


def test_the_broken_clips_are_named(copy):
    problems = dict(_read(copy, "full").problems)
    assert problems == {
        name: "known fault: empty file" for name in magnatagatune.FAULTS
    }
    assert len(problems) == 3


def test_clean_has_only_clips_with_a_frequent_tag(copy):
    read = _read(copy, "clean")
    assert len(read.recordings) == 4
    assert all(set(r.tags) & set(TOP) for r in read.recordings)
    left_out = [n for n, why in read.problems if why == listings.NOT_IN_VERSION]
    assert left_out == ["c/drones-album-01-song-0-29.mp3"]


def test_merging_changes_the_tags_but_not_who_is_in(copy):
    plain, merged = (
        _read(copy, "clean", *more) for more in ((), ("--merge-synonyms",))
    )
    assert [r.track_id for r in plain.recordings] == [
        r.track_id for r in merged.recordings
    ]
    assert [r.tags for r in merged.recordings] == [
        ("classical", "violin"),
        ("female", "classical"),
        ("guitar", "rock", "jazz"),
        ("no singer",),
    ]
    assert merged.source["note"].endswith("; synonyms merged")
    # In order of their counts; the broken clip's rock is counted too.
    assert merged.vocabulary[:2] == ("classical", "rock")


def test_all_tags(copy):
    read = _read(copy, "full", "--all-tags")
    carried = {name for r in read.recordings for name in r.tags}
    assert read.vocabulary == tuple(sorted(carried))
    assert "eastern" in read.vocabulary


def test_the_artist_version_has_no_split(copy):
    read = _read(copy, "artist")
    assert {r.split for r in read.recordings} == {""}
    assert all(r.artist for r in read.recordings)
    version = magnatagatune.VERSIONS["artist"]
    assert sum(version.split_weights) == sum(version.counts)
    assert version.split_weights == magnatagatune.VERSIONS["full"].counts


def test_the_published_counts():
    sizes = {n: sum(v.counts) for n, v in magnatagatune.VERSIONS.items()}
    assert sizes == {"clean": 21_105, "full": 25_860, "artist": 25_860}


def test_a_cut_index_is_refused(copy):
    with pytest.raises(ValueError, match=r"18,706/1,825/5,329.*: 2/2/1 in"):
        chosen_data_set.read("--magnatagatune", copy, "--subset", "full")


@pytest.mark.parametrize(
    "name", [magnatagatune.ANNOTATIONS, magnatagatune.CLIP_INFO]
)
def test_a_missing_index_file_is_named(copy, name):
    (copy / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"{name}.*mirg.city.ac.uk"):
        _read(copy, "full")


def test_index_files_saved_again_by_a_spreadsheet(copy):
    path = copy / magnatagatune.ANNOTATIONS
    empty = b"\t" * (len(TAGS) + 1)
    before = _read(copy, "full").recordings
    for name in (magnatagatune.ANNOTATIONS, magnatagatune.CLIP_INFO):
        content = (copy / name).read_bytes().replace(b"\n", b"\r\n")
        (copy / name).write_bytes(b"\xef\xbb\xbf" + content + b"\r\n")
    with open(path, "ab") as file:
        file.write(empty + b"\r\n")
    assert _read(copy, "full").recordings == before


def test_damaged_index_files_are_refused(copy):
    _annotations(copy, TAGS[:-1])
    with pytest.raises(ValueError, match="188 tags.*189 columns"):
        _read(copy, "full")
    path = copy / magnatagatune.ANNOTATIONS
    _annotations(copy)
    path.write_text(path.read_text().replace('"1"', '"1.0"'))
    with pytest.raises(ValueError, match=r"line 2.*190 cells, \['1.0'\]"):
        _read(copy, "full")
    _annotations(copy)
    path.write_text(path.read_text()[:-200])
    with pytest.raises(ValueError, match="line 7.*190 cells"):
        _read(copy, "full")
    _annotations(copy, clips=[("1", "g/x.mp3", ("rock",))])
    with pytest.raises(ValueError, match="0 to f.*'g/x.mp3'"):
        _read(copy, "full")
    _annotations(copy)
    _write(copy / magnatagatune.CLIP_INFO, [["clip_id", "who"]])
    with pytest.raises(ValueError, match="clip_id, artist, separated by .*t"):
        _read(copy, "full")


def test_the_audio_can_be_elsewhere_and_in_another_format(copy, tmp_path):
    audio = tmp_path / "elsewhere"
    for _, path, _ in CLIPS:
        touch(audio / "wav", f"{path.removesuffix('.mp3')}.wav")
    read = _read(copy, "full", "--audio", audio)
    assert len(read.recordings) == 5
    assert all(r.path.suffix == ".wav" for r in read.recordings)


def test_the_fifty_most_frequent():
    assert len(set(magnatagatune.TOP_50)) == 50


def test_no_tag_stands_for_two():
    names = list(itertools.chain(*magnatagatune.SYNONYMS))
    assert len(names) == len(set(names)) == 83
    assert all(len(group) > 1 for group in magnatagatune.SYNONYMS)


def test_synonyms_become_one_tag():
    merged = magnatagatune.merge(
        ("woman", "classic", "female vocal", "guitar", "loud", "classical")
    )
    assert merged == ("female", "classical", "guitar", "loud")
    assert magnatagatune.merge(merged) == merged


def test_what_is_and_what_is_not_sung_stay_apart():
    with_voice = set(magnatagatune.merge(("vocals", "singing", "woman")))
    without = set(magnatagatune.merge(("no vocals", "no singing")))
    assert without == {"no singer"}
    assert not with_voice & without
