import chosen_data_set
import pytest
from empty_files import touch

from pipelines.sources import listings
from pipelines.sources.published import mtg_jamendo

LISTS = {
    "train": (
        "track_0000214\tartist_000014\talbum_000031\t14/214.mp3\t124.6\t"
        "genre---punkrock\n"
        "track_0000948\tartist_000087\talbum_000149\t48/948.mp3\t212.7\t"
        "genre---rock\tinstrument---guitar\tmood/theme---dark\n"
    ),
    "validation": (
        "track_0003524\tartist_000530\talbum_000552\t24/3524.mp3\t266.1\t"
        "mood/theme---melodic\tgenre---rock\n"
    ),
    "test": (
        "track_0004882\tartist_000696\talbum_000751\t82/4882.mp3\t210.4\t"
        "mood/theme---meditative\n"
    ),
}
HEADER = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n"
AUDIO = ("14/214.mp3", "48/948.mp3", "24/3524.mp3", "82/4882.mp3")


def _lists(folder, stem, number, lists=LISTS):
    place = folder / "splits" / f"split-{number}"
    place.mkdir(parents=True, exist_ok=True)
    for split, text in lists.items():
        (place / f"{stem}-{split}.tsv").write_text(HEADER + text)


@pytest.fixture
def copy(tmp_path):
    """A part of the repository, with its lists as they are published."""
    _lists(tmp_path / "data", "autotagging", 0)
    touch(tmp_path / "audio", *AUDIO)
    return tmp_path


def _read(folder, subset="all", number=0, audio=None):
    return chosen_data_set.read(
        *("--mtg-jamendo", folder, "--audio", audio or folder, "--partial"),
        *("--subset", subset, "--split-number", number),
    )


def test_the_lists_of_a_split(copy):
    read = _read(copy)
    assert [r.track_id for r in read.recordings] == [
        "14__214",
        "48__948",
        "24__3524",
        "82__4882",
    ]
    assert [r.split for r in read.recordings] == [
        "train",
        "train",
        "validation",
        "test",
    ]
    assert read.recordings[0].artist == "artist_000014"
    assert [r.tags for r in read.recordings] == [
        ("punkrock",),
        ("rock", "guitar", "dark"),
        ("melodic", "rock"),
        ("meditative",),
    ]
    assert read.vocabulary == (
        "dark",
        "guitar",
        "meditative",
        "melodic",
        "punkrock",
        "rock",
    )
    assert read.problems == ()
    assert read.source["published"] == [32_859, 11_101, 11_565]
    assert "CC BY-NC-SA 4.0" in read.source["licence"]
    assert len(read.source["made_from"]) == 3


@pytest.mark.parametrize(
    ("subset", "stem"),
    [
        ("top50", "autotagging_top50tags"),
        ("genre", "autotagging_genre"),
        ("instrument", "autotagging_instrument"),
        ("moodtheme", "autotagging_moodtheme"),
    ],
)
def test_each_subset_has_lists_of_its_own(copy, subset, stem):
    few = {name: LISTS[name] for name in ("train", "validation")}
    _lists(copy / "data", stem, 3, {**few, "test": ""})
    read = _read(copy, subset, 3)
    assert len(read.recordings) == 3
    assert read.problems == (("audio/82/4882.mp3", listings.NOT_IN_VERSION),)
    assert read.source["version"] == subset
    assert read.source["note"] == "split 3 of 0 to 4"


def test_low_bitrate_tracks_have_another_name(copy):
    for name in AUDIO:
        path = copy / "audio" / name
        path.rename(path.with_suffix(".low.mp3"))
    read = _read(copy)
    assert len(read.recordings) == 4
    # The same names as of the others: figures stay comparable.
    assert read.recordings[0].track_id == "14__214"
    assert read.recordings[0].path == copy / "audio" / "14/214.low.mp3"
    assert read.problems == ()


def test_the_folder_data_can_be_named_itself(copy):
    read = _read(copy / "data", audio=copy / "audio")
    assert len(read.recordings) == 4


def test_the_published_counts():
    for subset, whole in (
        ("top50", 54_380),
        ("genre", 55_094),
        ("instrument", 24_976),
        ("moodtheme", 17_982),
        ("all", 55_525),
    ):
        sizes = [sum(counts) for counts in mtg_jamendo.COUNTS[subset]]
        assert sizes == [whole] * 5
    kinds = ("genre", "instrument", "moodtheme")
    assert sum(mtg_jamendo.TAGS[kind] for kind in kinds) == 183


def test_a_cut_list_is_refused(copy):
    with pytest.raises(ValueError, match="183 tags.*Received: 6.*--partial"):
        chosen_data_set.read("--mtg-jamendo", copy, "--subset", "all")


def test_lists_saved_again_by_a_spreadsheet(copy):
    before = _read(copy).recordings
    for path in copy.rglob("*.tsv"):
        lines = path.read_text().splitlines()
        text = "".join(f"{line}\t\t\r\n" for line in [*lines, ""])
        path.write_bytes(f"\ufeff{text}\r\n".encode())
    assert _read(copy).recordings == before


def test_tags_that_were_joined_are_refused_rather_than_lost(copy):
    path = copy / "data/splits/split-0/autotagging-train.tsv"
    joined = LISTS["train"].replace("\tinst", ",inst")
    path.write_text(HEADER + joined)
    with pytest.raises(ValueError, match="line 3: a cell must.*guitar'"):
        _read(copy)


def test_what_is_missing_or_damaged_is_named(copy):
    with pytest.raises(
        FileNotFoundError,
        match="split-1/autotagging-train.tsv.*mtg-jamendo-dataset publishes",
    ):
        _read(copy, number=1)
    with pytest.raises(ValueError, match="0 to 4. Received: 5"):
        _read(copy, number=5)
    path = copy / "data/splits/split-0/autotagging-test.tsv"
    path.write_text(HEADER + LISTS["test"] + "track_1\tartist_2\n")
    with pytest.raises(ValueError, match="line 3"):
        _read(copy)
    path.write_text(LISTS["test"])
    with pytest.raises(ValueError, match="must start with TRACK_ID"):
        _read(copy)
