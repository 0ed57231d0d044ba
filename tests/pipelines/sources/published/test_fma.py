import csv
import logging

import chosen_data_set
import pytest
from empty_files import touch

from pipelines.sources.published import fma

# The columns that are read, among others, in their published order.
COLUMNS = (
    ("album", "comments"),
    ("artist", "bio"),
    ("artist", "id"),
    ("artist", "name"),
    ("set", "split"),
    ("set", "subset"),
    ("track", "genre_top"),
    ("track", "genres"),
    ("track", "genres_all"),
    ("track", "license"),
    ("track", "title"),
)
BIO = '<p>They say "hello",\nand more</p>' + "x" * 200_000
TRACKS = (
    (2, BIO, 1, "AWOL", "training", "small", "Hip-Hop", "[21]", "[21]"),
    (1486, "", 7, "Same", "validation", "medium", "Rock", "[12]", "[12]"),
    (
        *(98565, "", 8, "Same", "test", "small", "Electronic"),
        *("[42, 181]", "[42, 107, 181, 15]"),
    ),
    (148, "", 8, "Same", "training", "large", "", "[]", "[]"),
)
GENRES = (
    (12, 32923, 0, "Rock", 12),
    (15, 34413, 0, "Electronic", 15),
    (21, 8389, 0, "Hip-Hop", 21),
    (42, 7268, 107, "Ambient", 15),
    (107, 7268, 15, "Ambient Electronic", 15),
    (181, 12730, 15, "Techno", 15),
)


def _tracks(path, columns=COLUMNS, tracks=TRACKS):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["", *(group for group, _ in columns)])
        writer.writerow(["", *(name for _, name in columns)])
        writer.writerow(["track_id", *("" for _ in columns)])
        for number, bio, *others in tracks:
            writer.writerow([number, 0, bio, *others, "CC", "A title"])


@pytest.fixture
def copy(tmp_path):
    """A part of the data set, its tables as they are published."""
    folder = tmp_path / "fma_metadata"
    folder.mkdir()
    _tracks(folder / "tracks.csv")
    with open(folder / "genres.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["genre_id", "#tracks", "parent", "title", "top_level"])
        writer.writerows(GENRES)
    for subset, numbers in (
        ("small", (2, 98565)),
        ("large", (2, 1486, 98565, 148)),
    ):
        for number in numbers:
            name = f"{number:06d}.mp3"
            touch(tmp_path / f"fma_{subset}" / name[:3], name)
    return tmp_path


def _read(folder, subset, *more):
    words = ("--fma", folder, "--subset", subset, "--partial")
    return chosen_data_set.read(*words, *more)


def test_a_subset(copy):
    read = _read(copy, "small")
    assert [r.track_id for r in read.recordings] == [
        "000__000002",
        "098__098565",
    ]
    assert [r.split for r in read.recordings] == ["train", "test"]
    # With all genres above; a category's name may hold spaces and dashes.
    assert [r.tags for r in read.recordings] == [
        ("hip-hop",),
        ("ambient", "ambient electronic", "techno", "electronic"),
    ]
    assert read.recordings[0].path == copy / "fma_small/000/000002.mp3"
    assert read.problems == ()
    assert read.source["published"] == [6_400, 800, 800]
    assert "CC BY 4.0" in read.source["licence"]


def test_each_subset_holds_those_before(copy):
    names = []
    for subset in ("small", "medium", "large"):
        read = _read(copy, subset, "--audio", copy / "fma_large")
        names.append({r.track_id for r in read.recordings})
    assert names[0] < names[2] and names[0] <= names[1] <= names[2]


def test_excerpts_without_audio_are_named(copy):
    read = _read(copy, "large")
    assert ("001/001486.mp3", "known fault: no audio") in read.problems
    assert {r.track_id for r in read.recordings} == {
        "000__000002",
        "098__098565",
        "000__000148",
    }


def test_short_excerpts_are_named_and_used(copy, caplog):
    with caplog.at_level(logging.INFO):
        read = _read(copy, "small")
    assert "098__098565" in {r.track_id for r in read.recordings}
    assert "shorter than the others" in caplog.text
    assert "098/098565.mp3" in caplog.text


def test_a_whole_track_is_used_where_its_excerpt_is_empty(copy):
    (copy / "fma_large").rename(copy / "fma_full")
    read = _read(copy, "full")
    assert len(read.recordings) == 4
    assert read.problems == ()


def test_the_top_genres(copy):
    assert _read(copy, "large").vocabulary == (
        "ambient",
        "ambient electronic",
        "electronic",
        "hip-hop",
        "rock",
        "techno",
    )
    read = _read(copy, "large", "--top-genres")
    assert read.vocabulary == ("electronic", "hip-hop", "rock")


def test_artists_of_the_same_name_are_two(copy):
    (copy / "fma_large").rename(copy / "fma_full")
    artists = {r.track_id: r.artist for r in _read(copy, "full").recordings}
    assert artists["001__001486"] == "Same (7)"
    assert artists["098__098565"] == artists["000__000148"] == "Same (8)"


def test_the_published_counts():
    sizes = {name: sum(v.counts) for name, v in fma.VERSIONS.items()}
    assert sizes == {
        "small": 8_000,
        "medium": 25_000,
        "large": 106_574,
        "full": 106_574,
    }
    assert len(set(fma.NO_AUDIO + fma.SHORT)) == 21


def test_a_cut_table_is_refused(copy):
    with pytest.raises(ValueError, match="6,400/800/800.*: 1/0/1 in"):
        chosen_data_set.read("--fma", copy)


def test_what_is_missing_or_damaged_is_named(copy):
    tracks = copy / "fma_metadata" / "tracks.csv"
    _tracks(tracks, COLUMNS[:-3] + (("track", "x"),) * 3)
    with pytest.raises(ValueError, match="genres_all"):
        _read(copy, "small")
    _tracks(tracks, tracks=[(*TRACKS[0][:-1], "[999]")])
    with pytest.raises(ValueError, match=r"line 5.*'\[999\]'"):
        _read(copy, "small")
    _tracks(tracks, tracks=[("x2", *TRACKS[0][1:])])
    with pytest.raises(ValueError, match="tracks.csv, line 5.*'x2'"):
        _read(copy, "small")
    tracks.unlink()
    with pytest.raises(FileNotFoundError, match="tracks.csv.*mdeff/fma"):
        _read(copy, "small")


@pytest.mark.parametrize("row", ["x,0,0,Rock,1", "1,0,0,,1", "1,0", "1,0,,A,"])
def test_a_damaged_genre_is_named(copy, row):
    header = "genre_id,#tracks,parent,title,top_level\n"
    (copy / "fma_metadata" / "genres.csv").write_text(header + row)
    with pytest.raises(ValueError, match="genres.csv, line 2: a genre must"):
        _read(copy, "small")


def test_the_archive_of_a_subset_has_a_folder(copy):
    assert fma.unpacked_folder(copy, "small") == copy / "fma_small"
    assert fma.unpacked_folder(copy, "medium") == copy
