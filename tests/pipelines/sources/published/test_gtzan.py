import collections

import chosen_data_set
import pytest

from pipelines.sources.published import gtzan


def _read(folder, *more):
    return chosen_data_set.read("--gtzan", folder, *more)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """All thousand excerpts, empty, as the archive has them."""
    folder = tmp_path_factory.mktemp("gtzan")
    for genre in gtzan.GENRES:
        (folder / "genres" / genre).mkdir(parents=True)
        for number in range(100):
            path = folder / "genres" / genre / f"{genre}.{number:05d}.au"
            path.write_bytes(b"")
    return folder


def test_the_fault_filtered_split(copy):
    read = _read(copy)
    counts = collections.Counter(r.split for r in read.recordings)
    assert counts == {"train": 443, "validation": 197, "test": 290}
    assert len({r.track_id for r in read.recordings}) == 930
    assert len(read.vocabulary) == 10
    for recording in read.recordings:
        (genre,) = recording.tags
        assert recording.path.parent.name == genre
    assert read.source["published"] == [443, 197, 290]


def test_every_excerpt_is_used_or_has_a_fault(copy):
    read = _read(copy)
    used = {r.path.stem for r in read.recordings}
    faulty = {name.split("/")[1][:-4] for name, _ in read.problems}
    assert len(faulty) == 70
    assert not used & faulty
    assert len(used | faulty) == 1_000
    assert all(why.startswith("known fault: ") for _, why in read.problems)


def test_what_a_repetition_repeats_is_in_the_split(copy):
    used = {r.path.stem for r in _read(copy).recordings}
    for genre, pairs in gtzan.REPEATED.items():
        for left_out, kept in pairs.items():
            assert f"{genre}.{left_out:05d}" not in used
            assert f"{genre}.{kept:05d}" in used
    assert gtzan.faults()["jazz/jazz.00033.wav"] == "repeats jazz.00051"


def test_a_part(copy, tmp_path):
    (tmp_path / "rock").mkdir()
    (tmp_path / "rock" / "rock.00000.wav").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match="929 of the 930.*marsyas"):
        _read(tmp_path)
    read = _read(tmp_path, "--partial")
    (recording,) = read.recordings
    assert (recording.split, recording.tags) == ("train", ("rock",))
