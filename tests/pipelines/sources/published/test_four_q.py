import csv

import chosen_data_set
import pytest

from pipelines.sources.published import four_q

COLUMNS = ("Song", "Artist", "Quadrant", "MoodsStrSplit", "GenresStr")


def write(folder, count=900):
    """A copy of as many empty excerpts, as the archive has them."""
    for quadrant in range(1, 5):
        (folder / f"Q{quadrant}").mkdir(parents=True)
    with open(folder / four_q.METADATA, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for number in range(count):
            song, quadrant = f"MT{number:010d}", f"Q{number % 4 + 1}"
            moods = "Wistful, Angst-Ridden" if number % 2 else "Wistful"
            genres = "Pop/Rock, Jazz" if number % 3 else ""
            rows.writerow([song, f"Artist {number}", quadrant, moods, genres])
            (folder / quadrant / f"{song}.mp3").write_bytes(b"")
    return folder


def _read(folder, audio, *more):
    return chosen_data_set.read("--4q", folder, "--audio", audio, *more)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return write(tmp_path_factory.mktemp("four_q"))


def test_every_excerpt_has_its_moods_and_genres(copy):
    read = _read(copy, copy)
    assert len(read.recordings) == 900
    assert read.vocabulary == ("angst-ridden", "jazz", "pop/rock", "wistful")
    both = read.recordings[1]
    assert set(both.tags) == set(read.vocabulary)
    assert (both.artist, both.split) == ("Artist 1", "")
    assert both.path == copy / "Q2" / "MT0000000001.mp3"
    assert read.recordings[0].tags == ("wistful",)


def test_a_table_of_another_length_and_missing_audio_are_named(copy, tmp_path):
    short = write(tmp_path / "short", count=899)
    with pytest.raises(ValueError, match="899.*mir.dei.uc.pt"):
        _read(short, short)
    assert len(_read(short, short, "--partial").recordings) == 899
    with pytest.raises(FileNotFoundError, match="1 of the 900"):
        _read(copy, short)
    with pytest.raises(FileNotFoundError, match=four_q.METADATA):
        _read(tmp_path, copy)


def test_a_table_with_other_columns_is_refused(tmp_path):
    (tmp_path / four_q.METADATA).write_text("Song,Artist\nx,y\n")
    with pytest.raises(ValueError, match="must have the columns.*Received"):
        _read(tmp_path, tmp_path)


def test_empty_rows_are_passed_over_and_short_ones_refused(copy, tmp_path):
    table = b"\xef\xbb\xbf" + (copy / four_q.METADATA).read_bytes()
    (tmp_path / four_q.METADATA).write_bytes(table + b"\r\n,,,,\r\n")
    assert len(_read(tmp_path, copy).recordings) == 900
    (tmp_path / four_q.METADATA).write_bytes(table + b"MT1,Someone\r\n")
    with pytest.raises(ValueError, match="line 902.*5 cells.*'Someone', None"):
        _read(tmp_path, copy)


def test_a_name_that_is_no_utf_8_loses_no_row(copy, tmp_path):
    table = (copy / four_q.METADATA).read_bytes()
    changed = table.replace(b"Artist 7,", b"Art\xefst 7,")
    (tmp_path / four_q.METADATA).write_bytes(changed)
    assert len(_read(tmp_path, copy).recordings) == 900
