"""Audio at an address as the source of a preparation."""

import csv
import json
import logging

import numpy as np
import pytest
import soundfile

from pipelines import manifest as manifests
from pipelines.inspect import command as inspect_command
from pipelines.prepare import command
from pipelines.prepare.wav_conversion import convert_worker, journal
from pipelines.sources.own_table import folder, remote_audio
from tftag import audio
from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing, transfers

RATE_HZ = 8_000
MUSIC = addresses.Address("s3://music/all")


def tone(path, hz, seconds=0.5):
    time = np.arange(round(RATE_HZ * seconds)) / RATE_HZ
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * hz * time), RATE_HZ)
    return path


@pytest.fixture
def stored(door, tmp_path):
    """Six tones, a picture, a copy of a Mac and a prepared set in a bucket."""
    names = ["rock/a b.wav", "rock/b.flac", "c.wav", "d.wav", "e.wav", "f.wav"]
    for number, name in enumerate(names):
        path = tone(
            tmp_path / f"x.{name[-3:]}".replace("lac", "flac"),
            300 + 100 * number,
        )
        transfers.put_file(path, MUSIC / name)
        (tmp_path / "sources").mkdir(exist_ok=True)
        path.rename(tmp_path / "sources" / name.replace("/", "__"))
    (tmp_path / "y").write_bytes(b"x")
    for name in (
        "cover.jpg",
        "._c.wav",
        "done/manifest.json",
        "done/wav/a.wav",
    ):
        transfers.put_file(tmp_path / "y", MUSIC / name)
    door.requests.clear()
    return door


def table(tmp_path, *paths):
    path = tmp_path / "tags.csv"
    rows = [f'"{name}",x' for name in paths]
    path.write_text("\n".join(["path,tags", *rows, ""]))
    return path


ALL = ("rock/a b.wav", "rock/b.flac", "c.wav", "d.wav", "e.wav", "f.wav")


def prepared(tmp_path, paths=ALL, *more):
    """What is made of a table of these paths, which start in the bucket."""
    out = tmp_path / "out"
    places = ("--table", table(tmp_path, *paths), "--audio", MUSIC)
    how = ("--out", out, "--sample-rate-hz", RATE_HZ, "--processes", 1)
    assert command.main([*map(str, (*places, *how, *more))]) == 0
    return manifests.read_manifest(out)


def test_rows_are_found_and_others_are_named(stored, tmp_path):
    path = table(tmp_path, "rock/a b.wav", "./rock/../c.wav", "gone.wav")
    read = folder.read_table(path, str(MUSIC))
    assert [r.path for r in read.recordings] == [
        MUSIC / "rock/a b.wav",
        MUSIC / "c.wav",
    ]
    assert read.recordings[1].track_id == "c"
    assert set(read.problems) == {
        ("gone.wav", "missing"),
        ("rock/b.flac", "not listed"),
        *((f"{name}.wav", "not listed") for name in "def"),
    }


def test_a_table_at_an_address_starts_from_its_folder(stored, tmp_path):
    transfers.put_file(table(tmp_path, *ALL), MUSIC / "tags.csv")
    read = folder.read_table(MUSIC / "tags.csv")
    assert [r.path for r in read.recordings] == [MUSIC / name for name in ALL]
    assert read.source["name"] == "tags" and read.problems == ()
    (tmp_path / "bad.csv").write_text("name,tags\n")
    transfers.put_file(tmp_path / "bad.csv", MUSIC / "bad.csv")
    with pytest.raises(ValueError, match="^s3://music/all/bad.csv"):
        folder.read_table(str(MUSIC / "bad.csv"))
    with pytest.raises(FileNotFoundError, match="s3://music/all/no.csv"):
        folder.read_table(str(MUSIC / "no.csv"))


def test_local_and_remote_rows_mix(stored, tmp_path):
    local = tone(tmp_path / "local.wav", 500)
    web = f"{stored.url}/music/all/d.wav?X-Amz-Signature=secret"
    read = folder.read_table(
        table(tmp_path, local, MUSIC / "c.wav", web, "e.wav"),
        str(MUSIC),
    )
    paths = [r.path for r in read.recordings]
    assert paths == [
        local,
        MUSIC / "c.wav",
        addresses.Address(web),
        MUSIC / "e.wav",
    ]
    assert len({r.track_id for r in read.recordings}) == 4
    assert not any("secret" in r.track_id for r in read.recordings)


def test_addresses_that_differ_in_their_query_alone_are_refused(
    no_waits, tmp_path
):
    rows = [f"https://127.0.0.1:9/get.mp3?id={n}&sig=secret" for n in (1, 2)]
    with pytest.raises(ValueError, match="one address.*after a") as caught:
        folder.read_table(table(tmp_path, *rows), tmp_path)
    assert "secret" not in str(caught.value)


def test_a_bucket_that_cannot_be_listed_is_still_read(stored, tmp_path, caplog):
    stored.fail(403, 1_000, path="list-type=2")
    with caplog.at_level(logging.WARNING):
        read = folder.read_table(table(tmp_path, "c.wav", "d.wav"), str(MUSIC))
    assert len(read.recordings) == 2 and read.problems == ()
    assert "403" in caplog.text
    # A web server never can, and nobody needs to be told.
    assert remote_audio.audio_files(addresses.Address("https://h/x")) == []


def test_a_preparation_equals_that_of_the_same_files_here(stored, tmp_path):
    stored.fail(503, 2, path="/c.wav")
    stored.fail("cut", 2, path="/d.wav")
    made = prepared(tmp_path)
    assert len(made.tracks) == 6
    for name, track in zip(ALL, made.tracks, strict=True):
        source = tmp_path / "sources" / name.replace("/", "__")
        expected = audio.decode_file(source, RATE_HZ)
        data = made.wav_path(track).read_bytes()[track.data_offset :]
        assert data == expected.samples.tobytes()
    left = {path.suffix for path in (tmp_path / "out" / "wav").iterdir()}
    assert left == {".wav"}  # nothing of what was fetched stays


@pytest.mark.usefixtures("converted_here")
def test_a_second_preparation_fetches_only_what_has_changed(stored, tmp_path):
    prepared(tmp_path)

    def fetched():
        gets = [p for m, p in stored.requests if m == "GET"]
        return [p.rpartition("/")[2] for p in gets if "list-type" not in p]

    stored.requests.clear()
    prepared(tmp_path)
    assert fetched() == []
    transfers.put_file(tone(tmp_path / "new.wav", 900), MUSIC / "e.wav")
    stored.requests.clear()
    prepared(tmp_path)
    assert fetched() == ["e.wav"]


# A worker is another process: its waits would be the real ones.
@pytest.mark.usefixtures("converted_here")
def test_what_cannot_be_had_is_rejected_and_asked_for_again(stored, tmp_path):
    web = f"{stored.url}/music/all/f.wav?X-Amz-Signature=secret"
    paths = (*ALL[:5], web, "cover.jpg")
    # The sizes are told; the file itself is not.
    stored.fail(503, 100_000, path="f.wav?")
    made = prepared(tmp_path, paths, "--max-rejected-share", 0.5)
    assert len(made.tracks) == 5
    with open(tmp_path / "out" / "rejected.csv") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    shown = web.partition("?")[0]
    assert rows[shown]["reason"] == "unreadable"
    assert "503" in rows[shown]["detail"]
    assert rows["cover.jpg"]["reason"] == "unsupported"
    stored.mend()
    made = prepared(tmp_path, paths, "--max-rejected-share", 0.5)
    assert len(made.tracks) == 6
    written = (path for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert not any(b"secret" in path.read_bytes() for path in written)


def test_a_name_from_outside_decides_no_path(stored, tmp_path):
    target = tmp_path / "x.part"
    for name in ("a.b%2F..%2Fc", "x.wav%00", "no-ending"):
        source = addresses.Address(f"{stored.url}/music/{name}")
        answer = convert_worker.convert(source, str(target), RATE_HZ)
        assert answer["reason"] == "unreadable" and not answer["final"]
        assert not list(tmp_path.glob("x.part*"))


def test_a_full_disk_is_an_error_also_while_fetching(stored, tmp_path):
    target = tmp_path / "gone" / "x.part"
    with pytest.raises(FileNotFoundError):
        convert_worker.convert(MUSIC / "c.wav", str(target), RATE_HZ)


@pytest.mark.usefixtures("converted_here")
def test_leftovers_of_a_killed_preparation_are_removed(stored, tmp_path):
    wav = tmp_path / "out" / "wav"
    wav.mkdir(parents=True)
    for name in (".c.1.part", ".c.1.part.fetched.wav"):
        (wav / name).write_bytes(b"x")
    prepared(tmp_path)
    assert len(list(wav.iterdir())) == 6


def test_the_journal_keeps_no_secret_and_knows_a_change(tmp_path):
    notes = journal.Journal(tmp_path, "me")
    source = addresses.Address("https://u:pw@h/a.mp3?sig=secret")
    facts = remote_listing.RemoteFile(5, "etag-1")
    notes.add("a", notes.key(source, facts), {"samples": 1})
    signed_again = addresses.Address("https://h/a.mp3?sig=other")
    assert notes.find("a", notes.key(signed_again, facts)) is None
    notes.close()
    notes = journal.Journal(tmp_path, "me")
    assert notes.find("a", notes.key(signed_again, facts)) == {"samples": 1}
    for other in (
        remote_listing.RemoteFile(6, "etag-1"),
        remote_listing.RemoteFile(5, "etag-2"),
    ):
        assert notes.find("a", notes.key(source, other)) is None
    notes.close()
    text = (tmp_path / journal.NAME).read_text()
    assert "secret" not in text and "pw" not in text
    assert json.loads(text)["key"][:3] == ["https://h/a.mp3", 5, "etag-1"]


def test_other_places_at_an_address_are_refused(no_waits, tmp_path):
    path = str(table(tmp_path, "a.wav"))
    with pytest.raises(ValueError, match="--out.*copy_up"):
        command.main(["--table", path, "--out", "s3://music/out"])
    with pytest.raises(ValueError, match="MANIFEST must be in a folder"):
        inspect_command.main(["s3://music/mine"])
