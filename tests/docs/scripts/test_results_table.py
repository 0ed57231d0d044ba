"""Pages show what the files of runs say, and nothing of a machine."""

import json

import pytest

from docs.scripts import results_table


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


def test_a_study_is_shown_in_place_of_what_stood_there(monkeypatch):
    monkeypatch.setattr(
        results_table.markdown, "section", lambda found: f"{found['answer']}\n"
    )
    page = "x\n<!-- results toy -->\n{}\n<!-- end -->\ny"
    results = {"runs": {}, "studies": {"toy": {"answer": "Both are equal."}}}
    text = results_table.filled(page.format("stale"), results)
    assert text == page.format("Both are equal.")


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
