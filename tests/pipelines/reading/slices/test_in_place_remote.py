"""What is read in place from a bucket: its samples and its requests."""

import numpy as np
import pytest
import soundfile
import trap_audio

from pipelines import manifest as manifests
from pipelines.prepare import command
from pipelines.reading import slice_reader
from tftag.cli import command_line
from tftag.storage.remote import address as addresses
from tftag.storage.remote import transfers

PLACE = addresses.Address("s3://music/songs/a.flac")
CLIP = 8_000
KINDS = ("flac", "mp3", "ogg", "wav24")


def prepared(table, out, *more):
    arguments = ["--table", str(table), "--out", str(out), "--split", "1/1"]
    arguments += ["--processes", "1", "--in-place", *map(str, more)]
    assert command_line.run(command.main, arguments) == 0
    return manifests.read_manifest(out)


def test_a_bucket_is_read_in_place_as_a_folder_is(kept_here, door, tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    lines = ["path,tags"]
    for number, kind in enumerate(KINDS):
        name = f"{number} {kind}.{trap_audio.suffix(kind)}"
        wave = trap_audio.bursts(2, 22_050, seed=number)
        trap_audio.write(folder / name, wave, 22_050, kind)
        transfers.put_file(folder / name, PLACE.parent / name)
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
    door.sent_bytes.clear()
    for _ in range(2):
        reader = slice_reader.SliceReader(there, CLIP, max_lost_share=0.5)
        clips, rows_used = reader.read(rows, starts)
        np.testing.assert_array_equal(clips, expected)
        assert rows_used.tolist() == rows
    # Two clips of one recording may have asked for it at once.
    files = sum(track.file_bytes for track in there.tracks)
    most = files + there.tracks[0].file_bytes
    assert files <= door.body_bytes("/songs/") <= most

    kept_here.rename(tmp_path / "moved")
    transfers.remove(PLACE.parent / "1 mp3.mp3")
    _, rows_used = reader.read([1], [0])
    assert rows_used.tolist() == [2]
    assert reader.lost == {f"{PLACE.parent}/1 mp3.mp3": "it is not there"}
    with pytest.raises(FileNotFoundError, match="1 of 4.*s3://.*1 mp3.mp3"):
        manifests.read_manifest(tmp_path / "there")


def test_an_address_with_a_secret_is_not_written_down(door, tmp_path, caplog):
    for name, end in (("b.wav", 0.9), ("c.wav", -0.9)):
        wave = np.linspace(0, end, 999)
        soundfile.write(tmp_path / name, wave, 16_000)
        door.store(name, (tmp_path / name).read_bytes())
    rows = [
        f"{door.url}/music/b.wav?X-Amz-Signature=5ecret,x",
        f"{door.url}/music/c.wav,x",
    ]
    table = tmp_path / "t.csv"
    table.write_text("\n".join(["path,tags", *rows]) + "\n")
    made = prepared(table, tmp_path / "out")
    assert sorted(t.codec for t in made.tracks) == ["prepared", "wav/pcm_16"]
    assert "not left in place: its address has a password" in caplog.text
    for path in (tmp_path / "out").rglob("*"):
        assert path.is_dir() or b"5ecret" not in path.read_bytes()
