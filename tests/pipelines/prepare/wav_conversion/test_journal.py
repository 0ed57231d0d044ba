import os

import pytest

from pipelines.prepare.wav_conversion import journal

ANSWER = {"samples": 3, "peak": 0.1, "final": True}


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "a.mp3"
    path.write_bytes(b"12345")
    return str(path)


def note(folder, source, answer=ANSWER, made_by="me"):
    notes = journal.Journal(folder, made_by)
    notes.add("a", notes.key(source), answer)
    notes.close()


def find(folder, source, made_by="me"):
    notes = journal.Journal(folder, made_by)
    found = notes.find("a", notes.key(source))
    notes.close()
    return found


def test_what_was_noted_is_found_again(tmp_path, source):
    assert find(tmp_path, source) is None
    note(tmp_path, source)
    assert find(tmp_path, source) == ANSWER
    assert find(tmp_path, source, made_by="another version") is None
    assert find(tmp_path, source) == ANSWER


def test_the_last_note_counts_and_the_file_does_not_grow(tmp_path, source):
    for samples in range(5):
        note(tmp_path, source, ANSWER | {"samples": samples})
    assert find(tmp_path, source)["samples"] == 4
    assert (tmp_path / journal.NAME).read_text().count("\n") == 1


def test_another_size_or_time_of_the_source_is_another_source(tmp_path, source):
    note(tmp_path, source)
    facts = os.stat(source)
    os.utime(source, ns=(facts.st_atime_ns, facts.st_mtime_ns + 1))
    assert find(tmp_path, source) is None
    os.utime(source, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert find(tmp_path, source) == ANSWER
    with open(source, "ab") as file:
        file.write(b"6")
    os.utime(source, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert find(tmp_path, source) is None


def test_a_cut_line_costs_that_line_alone(tmp_path, source):
    note(tmp_path, source)
    path = tmp_path / journal.NAME
    whole = path.read_bytes()
    for end in range(len(whole) - 1):
        path.write_bytes(whole + whole.replace(b'"a"', b'"b"')[:end])
        assert find(tmp_path, source) == ANSWER
    path.write_bytes(b"\xff\x00[]\n3\n{}\n" + whole)
    assert find(tmp_path, source) == ANSWER


def test_only_one_at_a_time(tmp_path):
    notes = journal.Journal(tmp_path, "me")
    with pytest.raises(ValueError, match="Another process"):
        journal.Journal(tmp_path, "me")
    notes.close()
    journal.Journal(tmp_path, "me").close()


def test_a_full_disk_is_named_and_gives_the_folder_free(tmp_path, source):
    notes = journal.Journal(tmp_path, "me")
    notes._file.close()
    notes._file = open("/dev/full", "a")
    with pytest.raises(OSError, match="No space left.*full"):
        notes.add("a", notes.key(source), ANSWER)
    notes.close()
    note(tmp_path, source)
