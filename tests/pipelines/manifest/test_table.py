import csv
import dataclasses
import hashlib
import json
import os
import time

import numpy as np
import pytest
from made_manifest import make_manifest, make_track

from pipelines import manifest
from pipelines.manifest import checks
from tftag import tags

ODD_NAMES = (
    "plain",
    'comma, "quote"',
    "line\nend",
    "return\r\nend",
    "pipe|slash\\",
    "ümläut 夜",
    " ",
)


def _make_files(made):
    for track in made.tracks:
        path = made.wav_path(track)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(track.file_bytes))


def test_it_is_read_as_it_was_written(tmp_path):
    tracks = [
        make_track(
            f"{place}", artist=name, tags=(name, "a\\|b", "|"), peak=1 / 3
        )
        for place, name in enumerate(ODD_NAMES)
    ]
    tracks += [
        make_track('b, "c"\nd', split="", tags=()),
        make_track("np", peak=np.float32(0.1), samples=np.int64(5)),
    ]
    made = make_manifest(tmp_path, tracks, names=ODD_NAMES[:4])
    _make_files(made)
    path = manifest.write_manifest(made)
    for given in (tmp_path, path, str(path)):
        assert manifest.read_manifest(given) == made
    assert sorted(os.listdir(tmp_path)) == [
        "audio",
        "manifest.csv",
        "manifest.json",
    ]


def test_a_file_that_was_not_converted_may_lie_elsewhere(tmp_path):
    folder = tmp_path / "prepared"
    folder.mkdir()
    music = tmp_path / "a, b.flac"
    here = {"codec": "flac/pcm_16", "source_rate_hz": 44_100}
    tracks = [
        make_track("a", path=str(music), source_frames=1 << 40, **here),
        make_track("b", path="b.flac", source_frames=5, **here),
        make_track("c"),
    ]
    made = make_manifest(folder, tracks)
    _make_files(made)
    manifest.write_manifest(made)
    assert manifest.read_manifest(folder) == made
    assert made.wav_path(made.tracks[0]) == music
    music.unlink()
    with pytest.raises(FileNotFoundError, match="a, b.flac"):
        manifest.read_manifest(folder)
    for path in ("../c.flac", "/music/../c.flac"):
        wrong = make_manifest(folder, [make_track(path=path, **here)])
        with pytest.raises(ValueError, match="outside"):
            manifest.write_manifest(wrong)


def test_a_row_per_track_can_be_read_by_others(tmp_path):
    made = make_manifest(tmp_path, [make_track("a", tags=("pop/rock", "r&b"))])
    with open(manifest.write_manifest(made), newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["track_id"] == "a"
    assert row["tags"] == "pop/rock|r&b"
    facts = json.loads((tmp_path / "manifest.json").read_text())
    assert facts["sample_rate_hz"] == 16_000
    assert facts["tags"] == ["jazz", "rock"]


def test_splits_and_subsets(tmp_path):
    names = ("test", "train", "train", "validation")
    tracks = [make_track(str(i), split=name) for i, name in enumerate(names)]
    made = make_manifest(tmp_path, tracks)
    assert made.split_counts == {"train": 2, "validation": 1, "test": 1}
    assert [t.track_id for t in made.split("train").tracks] == ["1", "2"]
    picked = made.subset(np.array([3, 0]))
    assert [t.track_id for t in picked.tracks] == ["3", "0"]
    with pytest.raises(ValueError, match=r"\['test', 'x'\]|'validation', 'te"):
        picked.split("train")


def test_the_fingerprint_changes_with_what_is_learned(tmp_path):
    first = make_manifest(tmp_path, [make_track("a"), make_track("b")])
    a, b = first.tracks
    replace = dataclasses.replace
    others = [
        replace(first, sample_rate_hz=8_000),
        replace(first, vocabulary=tags.TagVocabulary(("rock", "jazz"))),
        replace(first, tracks=(b, a)),
        replace(first, tracks=(a,)),
        replace(first, tracks=(replace(a, track_id="c"), b)),
        replace(first, tracks=(replace(a, split="test"), b)),
        replace(first, tracks=(replace(a, tags=("jazz",)), b)),
        replace(first, tracks=(replace(a, samples=17), b)),
        replace(first, tracks=(replace(a, audio_hash="1"), b)),
    ]
    assert len({m.fingerprint for m in (first, *others)}) == 10
    moved = replace(first, folder=tmp_path / "x", audit={}, source={})
    assert moved.fingerprint == first.fingerprint


def test_the_fingerprint_is_that_of_data_prepared_before(tmp_path):
    tracks = [
        make_track(f"{place}", artist=name, tags=(name, 'q"', "夜")[:place])
        for place, name in enumerate(ODD_NAMES)
    ]
    made = make_manifest(tmp_path, [*tracks, make_track('"\\', split="")])
    known = hashlib.sha256(json.dumps([16_000, ("jazz", "rock")]).encode())
    for t in made.tracks:
        row = [t.track_id, t.split, t.tags, t.samples, t.audio_hash]
        known.update(json.dumps(row).encode())
    assert made.fingerprint == known.hexdigest()[:16]
    manifest.write_manifest(made)
    found = manifest.read_manifest(tmp_path, check_files=False)
    assert found.fingerprint == made.fingerprint


def test_what_does_not_say_that_it_is_whole_is_checked_row_by_row(tmp_path):
    made = make_manifest(tmp_path, [make_track(str(i)) for i in range(5)])
    path = manifest.write_manifest(made)
    facts = json.loads((tmp_path / "manifest.json").read_text())
    # As it was before there was such a line, and with that of another.
    for written in ({}, {"written": "0" * 64}):
        changed = {**facts, **written}
        if not written:
            del changed["written"]
        (tmp_path / "manifest.json").write_text(json.dumps(changed))
        assert manifest.read_manifest(tmp_path, check_files=False) == made
    # A table that others wrote again, with other line ends.
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert manifest.read_manifest(tmp_path, check_files=False) == made
    # Facts that were changed beside a table that was not.
    for old, new in (('"jazz"', '"jaz"'), ("16000", "16001")):
        manifest.write_manifest(made)
        text = (tmp_path / "manifest.json").read_text()
        (tmp_path / "manifest.json").write_text(text.replace(old, new))
        with pytest.raises(ValueError, match="do not belong together"):
            manifest.read_manifest(tmp_path, check_files=False)


@pytest.mark.parametrize(
    "path", ["/etc/hosts", "../b.wav", "a/../../b.wav", "s3://b/c.wav"]
)
def test_a_table_leads_nowhere_else_whoever_wrote_it(
    tmp_path, monkeypatch, path
):
    made = make_manifest(
        tmp_path, [make_track("a"), make_track("b", path=path)]
    )
    with monkeypatch.context() as patch:
        patch.setattr(checks, "check_tracks", lambda *_: None)
        manifest.write_manifest(made)
    with pytest.raises(ValueError, match="outside"):
        manifest.read_manifest(tmp_path, check_files=False)


def test_missing_and_cut_files_are_named(tmp_path):
    made = make_manifest(tmp_path, [make_track(str(i)) for i in range(5)])
    _make_files(made)
    manifest.write_manifest(made)
    (tmp_path / "audio/3.wav").write_bytes(b"")
    with pytest.raises(ValueError, match=r"1 of 5.*3\.wav \(0 of 76\)"):
        manifest.read_manifest(tmp_path)
    (tmp_path / "audio/1.wav").unlink()
    with pytest.raises(FileNotFoundError, match=r"1 of 5.*audio/1\.wav"):
        manifest.read_manifest(tmp_path)


def test_no_manifest_tells_the_way_out(tmp_path):
    for path in (tmp_path, tmp_path / "manifest.csv", tmp_path / "no"):
        with pytest.raises(FileNotFoundError, match="Prepare the data"):
            manifest.read_manifest(path)


def test_damage_is_refused(tmp_path):
    made = make_manifest(tmp_path, [make_track("a"), make_track("b")])
    _make_files(made)
    path = manifest.write_manifest(made)
    table = path.read_text()
    facts = (tmp_path / "manifest.json").read_text()
    for old, new, message in (
        ("a,audio", "c,audio", "do not belong together"),
        ("train", "test", "do not belong together"),
        ("b,audio/b", "a,audio/b", "twice"),
        (",76,", ",x,", "line 2"),
        ("track_id", "id", "columns"),
        (",prepared,0,0\nb", ",flac,0,0\nb", "is flac, at 0 Hz"),
    ):
        assert old in table
        path.write_text(table.replace(old, new, 1))
        with pytest.raises(ValueError, match=message):
            manifest.read_manifest(tmp_path)
    path.write_text(table)
    for text, message in (
        ("{", "damaged"),
        ("[]", "damaged"),
        (
            facts.replace('"format": 2', '"format": 1'),
            "format 2. Received: 1. Prepare the data again",
        ),
        (facts.replace('"audit"', '"adit"'), "lacks"),
        (facts.replace('"jazz"', "5"), "no list of strings"),
        (facts.replace('"tags": [', '"tags": null, "x": ['), "no list of"),
        (facts.replace('"source": {', '"source": 1, "x": {'), "source is no"),
    ):
        (tmp_path / "manifest.json").write_text(text)
        with pytest.raises(ValueError, match=message):
            manifest.read_manifest(tmp_path)


def test_a_bad_track_is_not_written_and_the_old_manifest_stays(tmp_path):
    made = make_manifest(tmp_path, [make_track("a")])
    _make_files(made)
    manifest.write_manifest(made)
    with pytest.raises(ValueError, match="0 samples"):
        bad = make_track("a", samples=0)
        manifest.write_manifest(make_manifest(tmp_path, [bad]))
    with pytest.raises(UnicodeEncodeError):
        lone = make_track("b", artist="\ud800")
        manifest.write_manifest(make_manifest(tmp_path, [lone]))
    assert manifest.read_manifest(tmp_path) == made
    assert len(os.listdir(tmp_path)) == 3


def test_a_large_table_is_read_fast(tmp_path, monkeypatch):
    count = 20_000
    names = [f"tag {i}" for i in range(50)]
    tracks = [
        make_track(
            str(i), tags=tuple(names[i % 45 : i % 45 + 5]), artist="x, y"
        )
        for i in range(count)
    ]
    path = manifest.write_manifest(make_manifest(tmp_path, tracks, names))
    assert path.stat().st_size < 150 * count
    calls = []

    def stat(path, *, real=os.stat, **options):
        if not str(path).endswith(".wav"):
            return real(path, **options)
        calls.append(path)
        return os.stat_result((0o100644, 0, 0, 1, 0, 0, 76, 0, 0, 0))

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", stat)
        start = time.process_time()
        read = manifest.read_manifest(tmp_path)
        seconds = time.process_time() - start
    assert len(calls) == count
    assert len(read.tracks) == count
    # About 0.1 s on one slow core.
    assert seconds < 0.8
    assert read.labels().sum() == 5 * count
