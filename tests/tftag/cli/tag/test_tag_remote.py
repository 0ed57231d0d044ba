"""`tftag tag` on a bucket: the rows of the folder, under its addresses."""

import csv

import pytest
import soundfile
import tftag_command
import tiny_tagger

from tftag.storage.remote import address as addresses
from tftag.storage.remote import transfers

RATE = tiny_tagger.SPEC.sample_rate_hz
FOLDER = addresses.Address("s3://music/songs")


pytestmark = pytest.mark.usefixtures("in_this_process")


@pytest.fixture
def songs(door, tmp_path):
    names = [f"{number}.flac" for number in range(3)]
    folder = tiny_tagger.write_songs(tmp_path / "songs", names, RATE // 4)
    for name in names:
        transfers.put_file(folder / name, FOLDER / name)
    return folder


def run(*argv):
    return tftag_command.run("tag", *argv)


def rows(path, folder):
    with open(path, newline="") as file:
        found = list(csv.reader(file))
    return [[row[0].replace(str(folder), "F"), *row[1:]] for row in found]


def test_a_bucket_is_tagged_as_its_folder_is(songs, door, tmp_path, capsys):
    local, out = tmp_path / "local.csv", tmp_path / "remote.csv"
    assert run(songs, "--out", local) == 0
    assert run(FOLDER, "--out", out) == 0
    assert rows(out, FOLDER) == rows(local, songs)
    # Only what is new or another version is fetched again.
    soundfile.write(songs / "1.flac", tiny_tagger.music(RATE, 9) / 8, RATE)
    transfers.put_file(songs / "1.flac", FOLDER / "1.flac")
    door.sent_bytes.clear()
    assert run(songs, "--out", local) == run(FOLDER, "--out", out) == 0
    assert rows(out, FOLDER) == rows(local, songs)
    assert door.body_bytes("/1.flac") >= (songs / "1.flac").stat().st_size
    assert not door.body_bytes("/0.flac") and not door.body_bytes("/2.flac")
    capsys.readouterr()
    assert run(FOLDER, "--format", "csv") == 0
    (tmp_path / "said.csv").write_text(capsys.readouterr().out)
    assert rows(tmp_path / "said.csv", FOLDER) == rows(out, FOLDER)


def test_what_a_server_does_not_give_is_named_and_tried_again(
    songs, door, tmp_path, capsys
):
    out = tmp_path / "remote.csv"
    door.fail(503, 99, "GET", "/1.flac")
    assert run(FOLDER, "--out", out) == 1
    assert "not tagged: s3://music/songs/1.flac: " in capsys.readouterr().err
    door.mend()
    assert run(FOLDER, "--out", out) == 0
    assert {row[0] for row in rows(out, FOLDER)[1:]} == {
        f"F/{number}.flac" for number in range(3)
    }


@pytest.mark.parametrize("flag", ["--write-tags", "--m3u"])
def test_what_writes_into_files_needs_them_here(tmp_path, capsys, flag):
    assert run(FOLDER, flag, tmp_path / "x") == 2
    said = capsys.readouterr().err
    assert "copy them here first. Received: s3://music/songs" in said
