"""The tables show every row beside what a random order reaches."""

import functools

import numpy as np

from experiments.zero_shot import ablation_table
from tftag import zero_shot
from tftag.zero_shot import repeated_draws, tag_split

SPLIT = tag_split.TagSplit(("a", "b"), ("c",))
TITLES = ("sigmoid", "triplet, hard", "words: shipped")


@functools.cache
def _summary(draws, *kinds):
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
    rows = ablation_table.rows(_summary(3, "synonyms", "other sounds"))
    keys = {(r["row"], r["kind"], r["side"], r["figure"]) for r in rows}
    assert len(keys) == len(rows) == 3 * 2 * 2 * 3
    for row in rows:
        assert row["low"] <= row["mean"] <= row["high"] and row["draws"] == 3


def _tables(text):
    """Title of each table -> its lines."""
    _, *parts = text.split("\n\n")
    return {part.splitlines()[0]: part.splitlines()[1:] for part in parts}


def test_losses_and_words_are_tables_of_their_own():
    """Words are compared on tags that every source of them knows."""
    summary = _summary(2, "unseen")
    losses, (words,) = TITLES[:-1], TITLES[-1:]
    *tables, (_, shares) = _tables(ablation_table.text(summary)).items()
    assert len(tables) == 4
    for title, lines in tables:
        of_words = "2 seen and 1 unseen" in title
        for name in TITLES:
            there = any(name in line for line in lines)
            assert there == ((name == words) == of_words)
        # Nothing says more than a random order does without it beside it.
        assert "random order" in lines[-1]
    of_losses = [title for title, lines in tables if losses[0] in lines[1]]
    assert [title.split(";")[0] for title in of_losses] == ["unseen", "seen"]
    assert any(words in line and "50.0%" in line for line in shares)


def test_the_tables_have_the_figures():
    summary = _summary(2, "unseen")
    tables = _tables(ablation_table.text(summary))
    lines = next(
        lines for title, lines in tables.items() if title.startswith("unseen")
    )
    (line,) = (line for line in lines if "sigmoid" in line)
    cells = [
        "{mean:.3f} ({low:.3f}-{high:.3f})".format(**row)
        for row in ablation_table.rows(summary)
        if (row["row"], row["side"]) == ("sigmoid", "unseen")
    ]
    assert len(cells) == 3 and all(cell in line for cell in cells)


def test_it_fits_a_terminal_and_says_its_protocol_and_draws():
    summary = _summary(3, "synonyms", "other sounds")
    lines = ablation_table.text(summary).splitlines()
    assert max(map(len, lines)) <= 80
    assert "hidden-labels" in lines[0] and "3 draws" in lines[0]
