import dataclasses
import json
import math

import melodies
import numpy as np
import pytest

from pipelines.inspect import inspection, measurements
from pipelines.prepare.wav_conversion import journal


def test_splits_are_described(prepared):
    seen = inspection.inspect(prepared, None)
    train, validation = seen.splits
    assert train.tags_per_recording == pytest.approx(4 / 3)
    train = dataclasses.replace(train, tags_per_recording=0.0)
    assert train == inspection.Split("train", 3, 26.0, 3, 0.0, 0)
    assert (validation.name, validation.recordings) == ("validation", 1)
    assert validation.seconds == pytest.approx(8.0)
    assert np.allclose(seen.seconds, [10, 8, 8, 8])


def test_what_was_not_measured_is_not_made_up(prepared):
    seen = inspection.inspect(prepared, None)
    assert seen.near is None and seen.near_leaks == []
    assert seen.levels == (None,) * 4 and len(seen.measured("rms_db")) == 0


def test_shared_audio_across_splits_is_a_leak(prepared, seen, tmp_path):
    assert [(p.first, p.second) for p in seen.near_leaks] == [(0, 3)]
    same = [dataclasses.replace(t, split="train") for t in prepared.tracks]
    within = dataclasses.replace(prepared, tracks=tuple(same))
    measured = measurements.measure(within, tmp_path)
    seen = inspection.inspect(within, measured)
    assert len(seen.near) == 1 and seen.near_leaks == []


def test_equal_audio_is_grouped(tmp_path):
    wave = melodies.melody(0, 4)
    rows = [
        (wave, "train", "A", ["calm"]),
        (melodies.melody(1, 4), "train", "B", []),
        (wave, "test", "C", ["loud", "other"]),
    ]
    prepared = melodies.prepare(tmp_path / "data", rows)
    measured = measurements.measure(prepared, tmp_path)
    seen = inspection.inspect(prepared, measured)
    assert seen.equal == ((0, 2),) and seen.near == ()
    assert seen.audit["shared_audio"] == [["track 0", "track 2"]]
    assert [s.untagged for s in seen.splits] == [1, 0]
    assert seen.other_tags == 1


def test_levels_leave_unreadable_recordings_out(prepared, tmp_path):
    (prepared.folder / "audio/2.wav").unlink()
    seen = inspection.inspect(
        prepared, measurements.measure(prepared, tmp_path)
    )
    levels = seen.measured("rms_db")
    assert len(levels) == 3 and all(-40 < db < -3 for db in levels)
    assert not any(math.isnan(value) for value in levels)


def test_tags_at_risk_begin_with_the_rarest(prepared):
    seen = inspection.inspect(prepared, None)
    assert [tag.name for tag in seen.tags_at_risk] == ["loud", "calm"]


def test_rejected_recordings_are_counted_by_reason(prepared):
    (prepared.folder / "rejected.csv").write_text(
        "name,reason,detail\na,silent,\nb,unreadable,x\nc,silent,\n"
    )
    seen = inspection.inspect(prepared, None)
    assert seen.rejected == {"silent": 2, "unreadable": 1}


def test_warnings_of_the_preparation_are_those_of_its_recordings(prepared):
    assert inspection.inspect(prepared, None).warnings == {}
    key = ["/music/a.mp3", 1, 2, "made by"]
    lines = [
        {
            "track_id": "track 1",
            "key": key,
            "answer": {"warnings": ["only half", "torn"]},
        },
        {"track_id": "track 2", "key": key, "answer": {"warnings": []}},
        {"track_id": "gone", "key": key, "answer": {"warnings": ["only half"]}},
        {
            "track_id": "track 3",
            "key": key,
            "answer": {"warnings": [f"{journal.NOT_IN_PLACE}: odd"]},
        },
    ]
    text = "\n".join(map(json.dumps, lines)) + '\n{"track_id": "cut'
    (prepared.folder / journal.NAME).write_text(text)
    seen = inspection.inspect(prepared, None)
    assert seen.warnings == {"track 1": "only half; torn"}
