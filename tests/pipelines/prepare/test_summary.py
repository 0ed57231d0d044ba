import dataclasses
import pathlib
import shlex

from made_manifest import make_manifest, make_track

from pipelines import splits
from pipelines.prepare import rejected, summary


def data_set(rows):
    """A manifest of (split, artist, tags, audio) rows, an hour each."""
    tracks = tuple(
        make_track(
            str(i),
            split=split,
            artist=artist,
            tags=names,
            samples=3_600_000,
            audio_hash=audio_hash,
        )
        for i, (split, artist, names, audio_hash) in enumerate(rows)
    )
    return make_manifest(
        pathlib.Path("data/mine"),
        tracks,
        sample_rate_hz=1_000,
        audit=splits.audit(tracks) | {"splits": "as given"},
    )


def lines(text):
    return {line[:12].strip(): line[14:] for line in text.splitlines()}


def test_a_clean_data_set():
    prepared = data_set(
        [
            ("train", "A", ("jazz", "rock"), "1"),
            ("train", "B", ("jazz",), "2"),
            ("validation", "C", ("rock", "jazz"), "3"),
            ("validation", "c ", ("rock", "jazz"), "4"),
        ]
    )
    text = summary.summarize(prepared, [])
    found = lines(text)
    assert text.startswith("4 recordings, 4.0 h, in data/mine\n")
    assert found["tags"] == "2, on 3 to 4 recordings, 1.8 per recording"
    assert found["splits"] == (
        "2 train, 2 validation, as given; every tag in each of them"
    )
    assert found["artists"] == "3; none in two splits"
    assert found["duplicates"] == "none"
    assert found["rejected"] == "none"
    assert text.endswith(
        "Next: python -m experiments.run_baseline --data data/mine\n"
    )


def test_what_is_wrong_is_said():
    prepared = data_set(
        [
            ("train", "A", ("jazz",), "1"),
            ("validation", "A", (), "1"),
            ("validation", "", ("polka",), "2"),
        ]
    )
    lost = [
        rejected.Rejected("a", "silent"),
        rejected.Rejected("b", "not listed"),
    ]
    found = lines(summary.summarize(prepared, lost))
    assert found["tags"].endswith(
        "kept without any of these: 2 recordings (1 without any tag)"
    )
    assert "train lacks 1 tag (rock)" in found["splits"]
    assert "validation lacks 2 tags (jazz, rock)" in found["splits"]
    assert "and 1 recording without;" in found["artists"]
    assert "LEAK: 1 in two splits (A)" in found["artists"]
    assert "LEAK: 1 in two splits" in found["duplicates"]
    assert found["rejected"].startswith(
        "1 of 4 (1 silent); left out: 1 not listed: see"
    )


def test_unknown_artists_and_duplicates_within_a_split():
    prepared = data_set([("train", "", ("rock",), "1")] * 2)
    found = lines(summary.summarize(prepared, []))
    assert found["artists"].startswith("unknown")
    assert "2 recordings share 1 piece of audio" in found["duplicates"]
    assert "LEAK" not in str(found)


def test_the_next_command_can_be_pasted():
    folder = pathlib.Path("my data's copy")
    made = data_set([("train", "A", ("jazz",), "1")])
    made = dataclasses.replace(made, folder=folder)
    *_, line = summary.summarize(made, []).splitlines()
    assert shlex.split(line)[-2:] == ["--data", str(folder)]
