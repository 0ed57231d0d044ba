"""The tables show every row beside what a random order reaches."""

import numpy as np

from experiments.zero_shot import ablation_table
from tftag import zero_shot
from tftag.zero_shot import repeated_draws, tag_split

SPLIT = tag_split.TagSplit(("a", "b"), ("c",))
TITLES = ("sigmoid", "triplet, hard", "words: shipped")


def _summary(kinds, draws):
    rng = np.random.default_rng(0)
    found = []
    for _ in range(draws):
        truth = (rng.random((40, 3)) < 0.3).astype(float)
        figures = {
            title: {
                kind: zero_shot.evaluate(
                    truth,
                    rng.random(truth.shape),
                    ("a", "b", "c"),
                    SPLIT,
                    draws=0,
                )["tag_to_recordings"]
                for kind in kinds
            }
            for title in TITLES
        }
        found.append({"tags_every_source_knows": [2, 1], "figures": figures})
    return {
        "protocol": "hidden-labels",
        "draws": found,
        "coverage": {TITLES[-1]: {"tags": 0.5, "annotations": 0.25}},
        "figures": repeated_draws.combine([draw["figures"] for draw in found]),
    }


def test_every_figure_of_every_row_is_there():
    rows = ablation_table.rows(_summary(["synonyms", "other sounds"], 3))
    keys = {(r["row"], r["kind"], r["side"], r["figure"]) for r in rows}
    assert len(keys) == len(rows) == 3 * 2 * 2 * 3
    for row in rows:
        assert row["low"] <= row["mean"] <= row["high"] and row["draws"] == 3


def test_losses_and_words_are_tables_of_their_own():
    summary = _summary(["unseen"], 2)
    text = ablation_table.text(summary)
    assert text.startswith("protocol hidden-labels")
    assert "2 draws" in text.splitlines()[0]
    parts = text.split("\n\n")
    assert [p.splitlines()[0] for p in parts[1:]] == [
        "unseen; all tags",
        "seen; all tags",
        "unseen; the 2 seen and 1 unseen tags all know",
        "seen; the 2 seen and 1 unseen tags all know",
        "share that has a vector for any word, then for every word",
    ]
    mean = summary["figures"]["sigmoid"]["unseen"]["unseen"]["map"]["mean"]
    assert f"{mean:.3f}" in parts[1]
    assert "words: shipped" not in parts[1] and "sigmoid" not in parts[3]
    assert "50.0%" in parts[-1] and "25.0%" in parts[-1]
    assert max(map(len, text.splitlines())) <= 80


def test_one_draw_has_no_interval():
    summary = _summary(["unseen"], 1)
    assert {row["low"] for row in ablation_table.rows(summary)} == {None}
    assert "interval" not in ablation_table.text(summary)
