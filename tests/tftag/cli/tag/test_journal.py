import os

import full_disk
import pytest

from tftag.cli.tag import journal

ENTRIES = [journal.Entry(None, [["jazz", 0.5, True], ["été", 0.25, False]])]
KEYS = [f"{number:032x}" for number in range(1, 30)]
# Differs from the first behind what is looked up by.
TWIN = KEYS[0][:16] + "f" * 16


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tags.csv.journal"


def filled(path, keys=KEYS, made_by="a model"):
    with journal.opened(path, made_by) as notes:
        for key in keys:
            notes.add(key, ENTRIES)


def test_what_was_noted_is_found_again(path):
    filled(path)
    with journal.opened(path, "a model") as notes:
        assert notes.lines == len(KEYS)
        assert all(notes.find(key) == ENTRIES for key in KEYS)
        assert notes.find("f" * 32) is notes.find(TWIN) is None
        timeline = [journal.Entry(0.5, []), journal.Entry(1.0, [])]
        notes.add(TWIN, timeline)
        notes.refresh()
        assert notes.find(KEYS[3]) == ENTRIES


def test_cut_at_any_byte_it_goes_on(path):
    filled(path, KEYS[:2])
    whole = path.read_bytes()
    ends = [i + 1 for i in range(len(whole)) if whole[i] == ord("\n")]
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        finished = sum(end <= size for end in ends[1:])
        with journal.opened(path, "a model") as notes:
            assert [notes.find(key) for key in KEYS[:2]] == [
                *[ENTRIES] * finished,
                *[None] * (2 - finished),
            ]
            for key in KEYS[finished:2]:
                notes.add(key, ENTRIES)
        assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "line",
    [b"\0" * 40, b"{}", b'{"key": 7, "entries": []}', b"[" * 100_000]
    + [b'{"key": "zz", "entries": [[1]]}', b"\xff\xfe"],
)
def test_damage_costs_a_line_alone(path, line):
    filled(path, KEYS[:2])
    first, second, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + line + b"\n" + third)
    with journal.opened(path, "a model") as notes:
        assert notes.find(KEYS[0]) is None
        assert notes.find(KEYS[1]) == ENTRIES


def test_another_model_begins_anew(path):
    filled(path)
    with journal.opened(path, "another model") as notes:
        assert notes.lines == 0
    with journal.opened(path, "a model") as notes:
        assert notes.lines == 0


def test_no_shard_takes_the_place_of_another(path):
    filled(path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="its own for each shard.*2/3"):
        with journal.opened(path, "a model", "2/3"):
            pytest.fail("opened")
    assert path.read_bytes() == before


def test_what_another_version_noted_stays(path):
    filled(path)
    before = path.read_bytes().replace(b'journal": 1', b'journal": 2')
    path.write_bytes(before)
    with pytest.raises(ValueError, match="the one that noted it.*format 2"):
        filled(path)
    assert path.read_bytes() == before


def test_nothing_else_is_written_over(path, tmp_path):
    path.write_bytes(b"precious")
    with pytest.raises(ValueError, match="another file"):
        filled(path)
    assert path.read_bytes() == b"precious"
    path.unlink()
    path.symlink_to(tmp_path / "precious")
    with pytest.raises(ValueError, match="a link"):
        filled(path)
    assert not (tmp_path / "precious").exists()
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ValueError, match="which is no file"):
        filled(path)


def test_one_process_at_a_time(path):
    with journal.opened(path, "a model"):
        with pytest.raises(ValueError, match="Another process"):
            filled(path)


def test_stale_lines_go_once_they_are_most(path, monkeypatch):
    monkeypatch.setattr(journal, "_SPARE_LINES", 0)
    filled(path)
    with journal.opened(path, "a model") as notes:
        notes.forget_all_but(iter(KEYS), len(KEYS))
    with journal.opened(path, "a model") as notes:
        assert notes.lines == len(KEYS)
        notes.forget_all_but(iter(KEYS[:5]), 5)
    with journal.opened(path, "a model") as notes:
        assert notes.lines == 5
        assert all(notes.find(key) == ENTRIES for key in KEYS[:5])


def test_a_key_changes_with_the_file(tmp_path):
    song = tmp_path / "a.wav"
    song.write_bytes(b"1")
    keys = [journal.key(song)]
    assert journal.key(song) == keys[0]
    os.utime(song, ns=(1, 1))
    keys.append(journal.key(song))
    song.write_bytes(b"22")
    os.utime(song, ns=(1, 1))
    keys.append(journal.key(song))
    keys.append(journal.key(song.rename(tmp_path / "b.wav")))
    assert len(set(keys)) == 4
    with pytest.raises(FileNotFoundError):
        journal.key(song)


def test_a_full_disk_is_told_by_the_name_of_the_journal(tmp_path):
    path = tmp_path / "j"
    with full_disk.taking(), pytest.raises(OSError) as raised:
        with journal.opened(path, "m"):
            pass
    assert raised.value.filename == str(path)
    with pytest.raises(OSError) as raised, journal.opened(path, "m") as notes:
        with full_disk.taking(path.stat().st_size):
            notes.add("0" * 32, [])
    assert raised.value.filename == str(path)
    with journal.opened(path, "m") as notes:
        notes.add("0" * 32, [])
