import csv
import dataclasses

import numpy as np
import pytest
import soundfile

from pipelines import manifest
from pipelines.prepare import preparation
from pipelines.sources import listings

pytestmark = pytest.mark.usefixtures("converted_here")
RATE_HZ = 8_000


def tone(folder, name, hz, seconds=0.1):
    time = np.arange(round(RATE_HZ * seconds)) / RATE_HZ
    path = folder / f"{name}.wav"
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * hz * time), RATE_HZ)
    return path


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """Twelve tones of six artists; the last two tones are equal."""
    folder = tmp_path_factory.mktemp("music")
    recordings = tuple(
        listings.SourceRecording(
            track_id=f"t{i}",
            path=tone(folder, f"t{i}", 200 + 50 * min(i, 10)),
            tags=(("jazz", "slow"), ("rock",), ("rock", "slow"))[i % 3],
            artist=f"artist {i % 6}",
        )
        for i in range(12)
    )
    return folder, listings.Listing(recordings, (), {"name": "tones"})


def prepare(music, out, **options):
    folder, listing = music
    options = preparation.Options(
        sample_rate_hz=RATE_HZ, processes=1, **options
    )
    return preparation.prepare(listing, folder, out, options)


def with_recordings(music, fields):
    """The same recordings with other `fields` of each number."""
    folder, listing = music
    changed = tuple(
        dataclasses.replace(recording, **fields(i))
        for i, recording in enumerate(listing.recordings)
    )
    return folder, dataclasses.replace(listing, recordings=changed)


@pytest.fixture(scope="module")
def prepared(music, tmp_path_factory):
    return prepare(music, tmp_path_factory.mktemp("prepared"))[0]


def test_what_is_returned_is_what_is_written(prepared):
    again = manifest.read_manifest(prepared.folder)
    assert again == prepared
    assert again.fingerprint == prepared.fingerprint
    assert prepared.vocabulary.names == ("jazz", "rock", "slow")
    assert prepared.source["name"] == "tones"
    assert "soxr" in prepared.source["made_by"]
    assert prepared.tracks[0].peak == pytest.approx(0.3, abs=0.01)


def test_own_splits_keep_artists_and_equal_audio_together(prepared):
    splits = {}
    for track in prepared.tracks:
        splits.setdefault(track.artist, set()).add(track.split)
    assert all(len(found) == 1 for found in splits.values())
    by_id = {track.track_id: track for track in prepared.tracks}
    assert by_id["t10"].split == by_id["t11"].split
    assert set(prepared.split_counts) == {"train", "validation", "test"}
    assert prepared.audit["duplicates"] == 1
    assert prepared.audit["splits"] == "by artist, seed 0"
    assert not prepared.audit["leaks"]


def test_duplicates_can_be_dropped(music, tmp_path):
    made, lost = prepare(music, tmp_path, drop_duplicates=True)
    assert len(made.tracks) == 11
    assert [entry.name for entry in lost] == ["t11.wav"]
    assert made.audit["duplicates"] == 0


def test_wavs_of_rows_that_left_are_named(music, tmp_path, caplog):
    prepare(music, tmp_path)
    assert "can be deleted" not in caplog.text
    folder, listing = music
    fewer = dataclasses.replace(listing, recordings=listing.recordings[:9])
    prepare((folder, fewer), tmp_path)
    assert "3 files in" in caplog.text
    assert "can be deleted: t10.wav, t11.wav, t9.wav" in caplog.text
    assert (tmp_path / "wav" / "t9.wav").exists()


def test_given_splits_are_kept(music, tmp_path):
    given = with_recordings(
        music, lambda i: {"split": "train" if i % 6 < 3 else "test"}
    )
    with pytest.raises(ValueError, match="--split"):
        prepare(given, tmp_path, split_weights=(1, 1))
    made, _ = prepare(given, tmp_path, drop_duplicates=True)
    for i, track in enumerate(made.tracks):
        assert track.split == ("train" if i % 6 < 3 else "test")
    assert made.audit["splits"] == "as given"
    assert not made.audit["leaks"]


def test_a_leak_is_refused_or_noted(music, tmp_path):
    leaking = with_recordings(
        music, lambda i: {"split": "train" if i < 11 else "test"}
    )
    # Before the work.
    with pytest.raises(ValueError, match="1 artist .artist 5. with 2 .*--acc"):
        prepare(leaking, tmp_path)
    assert not list(tmp_path.iterdir())
    nameless = with_recordings(leaking, lambda _: {"artist": ""})
    with pytest.raises(ValueError, match="t10 = t11.*--accept-leak"):
        prepare(nameless, tmp_path)
    assert not (tmp_path / "manifest.csv").exists()
    made, _ = prepare(leaking, tmp_path, accept_leak=True)
    audit = manifest.read_manifest(tmp_path).audit
    assert audit == made.audit
    assert audit["leaks"]
    assert audit["shared_artists"] == ["artist 5"]
    assert audit["shared_audio"] == [["t10", "t11"]]


def test_untagged_recordings_stay(music, tmp_path):
    bare = with_recordings(music, lambda i: {"tags": ()} if i == 4 else {})
    made, lost = prepare(bare, tmp_path)
    assert len(made.tracks) == 12
    assert not made.labels()[4].any()
    assert not lost


def test_vocabularies(music, tmp_path, caplog):
    made, _ = prepare(music, tmp_path, min_count=5)
    assert made.vocabulary.names == ("rock", "slow")
    made, _ = prepare(music, tmp_path, top=1)
    assert len(made.vocabulary) == 1
    made, _ = prepare(music, tmp_path, vocabulary=["slow", "polka", "jazz"])
    assert made.vocabulary.names == ("slow", "polka", "jazz")
    assert "1 of the 3 tags have no recording" in caplog.text
    assert "polka" in caplog.text
    fixed = dataclasses.replace(music[1], vocabulary=("slow", "rock"))
    made, _ = prepare((music[0], fixed), tmp_path)
    assert made.vocabulary.names == ("slow", "rock")


def test_hopeless_options_fail_before_the_work(music, tmp_path):
    for options, words in [
        (
            {"vocabulary": ["polka"]},
            "None of 1 tag .*'polka'.*jazz, rock, slow",
        ),
        ({"min_count": 100}, "100 or more"),
        ({"split_weights": (0, 1)}, "parts of a split"),
        ({"max_rejected_share": 2.0}, "between 0 and 1"),
    ]:
        with pytest.raises(ValueError, match=words):
            prepare(music, tmp_path / "out", **options)
    untagged = with_recordings(music, lambda _: {"tags": ()})
    with pytest.raises(ValueError, match="None of 12 recordings has a tag"):
        prepare(untagged, tmp_path / "out")
    with pytest.raises(ValueError, match="Hz"):
        preparation.Options(sample_rate_hz=10)
    assert not (tmp_path / "out").exists()


def test_missing_files_fail_before_the_work(music, tmp_path):
    gone = tuple((f"{i}.wav", listings.MISSING) for i in range(2))
    lacking = music[0], dataclasses.replace(music[1], problems=gone)
    with pytest.raises(ValueError, match="2 of 14 .*2 missing; .*rejected.csv"):
        prepare(lacking, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["rejected.csv"]
    made, lost = prepare(lacking, tmp_path, max_rejected_share=0.2)
    assert len(made.tracks) == 12 and len(lost) == 2


def test_bad_files_are_named_and_too_many_are_an_error(music, tmp_path):
    folder, listing = music
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(50), RATE_HZ)
    (tmp_path / "broken.mp3").write_bytes(b"nothing" * 99)
    more = dataclasses.replace(
        listing,
        recordings=(
            listings.SourceRecording("s", silent, ("rock",)),
            *listing.recordings,
            listings.SourceRecording("b", tmp_path / "broken.mp3", ("rock",)),
        ),
    )
    with pytest.raises(
        ValueError,
        match="2 of 14 .*1 silent, 1 unreadable"
        "|2 of 14 .*1 unreadable, 1 silent",
    ):
        prepare((tmp_path, more), tmp_path / "out")
    with open(tmp_path / "out" / "rejected.csv") as file:
        names = {r["name"]: r["reason"] for r in csv.DictReader(file)}
    assert names == {"silent.wav": "silent", "broken.mp3": "unreadable"}
    made, lost = prepare(
        (tmp_path, more), tmp_path / "out", max_rejected_share=0.2
    )
    assert len(made.tracks) == 12
    assert len(lost) == 2
