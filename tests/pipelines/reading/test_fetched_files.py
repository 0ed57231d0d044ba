"""What is read in place from a bucket: its samples, requests and room."""

import logging

import numpy as np
import pytest
import soundfile
import trap_audio

from pipelines import manifest as manifests
from pipelines.prepare import command
from pipelines.reading import fetched_files, slice_reader
from tftag.cli import command_line
from tftag.files.remote import address as addresses
from tftag.files.remote import remote, retries

PLACE = addresses.Address("s3://music/songs/a.flac")
CLIP = 8_000
KINDS = ("flac", "mp3", "ogg", "wav24")


@pytest.fixture
def stored(door, tmp_path, monkeypatch):
    monkeypatch.setenv("TFTAG_CACHE", str(tmp_path / "cache"))
    (tmp_path / "a").write_bytes(b"abc")
    remote.put_file(tmp_path / "a", PLACE)
    door.sent_bytes.clear()
    return door


def read(files, size=3, known_as="a", place=PLACE):
    with files.here(place, size, known_as) as path:
        assert path.suffix == ".flac"
        return path, path.read_bytes()


def test_a_file_is_fetched_once_and_kept_for_later_runs(stored):
    for _ in range(2):
        files = fetched_files.FetchedFiles()
        kept, content = read(files)
        assert content == b"abc" and kept.exists()
    assert stored.body_bytes("a.flac") == 3
    kept.unlink()  # as a person may
    assert read(files) == (kept, b"abc")
    read(files, known_as="other audio")
    assert stored.body_bytes("a.flac") == 9


def test_what_finds_no_room_is_fetched_each_time_and_told_once(
    stored, monkeypatch, caplog, tmp_path
):
    monkeypatch.setenv(fetched_files.LIMIT_VARIABLE, "4e-9")
    remote.put_file(tmp_path / "a", PLACE.parent / "b.flac")
    for _ in range(2):
        files = fetched_files.FetchedFiles()
        kept, _ = read(files)
        stored.sent_bytes.clear()
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            for _ in range(2):
                path, content = read(files, place=PLACE.parent / "b.flac")
                assert content == b"abc" and not path.exists()
                assert read(files) == (kept, b"abc")
        assert stored.body_bytes("b.flac") == 6
        assert stored.body_bytes("a.flac") == 0
        (record,) = caplog.records
        assert "TFTAG_AUDIO_CACHE_GB=4e-09" in record.getMessage()
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_what_another_process_writes_meanwhile_may_be_gone(stored, tmp_path):
    folder = tmp_path / "cache" / "recordings"
    folder.mkdir(parents=True)
    (folder / "listed").symlink_to(folder / "renamed")
    assert read(fetched_files.FetchedFiles())[1] == b"abc"


def test_a_file_that_is_another_by_now_is_not_kept(stored, tmp_path):
    files = fetched_files.FetchedFiles()
    with pytest.raises(OSError, match="3 bytes where the manifest says 4"):
        read(files, size=4)
    with pytest.raises(retries.RemoteError, match="not there"):
        read(files, place=PLACE.parent / "gone.flac")
    assert not [*(tmp_path / "cache" / "recordings").iterdir()]


@pytest.mark.parametrize("text", ["much", "-1", "nan", "inf"])
def test_a_limit_that_is_none_is_refused(monkeypatch, text):
    monkeypatch.setenv(fetched_files.LIMIT_VARIABLE, text)
    with pytest.raises(ValueError, match=f"gigabytes.*Received: {text}"):
        fetched_files.FetchedFiles()


def prepared(table, out, *more):
    arguments = ["--table", str(table), "--out", str(out), "--split", "1/1"]
    arguments += ["--processes", "1", "--in-place", *map(str, more)]
    assert command_line.run(command.main, arguments) == 0
    return manifests.read_manifest(out)


def test_a_bucket_is_read_in_place_as_a_folder_is(stored, tmp_path, caplog):
    folder = tmp_path / "music"
    folder.mkdir()
    lines = ["path,tags"]
    for number, kind in enumerate(KINDS):
        name = f"{number} {kind}.{trap_audio.suffix(kind)}"
        wave = trap_audio.bursts(2, 22_050, seed=number)
        trap_audio.write(folder / name, wave, 22_050, kind)
        remote.put_file(folder / name, PLACE.parent / name)
        lines.append(f"{name},x")
    (folder / "tags.csv").write_text("\n".join(lines) + "\n")
    here = prepared(folder / "tags.csv", tmp_path / "here")
    there = prepared(
        *(folder / "tags.csv", tmp_path / "there"),
        *("--audio", PLACE.parent),
    )
    assert there.fingerprint == here.fingerprint and there.has_addresses
    assert str(there.wav_path(there.tracks[0])) == f"{PLACE.parent}/0 flac.flac"
    rows, starts = [0, 1, 2, 3, 0], [9, 700, 20_000, 14_001, 5_000]
    expected, _ = slice_reader.SliceReader(here, CLIP).read(rows, starts)
    stored.sent_bytes.clear()
    for _ in range(2):
        reader = slice_reader.SliceReader(there, CLIP, max_lost_share=0.5)
        clips, rows_used = reader.read(rows, starts)
        np.testing.assert_array_equal(clips, expected)
        assert rows_used.tolist() == rows
    # Two clips of one recording may have asked for it at once.
    files = sum(track.file_bytes for track in there.tracks)
    most = files + there.tracks[0].file_bytes
    assert files <= stored.body_bytes("/songs/") <= most

    fetched_files.cache.folder().rename(tmp_path / "moved")
    remote.remove(PLACE.parent / "1 mp3.mp3")
    _, rows_used = reader.read([1], [0])
    assert rows_used.tolist() == [2]
    assert reader.lost == {f"{PLACE.parent}/1 mp3.mp3": "it is not there"}
    with pytest.raises(FileNotFoundError, match="1 of 4.*s3://.*1 mp3.mp3"):
        manifests.read_manifest(tmp_path / "there")


def test_an_address_with_a_secret_is_not_written_down(stored, tmp_path, caplog):
    for name, end in (("b.wav", 0.9), ("c.wav", -0.9)):
        wave = np.linspace(0, end, 999)
        soundfile.write(tmp_path / name, wave, 16_000)
        stored.store(name, (tmp_path / name).read_bytes())
    rows = [
        f"{stored.url}/music/b.wav?X-Amz-Signature=5ecret,x",
        f"{stored.url}/music/c.wav,x",
    ]
    table = tmp_path / "t.csv"
    table.write_text("\n".join(["path,tags", *rows]) + "\n")
    made = prepared(table, tmp_path / "out")
    assert sorted(t.codec for t in made.tracks) == ["prepared", "wav/pcm_16"]
    assert "not left in place: its address has a password" in caplog.text
    for path in (tmp_path / "out").rglob("*"):
        assert path.is_dir() or b"5ecret" not in path.read_bytes()
