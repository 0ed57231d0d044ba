"""Tracks, files and places that a manifest can have."""

import pathlib

import pytest
from made_manifest import make_track

from pipelines import manifest
from pipelines.manifest import checks
from tftag.storage.remote import address

TRACK = make_track()
IN_PLACE = {"codec": "flac/pcm_16", "source_rate_hz": 44_100}


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ([], "at least one"),
        ([TRACK, TRACK], "twice"),
        ([TRACK, make_track("b", path=TRACK.path)], "shares the file"),
        ([make_track(split="dev")], "'dev'"),
        ([make_track(samples=0)], "0 samples"),
        ([make_track(peak=0.0)], "the peak 0.0"),
        ([make_track(peak=float("nan"))], "the peak nan"),
        ([make_track(peak=float("inf"))], "the peak inf"),
        ([make_track(path="/a.wav")], "outside"),
        ([make_track(path="../a.wav")], "outside"),
        ([make_track(path="s3://bucket/a.wav")], "outside"),
        ([make_track(codec="flac/pcm_16")], "0 Hz"),
        ([make_track(source_rate_hz=44_100)], "44100 Hz"),
        ([make_track(tags=("",))], "empty tag"),
    ],
)
def test_tracks_that_cannot_be_are_refused(bad, said):
    with pytest.raises(ValueError, match=said):
        checks.check_tracks(
            manifest.Tracks.of(bad), pathlib.Path("manifest.csv")
        )


def test_audio_that_was_not_converted_may_lie_anywhere():
    for path in ("/music/a.flac", "s3://bucket/a.flac"):
        lying = make_track("b", path=path, **IN_PLACE)
        tracks = manifest.Tracks.of([TRACK, lying])
        checks.check_tracks(tracks, pathlib.Path("x"))


def test_in_a_bucket_all_audio_is_converted():
    bucket = address.Address("s3://bucket/data")
    checks.check_place(bucket, manifest.Tracks.of([TRACK]))
    checks.check_place(
        pathlib.Path("data"), manifest.Tracks.of([make_track(**IN_PLACE)])
    )
    with pytest.raises(ValueError, match="1 of 2 recordings in place"):
        checks.check_place(
            bucket, manifest.Tracks.of([TRACK, make_track(**IN_PLACE)])
        )
