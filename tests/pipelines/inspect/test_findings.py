import dataclasses

import numpy as np
import pytest

from pipelines.inspect import findings, levels


def titles(seen, grade=None):
    return [f.title for f in findings.find(seen) if grade in (None, f.grade)]


def test_the_worst_comes_first(seen):
    grades = [finding.grade for finding in findings.find(seen)]
    order = [findings.BAD, findings.DOUBTFUL, findings.GOOD]
    assert grades == sorted(grades, key=order.index)
    assert titles(seen, findings.BAD) == ["Shared audio across splits"]
    assert "track 0 ~ track 3" in findings.find(seen)[0].text


def test_what_was_checked_and_is_well_is_said(seen):
    assert titles(seen, findings.GOOD) == ["Artists", "Equal audio"]


def test_unreadable_files_are_bad(seen):
    lost = dataclasses.replace(seen, unreadable={"audio/x.wav": "gone"})
    (found,) = [f for f in findings.find(lost) if f.title == "Unreadable"]
    assert found.grade == findings.BAD and "audio/x.wav" in found.text


def test_what_the_preparation_warned_of_is_told(seen):
    warned = dataclasses.replace(seen, warnings={"x": "only half of it"})
    (found,) = [f for f in findings.find(warned) if "warning" in f.title]
    assert found.grade == findings.DOUBTFUL and "x (only half" in found.text


@pytest.mark.parametrize(
    "audit, title, grade",
    [
        (
            {"shared_artists": ["A"], "recordings_of_shared_artists": 2},
            "Artists in two splits",
            findings.BAD,
        ),
        ({"artists": "unknown"}, "Artists unknown", findings.DOUBTFUL),
        (
            {"artists": "partly known", "without_artist": 2},
            "Artists partly known",
            findings.DOUBTFUL,
        ),
        (
            {"shared_audio": [["x", "y"]]},
            "Equal audio in two splits",
            findings.BAD,
        ),
    ],
)
def test_each_leak_has_its_sentence(seen, audit, title, grade):
    other = dataclasses.replace(seen, audit={**seen.audit, **audit})
    assert title in titles(other, grade)
    assert title not in titles(seen)


def test_nobody_listened(seen):
    quick = dataclasses.replace(seen, near=None)
    assert "Near-duplicates" in titles(quick, findings.DOUBTFUL)
    none = dataclasses.replace(seen, near=())
    assert "Near-duplicates" in titles(none, findings.GOOD)


def test_recordings_too_short_to_compare_are_counted(seen):
    title = "Too short to compare"
    short = dataclasses.replace(seen, seconds=np.array([3.6, 3.7, 3.8, 9]))
    (found,) = [f for f in findings.find(short) if f.title == title]
    assert found.text.startswith("1 recording of less than 3.7 s")
    assert title not in titles(seen)


def test_clipped_and_silent_recordings_are_counted(seen):
    heard = (
        levels.Levels(-10.0, 0.01, 0.0, 0.0),
        levels.Levels(-10.0, 0.0, 1.5, 1.5),
        None,
        levels.Levels(-10.0, 0.0005, 1.0, 0.5),
    )
    texts = {
        f.title: f.text
        for f in findings.find(dataclasses.replace(seen, levels=heard))
    }
    assert texts["Clipped"].startswith("1 recording with")
    assert texts["Silent ends"].startswith("1 recording with")
