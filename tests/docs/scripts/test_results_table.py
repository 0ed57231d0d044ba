"""Pages show what the files of runs say, and nothing of a machine."""

import json

import pytest

from docs.scripts import results_table

STUDY = {
    "question": "Which?",
    "answer": "Against a in MAP, no arm can be told apart.",
    "command": ["toy", "--data", "data/x"],
    "seeds": [0],
    "folds": [0, 1],
    "all_folds": 5,
    "recordings": 40,
    "seconds": 120.0,
    "failed": {"c": "The loss must stay a finite number. Received: nan"},
    "chosen": None,
    "arms": {
        title: {
            **{name: value for name in ("map", "roc_auc", "p_at_10")},
            "seconds": 30.0,
            "over_control": {
                name: {"value": value - 0.5, "ci95": [-0.1, 0.3]}
                for name in ("map", "roc_auc", "p_at_10")
            },
        }
        for title, value in (("a", 0.5), ("b", 0.6))
    },
}


@pytest.mark.parametrize("page", results_table.PAGES, ids=lambda p: p.name)
def test_pages_show_the_figures_of_the_files_of_runs(page):
    text = page.read_text("utf-8")
    assert "<!-- results " in text
    assert results_table.filled(text, results_table.read()) == text


def test_another_figure_changes_the_page():
    results = results_table.read()
    page = results_table.PAGES[0].read_text("utf-8")
    results["runs"]["embedded"]["map"]["value"] = 0.123456
    assert "| MAP | 0.123 |" in results_table.filled(page, results)


def test_a_part_that_no_run_has_is_refused():
    page = "<!-- results nothing -->\n<!-- end -->"
    with pytest.raises(ValueError, match="Received: nothing"):
        results_table.filled(page, {"runs": {}, "studies": {}})


def test_a_study_has_its_answer_command_cost_and_differences():
    page = "x\n<!-- results toy -->\nstale\n<!-- end -->\ny"
    text = results_table.filled(page, {"runs": {}, "studies": {"toy": STUDY}})
    assert text.startswith("x\n") and text.endswith("y") and "stale" not in text
    assert STUDY["answer"] in text
    assert "experiments.run_study toy --data data/x" in text
    assert "40 recordings of 2 of 5 folds" in text and "2 minutes" in text
    assert "| b | 0.600, +0.100 (-0.100 to +0.300)" in text
    assert "| c | The loss must stay a finite number. Received: nan |" in text


@pytest.mark.parametrize(
    "before",
    [
        ["loss", "--data", "/a/4q", "--runs", "/x", "--seeds", "3"],
        ["loss", "--budget", "9", "--data", "data/4q", "--seeds", "3"],
    ],
)
def test_places_of_a_machine_are_left_out(before):
    found = results_table.plain_command(before)
    assert found == ["loss", "--data", "data/4q", "--seeds", "3"]


def test_a_finished_run_is_taken_up_with_its_command(tmp_path):
    figures = {
        name: {"value": 0.5, "ci95": [0.4, 0.6], "chance": 0.1}
        for name in ("map", "roc_auc", "p_at_10", "recording_p_at_10")
    }
    (tmp_path / "metrics.json").write_text(
        json.dumps(figures | {"r_precision": 0.1, "recordings": 7})
    )
    (tmp_path / "environment.json").write_text(
        json.dumps({"starts": [{"command": ["--data", "/a/b"]}]})
    )
    found = results_table.taken(tmp_path)
    assert found["command"] == ["--data", "data/b"] and found["kept"]
    assert found["map"] == figures["map"] and found["recordings"] == 7
