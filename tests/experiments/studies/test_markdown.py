"""What a page shows of a study is what its files say."""

from experiments.studies import markdown

OVER = {"value": 0.0204, "ci95": [-0.0016, 0.0417]}
ARM = {"map": 0.5, "roc_auc": 0.75, "p_at_10": 0.25, "seconds": 12.4}
FOUND = {
    "answer": "Momentum is ahead.",
    "command": ["optimizer", "--data", "my data"],
    "recordings": 180,
    "folds": [0],
    "all_folds": 2,
    "seeds": [0],
    "seconds": 200.0,
    "arms": {
        "control": ARM,
        "momentum": {
            **ARM,
            "map": 0.5204,
            "over_control": dict.fromkeys(markdown.TITLES, OVER),
        },
    },
    "chosen": None,
    "failed": {"rate 9": "It did not learn. The loss is no number"},
}


def test_every_arm_has_a_row_with_its_difference_from_the_first():
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in markdown.section(FOUND).splitlines()
        if line.startswith("| ")
    ]
    head, _, control, other, failed = rows
    assert head == ["", *markdown.TITLES.values(), "CPU s a fold"]
    assert control == ["control", "0.500", "0.750", "0.250", "12"]
    assert other[1] == "0.520, +0.020 (-0.002 to +0.042)"
    assert failed[:2] == ["rate 9", "It did not learn. The loss is no number"]


def test_the_command_can_be_pasted_and_the_answer_comes_first():
    said = markdown.section(FOUND).splitlines()
    assert said[0] == "**Momentum is ahead.**"
    assert "python -m experiments.run_study optimizer --data 'my data'" in said
    (cost,) = (line for line in said if line.startswith("180 recordings"))
    assert "180 recordings of 1 of 2 folds" in cost and "3 minutes" in cost
