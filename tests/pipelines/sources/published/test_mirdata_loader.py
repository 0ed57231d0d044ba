import importlib
import json
import logging
import sys

import chosen_data_set
import pytest
from empty_files import touch

from pipelines.sources import listings
from pipelines.sources.published import mirdata_loader

# The real package: its loaders, with index files of a few tracks.
pytest.importorskip("mirdata")
# Google's client library, which mirdata imports, on dates of its own.
pytestmark = pytest.mark.filterwarnings(
    "ignore:You are using a .*Python version:FutureWarning"
)
GTZAN_INDEX = "gtzan_genre_index_1.0.json"
JAMENDO_INDEX = "mtg_jamendo_autotagging_moodtheme_index_1.0.json"
JAMENDO_HEADER = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n"
JAMENDO = {
    "track_0003524": "artist_000530\talbum_000552\t24/3524.mp3\t266.1\t"
    "mood/theme---melodic\tmood/theme---film\n",
    "track_0004882": "artist_000696\talbum_000751\t82/4882.mp3\t210.4\t"
    "mood/theme---meditative\n",
    "track_0009999": "artist_000530\talbum_000552\t99/9999.mp3\t99.0\t"
    "mood/theme---film\n",
}


def _read(name, folder, *more):
    return chosen_data_set.read("--mirdata", name, "--audio", folder, *more)


def _index(folder, name, audio):
    tracks = {
        key: {
            "audio": [place, "0" * 32],
            "beats": [None, None],
            "tempo": [None, None],
        }
        for key, place in audio.items()
    }
    text = json.dumps({"version": "1.0", "tracks": tracks})
    (folder / name).write_text(text)


@pytest.fixture
def gtzan(tmp_path):
    places = {
        f"{genre}.00000": f"gtzan_genre/genres/{genre}/{genre}.00000.wav"
        for genre in ("blues", "hiphop")
    }
    _index(tmp_path, GTZAN_INDEX, places)
    touch(tmp_path, *places.values())
    return tmp_path


@pytest.fixture
def jamendo(tmp_path):
    places = {key: f"audios/{row.split()[2]}" for key, row in JAMENDO.items()}
    _index(tmp_path, JAMENDO_INDEX, places)
    touch(tmp_path, *places.values())
    (tmp_path / "data").mkdir()
    rows = [f"{key}\t{row}" for key, row in JAMENDO.items()]
    (tmp_path / "data" / "autotagging_moodtheme.tsv").write_text(
        JAMENDO_HEADER + "".join(rows)
    )
    for number in range(5):
        folder = tmp_path / "data" / "splits" / f"split-{number}"
        folder.mkdir(parents=True)
        # The last track is in no split, the others change places.
        sides = ["train", "test", "validation"]
        for place, side in enumerate(sides):
            held = [rows[(place + number) % 2]] if place < 2 else []
            (folder / f"autotagging_moodtheme-{side}.tsv").write_text(
                JAMENDO_HEADER + "".join(held)
            )
    return tmp_path


def test_a_genre_is_a_tag(gtzan):
    read = _read("gtzan_genre", gtzan)
    assert [r.tags for r in read.recordings] == [("blues",), ("hip-hop",)]
    assert [r.path.name for r in read.recordings] == [
        "blues.00000.wav",
        "hiphop.00000.wav",
    ]
    assert {r.split for r in read.recordings} == {""}
    assert read.problems == ()
    assert read.source["name"] == "mirdata gtzan_genre"
    assert read.source["version"] == "genre"
    assert "tzanetakis" in read.source["citation"]
    assert "license" in read.source["licence"]
    assert read.source["homepage"].startswith("https://mirdata.readthedocs.io")
    assert list(read.source["made_from"]) == [GTZAN_INDEX]


def test_tags_artists_and_splits(jamendo, caplog):
    name = "mtg_jamendo_autotagging_moodtheme"
    with caplog.at_level(logging.WARNING):
        read = _read(name, jamendo)
    assert [r.tags for r in read.recordings] == [
        ("melodic", "film"),
        ("meditative",),
    ]
    assert [r.artist for r in read.recordings] == [
        "artist_000530",
        "artist_000696",
    ]
    assert [r.split for r in read.recordings] == ["train", "test"]
    assert "1 of the 3 tracks" in caplog.text
    assert read.problems == (("audios/99/9999.mp3", listings.NOT_IN_VERSION),)
    other = _read(name, jamendo, "--split-number", 1)
    assert [r.split for r in other.recordings] == ["test", "train"]


def _medley_solos(folder, subsets):
    header = "subset,instrument,instrument_id,song_id,uuid4\n"
    tracks, rows = {}, [header]
    for number, subset in enumerate(subsets):
        place = f"audio/Medley-solos-DB_{subset}-0_{number}.wav"
        touch(folder, place)
        tracks[str(number)] = {"audio": [place, "0" * 32]}
        rows.append(f"{subset},tenor saxophone,5,0,{number}\n")
    (folder / "annotation").mkdir(exist_ok=True)
    table = folder / "annotation" / "Medley-solos-DB_metadata.csv"
    table.write_text("".join(rows))
    text = json.dumps({"version": "1.2", "tracks": tracks})
    (folder / "medley_solos_db_index_1.2.json").write_text(text)
    return _read("medley_solos_db", folder)


def test_a_split_can_be_called_a_subset(tmp_path):
    read = _medley_solos(tmp_path, ("training", "validation", "test"))
    assert [r.split for r in read.recordings] == ["train", "validation", "test"]
    assert {r.tags for r in read.recordings} == {("tenor saxophone",)}


def test_splits_of_other_names_are_not_guessed(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        read = _medley_solos(tmp_path, ("fold 1", "fold 2"))
    assert {r.split for r in read.recordings} == {""}
    assert "fold 1, fold 2" in caplog.text


def test_that_a_loader_has_no_splits_is_said(gtzan, caplog):
    with caplog.at_level(logging.INFO):
        _read("gtzan_genre", gtzan)
    assert "gtzan_genre has no splits: they are made here" in caplog.text


@pytest.mark.parametrize("fault", [AttributeError, TypeError])
def test_splits_that_fail_are_not_taken_for_none(jamendo, monkeypatch, fault):
    name = "mtg_jamendo_autotagging_moodtheme"

    def fail(self, split_number=0):
        raise fault("a changed loader")

    loader = importlib.import_module(f"mirdata.datasets.{name}")
    monkeypatch.setattr(loader.Dataset, "get_track_splits", fail)
    with pytest.raises(fault, match="a changed loader"):
        _read(name, jamendo)


def test_missing_audio_is_counted(gtzan):
    (gtzan / "gtzan_genre/genres/blues/blues.00000.wav").unlink()
    with pytest.raises(FileNotFoundError, match="1 of the 2 recordings"):
        _read("gtzan_genre", gtzan)
    read = _read("gtzan_genre", gtzan, "--partial")
    assert [r.tags for r in read.recordings] == [("hip-hop",)]


def test_a_missing_index_is_named_and_not_fetched(gtzan):
    (gtzan / GTZAN_INDEX).unlink()
    with pytest.raises(
        FileNotFoundError, match=rf"{GTZAN_INDEX}.*download\(\['index'\]\)"
    ):
        _read("gtzan_genre", gtzan)


def test_missing_annotations_are_named(jamendo):
    (jamendo / "data" / "autotagging_moodtheme.tsv").unlink()
    with pytest.raises(FileNotFoundError, match="Metadata not found"):
        _read("mtg_jamendo_autotagging_moodtheme", jamendo)


def test_without_mirdata_the_extra_is_named(gtzan, monkeypatch):
    monkeypatch.setitem(sys.modules, "mirdata", None)
    with pytest.raises(ValueError, match=r"pip install 'tftag\[mirdata\]'"):
        _read("gtzan_genre", gtzan)


def test_what_no_loader_has_is_refused(gtzan):
    with pytest.raises(ValueError, match="'gtzan'.*nearest is gtzan_genre"):
        _read("gtzan", gtzan)
    with pytest.raises(ValueError, match="no numbered splits.*Received: 2"):
        _read("gtzan_genre", gtzan, "--split-number", 2)
    with pytest.raises(ValueError, match="'tempos'.*audio_path"):
        _read("gtzan_genre", gtzan, "--subset", "tempos")
    with pytest.raises(ValueError, match="must hold texts.*float"):
        mirdata_loader._texts(0.5, "gtzan_genre", "tempo")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "damaged"),
        ('{"tracks": {}}', "lists no track"),
        ('{"tracks": {"blues.00000": {}}}', "damaged"),
        ("[", "damaged"),
    ],
)
def test_a_damaged_index_is_named(gtzan, text, words):
    (gtzan / GTZAN_INDEX).write_text(text)
    with pytest.raises(ValueError, match=f"{GTZAN_INDEX}.*{words}"):
        _read("gtzan_genre", gtzan)


def test_a_loader_without_tags_is_refused(tmp_path):
    files = {n: ["x", "0" * 32] for n in ("beat", "chords", "keys")}
    files |= {"sections": ["x", "0" * 32], "audio": ["audio/a.wav", "0" * 32]}
    text = json.dumps({"version": "1.2", "tracks": {"0101": files}})
    (tmp_path / "beatles_index_1.2.json").write_text(text)
    with pytest.raises(ValueError, match="none of tags, genres.*audio_path"):
        _read("beatles", tmp_path)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, []),
        ("rock", ["rock"]),
        (["rock", "pop"], ["rock", "pop"]),
        ({"banjo": 0.49, "flute": 0.5, "piano": 1}, ["flute", "piano"]),
        ({"genres": ["house"], "sub_genres": None}, ["house"]),
    ],
)
def test_tags_come_in_several_forms(value, expected):
    assert mirdata_loader._texts(value, "x", "tags") == expected
