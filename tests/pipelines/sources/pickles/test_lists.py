import logging
import os
import pickle

import numpy as np
import pytest

from pipelines.sources.pickles import lists


@pytest.fixture
def make(tmp_path):
    """Writes the three pickles and some files, and reads them."""

    def write(name, value, protocol=2):
        path = tmp_path / name
        if isinstance(value, bytes):
            path.write_bytes(value)
        else:
            path.write_bytes(pickle.dumps(value, protocol))
        return path

    def read(mapping, train, validation, files, protocol=2, **options):
        for name in files:
            path = tmp_path / "audio" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        return lists.read_pickles(
            write("data_mapping.pkl", mapping, protocol),
            write("train_ids.pkl", train, protocol),
            write("val_ids.pkl", validation, protocol),
            tmp_path / "audio",
            **options,
        )

    return read


def _short(listing):
    return [(r.track_id, r.path.name, r.tags) for r in listing.recordings]


EXPECTED = [
    ("a", "a.wav", ("rock", "r&b")),
    ("b", "b.wav", ("pop",)),
    ("c", "c.mp3", ()),
]
NAMES = ["pop", "r&b", "rock"]


@pytest.mark.parametrize("protocol", [0, 2, 3, 4, 5])
@pytest.mark.parametrize(
    ("values", "names", "same_order"),
    [
        ((["Rock", "r&b"], ("pop",), []), None, True),
        (("Rock|r&b", "genre---pop", ""), None, True),
        (({"rock", "r&b"}, {"pop"}, set()), None, False),
        (([b"rock", b"r&b"], b"pop", None), None, True),
        ((np.array(["rock", "r&b"]), np.array(["pop"]), []), None, True),
        (([0, 1, 1], [1, 0, 0], [0, 0, 0]), NAMES, False),
        ((np.array([0, 1, 1]), [1.0, 0.0, 0.0], np.zeros(3)), NAMES, False),
        (([False, True, True], (True, False, False), []), NAMES, False),
    ],
)
def test_every_form_of_tags(make, protocol, values, names, same_order):
    keys = ("a.mp3", "b.mp3", "c.mp3")
    mapping = dict(zip(keys, values, strict=True))
    files = ["a.wav", "b.wav", "c.mp3"]
    read = make(
        mapping,
        ["a.mp3", "b.mp3"],
        ["c.mp3"],
        files,
        protocol,
        column_names=names,
    )
    expected = EXPECTED
    if not same_order:
        expected = [(i, f, tuple(sorted(t))) for i, f, t in EXPECTED]
    assert _short(read) == expected
    assert [r.split for r in read.recordings] == [
        "train",
        "train",
        "validation",
    ]
    assert read.problems == ()
    assert read.vocabulary == (None if names is None else tuple(NAMES))
    assert sorted(read.source["made_from"]) == [
        "data_mapping.pkl",
        "train_ids.pkl",
        "val_ids.pkl",
    ]


@pytest.mark.parametrize("kind", [list, tuple, set, frozenset, np.array])
def test_every_form_of_ids(make, kind):
    read = make({"a": "x", "b": "y"}, kind(["b", "a"]), [], ["a.ogg", "b.ogg"])
    assert sorted(r.track_id for r in read.recordings) == ["a", "b"]


def test_what_python_2_wrote(make):
    # {"caf\xc3\xa9/x.mp3": ["rock", u"\xe9t\xe9"], "y.mp3": ["pop"]}, and
    # "na\xefve.mp3", which is Latin-1.
    mapping = (
        b"(dp0\nS'caf\\xc3\\xa9/x.mp3'\np1\n(lp2\nS'rock'\np3\naV\xe9t\xe9\n"
        b"p4\nasS'y.mp3'\np5\n(lp6\nS'pop'\np7\nasS'na\\xefve.mp3'\np8\n(lp9\n"
        b"s."
    )
    train = b"(lp0\nVcaf\xe9/x.mp3\np1\naS'na\\xefve.mp3'\np2\na."
    validation = b"(lp0\nS'y.mp3'\np1\na."
    files = ["café/x.wav", "y.wav", "naïve.wav"]
    read = make(mapping, train, validation, files)
    assert [r.path.name for r in read.recordings] == [
        "x.wav",
        "naïve.wav",
        "y.wav",
    ]
    assert read.recordings[0].tags == ("rock", "été")
    assert read.recordings[1].tags == ()


def test_each_problem_is_named(make):
    mapping = dict.fromkeys(
        ["a.mp3", "gone.mp3", "two.mp3", "left.mp3", "n/s.mp3", "m/s.mp3"], "x"
    )
    read = make(
        mapping,
        ["a.mp3", "gone.mp3", "two.mp3", "n/s.mp3", "unknown.mp3"],
        ["m/s.mp3", "s"],
        ["a.wav", "two.wav", "two.flac", "left.wav", "s.wav", "extra.wav"],
    )
    assert [r.track_id for r in read.recordings] == ["a"]
    assert dict(read.problems) == {
        "unknown.mp3": "without an entry of tags",
        "s": "ambiguous",
        "left.mp3": "in no split",
        "gone.mp3": "missing",
        "two.mp3": "ambiguous: 2 files (two.flac, two.wav)",
        "n/s.mp3": "ambiguous: 2 names for s.wav",
        "m/s.mp3": "ambiguous: 2 names for s.wav",
        "extra.wav": "not listed",
    }
    assert len(read.problems) == 8


def test_ids_may_lack_folder_and_ending(make):
    mapping = {"data/a.mp3": "x", "data/b.mp3": "y", 17: "z"}
    read = make(mapping, ["a", 17], ["b.wav"], ["a.wav", "b.wav", "17.wav"])
    assert [(r.path.name, r.split) for r in read.recordings] == [
        ("a.wav", "train"),
        ("17.wav", "train"),
        ("b.wav", "validation"),
    ]


def test_column_names_from_a_file(make, tmp_path):
    text = tmp_path / "names.txt"
    text.write_text("\ufeffPop\nr&b\n\ngenre---rock\n", encoding="utf-8")
    pickled = tmp_path / "names.pkl"
    pickled.write_bytes(pickle.dumps(np.array(["Pop", "r&b", "rock"])))
    for names in (text, os.fspath(pickled), ("pop", "R&B", "rock")):
        read = make({"a": [0, 1, 1]}, ["a"], [], ["a.wav"], column_names=names)
        assert read.vocabulary == tuple(NAMES)
        assert read.recordings[0].tags == ("r&b", "rock")


def test_lists_as_text_are_lists(make):
    read = make({"a": "['rock', 'pop']"}, ["a"], [], ["a.wav"])
    assert read.recordings[0].tags == ("rock", "pop")
    with pytest.raises(ValueError, match="'a': the tags look like a list"):
        make({"a": "[rock, pop]"}, ["a"], [], ["a.wav"])


def test_the_three_files_in_any_case_of_letters(tmp_path):
    for name in ("Data_Mapping.pkl", "Train_ids.pkl", "val_ids.PKL"):
        (tmp_path / name).touch()
    found = lists.find_pickles(tmp_path)
    assert [path.name for path in found] == [
        "Data_Mapping.pkl",
        "Train_ids.pkl",
        "val_ids.PKL",
    ]
    (tmp_path / "train_ids.pkl").touch()
    assert lists.find_pickles(tmp_path)[1].name == "train_ids.pkl"
    (tmp_path / "VAL_ids.pkl").touch()
    with pytest.raises(ValueError, match="one val_ids.pkl.*VAL_ids.pkl"):
        lists.find_pickles(tmp_path)
    with pytest.raises(FileNotFoundError, match="no data_mapping.pkl"):
        (tmp_path / "Data_Mapping.pkl").unlink()
        lists.find_pickles(tmp_path)


def test_another_tag_separator(make):
    read = make({"a": "x; y|z"}, ["a"], [], ["a.wav"], tag_separator=";")
    assert read.recordings[0].tags == ("x", "y|z")


@pytest.mark.parametrize(
    ("mapping", "options", "message"),
    [
        (["a"], {}, "data_mapping.pkl must hold a dict.*list"),
        ({}, {}, "must hold a dict"),
        ({"a": [0, 1]}, {}, "'a'.*name the tags"),
        (
            {"a": [0, 1]},
            {"column_names": NAMES},
            "the 3 tag names. Received: 2",
        ),
        ({"a": [0, 2, 1]}, {"column_names": NAMES}, "zeros and ones"),
        ({"a": [0, "x", 1]}, {"column_names": NAMES}, "zeros and ones"),
        ({"a": [[0, 1, 1]]}, {"column_names": NAMES}, "Received: 1"),
        ({"a": 5}, {}, "'a'.*Received: int"),
        ({"a": {"x": 1}}, {}, "'a'.*Received: dict"),
        ({"a": [None]}, {}, "'a'.*NoneType"),
        ({None: "x"}, {}, "a file name must be a string. Received: NoneType"),
        ({"a": "x", b"a": "y"}, {}, "'a'.*twice"),
        ({"a": "x"}, {"column_names": ["x", "X"]}, "unique"),
        ({"a": "x"}, {"column_names": []}, "unique"),
    ],
)
def test_a_mapping_of_something_else_is_refused(
    make, mapping, options, message
):
    with pytest.raises(ValueError, match=message) as caught:
        make(mapping, ["a"], [], ["a.wav"], **options)
    assert "\n" not in str(caught.value)


def test_ids_of_something_else_are_refused(make):
    with pytest.raises(ValueError, match="train_ids.pkl must hold a list"):
        make({"a": "x"}, {"a": 1}, [], ["a.wav"])
    with pytest.raises(ValueError, match="val_ids.pkl: a name.*float"):
        make({"a": "x"}, ["a"], [0.5], ["a.wav"])
    with pytest.raises(ValueError, match="one split only.*'a.mp3'"):
        make({"a.mp3": "x"}, ["a"], ["a.mp3"], ["a.wav"])


def test_code_in_a_pickle_is_refused_by_name(make):
    for place in range(3):
        values = [{"a": "x"}, ["a"], []]
        values[place] = b"cposix\nsystem\n(S'exit 1'\ntR."
        with pytest.raises(ValueError, match="posix.system"):
            make(*values, ["a.wav"])


def test_nothing_found_is_an_error(make, tmp_path):
    with pytest.raises(
        FileNotFoundError, match="None of 1 recording of .*--audio.*is a: miss"
    ):
        make({"a": "x"}, ["a"], [], ["b.wav"])
    with pytest.raises(FileNotFoundError):
        lists.read_pickles(
            tmp_path / "no.pkl", "t.pkl", "v.pkl", tmp_path / "audio"
        )


def test_recordings_without_tags_are_counted(make, caplog):
    with caplog.at_level(logging.WARNING):
        make({"a": [], "b": "x"}, ["a"], ["b"], ["a.wav", "b.wav"])
    assert "1 of the 2 recordings" in caplog.text


def test_an_id_that_is_there_twice_counts_once(make):
    read = make({"a": "x"}, ["a", "a"], [], ["a.wav"])
    assert len(read.recordings) == 1
