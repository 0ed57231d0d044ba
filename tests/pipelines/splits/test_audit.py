import pathlib

import numpy as np
import pytest
from made_manifest import make_track

from pipelines import splits
from pipelines.sources import listings


def track(track_id, split, artist="", audio_hash=None):
    return make_track(
        track_id,
        split=split,
        artist=artist,
        audio_hash=audio_hash or track_id,
    )


def test_shared_artists_are_known_before_their_audio():
    recordings = [
        listings.SourceRecording("a", pathlib.Path("a"), (), "Ann", "train"),
        listings.SourceRecording("b", pathlib.Path("b"), (), " ANN ", "test"),
        listings.SourceRecording("c", pathlib.Path("c"), (), "Bob", "test"),
        listings.SourceRecording("d", pathlib.Path("d"), (), "", "train"),
        listings.SourceRecording("e", pathlib.Path("e"), (), "", "test"),
    ]
    assert splits.shared_artists(recordings) == (["Ann"], 2)
    assert splits.shared_artists(recordings[2:]) == ([], 0)


def test_audit_finds_what_crosses_and_nothing_else():
    tracks = [
        track("1", "train", "A"),
        track("2", "train", "A", "equal"),
        track("3", "train", "B", "equal"),
        track("4", "validation", "a "),
        track("5", "validation", "C", "other"),
        track("6", "test", "D", "other"),
    ]
    found = splits.audit(tracks)
    assert found == {
        "artists": "checked",
        "without_artist": 0,
        "shared_artists": ["A"],
        "recordings_of_shared_artists": 3,
        "shared_audio": [["5", "6"]],
        "duplicates": 2,
        "leaks": True,
    }


def test_audit_says_what_it_cannot_know():
    unknown = splits.audit([track("1", "train"), track("2", "test")])
    assert unknown["artists"] == "unknown"
    assert unknown["without_artist"] == 2
    assert not unknown["leaks"]
    partly = splits.audit([track("1", "train", "A"), track("2", "test")])
    assert partly["artists"] == "partly known"


@pytest.mark.parametrize("seed", range(3))
def test_our_splits_pass_the_audit(seed):
    rng = np.random.default_rng(seed)
    artists = [f"artist {i}" for i in rng.integers(90, size=300)]
    labels = rng.random((300, 25)) < 0.1
    hashes = [str(i) for i in rng.integers(250, size=300)]
    sides = splits.assign_splits(artists, labels, (8, 1, 1), seed, hashes)
    tracks = [
        track(str(i), *row)
        for i, row in enumerate(zip(sides, artists, hashes, strict=True))
    ]
    assert not splits.audit(tracks)["leaks"]
