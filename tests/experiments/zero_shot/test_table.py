"""The table shows every method beside what a random order reaches."""

import numpy as np

from experiments.zero_shot import table, unseen_draw
from tftag import zero_shot
from tftag.zero_shot import repeated_draws, tag_split

SPLIT = tag_split.TagSplit(("a", "b"), ("c",))


def _summary(kinds, draws):
    rng = np.random.default_rng(0)
    found = []
    for _ in range(draws):
        truth = (rng.random((40, 3)) < 0.3).astype(float)
        evaluated = {
            method: zero_shot.evaluate(
                truth, rng.random(truth.shape), ("a", "b", "c"), SPLIT, draws=0
            )
            for method in unseen_draw.METHODS
        }
        found.append({kind: evaluated for kind in kinds})
    return {
        "protocol": "hidden-labels",
        "body": "tagger",
        "draws": found,
        "figures": repeated_draws.combine(found),
    }


def test_every_figure_of_every_method_is_a_row():
    summary = _summary(["synonyms", "other sounds"], 3)
    rows = table.rows(summary)
    keys = {(r["kind"], r["side"], r["method"], r["figure"]) for r in rows}
    assert len(keys) == len(rows) == 2 * 3 * 4 * 3
    for row in rows:
        assert row["low"] <= row["mean"] <= row["high"]
        assert row["protocol"] == "hidden-labels" and row["draws"] == 3
        if row["figure"] == "roc_auc":
            assert row["chance"] == 0.5


def test_one_draw_has_no_interval():
    rows = table.rows(_summary(["unseen"], 1))
    assert {row["low"] for row in rows} == {None}
    assert "interval" not in table.text(_summary(["unseen"], 1))


def test_a_control_on_another_body_is_told():
    summary = _summary(["unseen"], 1)
    assert "own body" not in table.text(summary)
    lines = table.text({**summary, "body": "own"}).splitlines()
    assert "random words, the control" in lines[-2]
    assert max(map(len, lines)) < 80


def test_the_text_names_the_protocol_and_shows_seen_tags_once():
    text = table.text(_summary(["synonyms", "other sounds"], 2))
    lines = text.splitlines()
    assert lines[0].startswith("protocol hidden-labels")
    assert "2 draws" in lines[0]
    assert lines.count("seen tags") == 1
    for kind in ("synonyms", "other sounds"):
        assert f"unseen tags: {kind}" in lines
    rows = [line[2:16].rstrip() for line in lines if line.startswith("  ")]
    for name in (*unseen_draw.METHODS, "random order"):
        is_tagger = name == "ConSE"
        assert rows.count(name) == 2 + (not is_tagger) + 2
    assert rows.count("the tagger") == 1
    assert max(map(len, lines)) < 80
