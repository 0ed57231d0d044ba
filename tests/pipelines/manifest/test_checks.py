"""Tracks, files and places that a manifest can have."""

import dataclasses
import pathlib

import pytest

from pipelines import manifest
from pipelines.manifest import checks
from tftag.storage.remote import address

TRACK = manifest.Track(
    track_id="a",
    path="wav/a.wav",
    split="train",
    artist="",
    tags=("x",),
    samples=10,
    peak=1.0,
    data_offset=44,
    file_bytes=64,
    audio_hash="h",
)
IN_PLACE = {"codec": "flac/pcm_16", "source_rate_hz": 44_100}


def changed(**values):
    return dataclasses.replace(TRACK, **values)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ([], "at least one"),
        ([TRACK, TRACK], "twice"),
        ([TRACK, changed(track_id="b")], "shares the file"),
        ([changed(split="dev")], "'dev'"),
        ([changed(samples=0)], "0 samples"),
        ([changed(peak=0.0)], "the peak 0.0"),
        ([changed(peak=float("nan"))], "the peak nan"),
        ([changed(peak=float("inf"))], "the peak inf"),
        ([changed(path="/a.wav")], "outside"),
        ([changed(path="../a.wav")], "outside"),
        ([changed(path="s3://bucket/a.wav")], "outside"),
        ([changed(codec="flac/pcm_16")], "0 Hz"),
        ([changed(source_rate_hz=44_100)], "44100 Hz"),
        ([changed(tags=("",))], "empty tag"),
    ],
)
def test_tracks_that_cannot_be_are_refused(bad, said):
    with pytest.raises(ValueError, match=said):
        checks.check_tracks(
            manifest.Tracks.of(bad), pathlib.Path("manifest.csv")
        )


def test_audio_that_was_not_converted_may_lie_anywhere():
    for path in ("/music/a.flac", "s3://bucket/a.flac"):
        lying = changed(track_id="b", path=path, **IN_PLACE)
        tracks = manifest.Tracks.of([TRACK, lying])
        checks.check_tracks(tracks, pathlib.Path("x"))


def test_in_a_bucket_all_audio_is_converted():
    bucket = address.Address("s3://bucket/data")
    checks.check_place(bucket, manifest.Tracks.of([TRACK]))
    checks.check_place(
        pathlib.Path("data"), manifest.Tracks.of([changed(**IN_PLACE)])
    )
    with pytest.raises(ValueError, match="1 of 2 recordings in place"):
        checks.check_place(
            bucket, manifest.Tracks.of([TRACK, changed(**IN_PLACE)])
        )


def test_files_must_be_there_and_whole(tmp_path):
    with pytest.raises(FileNotFoundError, match="1 of 1 files"):
        checks.check_files(tmp_path, manifest.Tracks.of([TRACK]))
    (tmp_path / "wav").mkdir()
    (tmp_path / "wav" / "a.wav").write_bytes(bytes(63))
    with pytest.raises(ValueError, match="63 of 64"):
        checks.check_files(tmp_path, manifest.Tracks.of([TRACK]))
    (tmp_path / "wav" / "a.wav").write_bytes(bytes(64))
    checks.check_files(tmp_path, manifest.Tracks.of([TRACK]))
