import math
import pathlib

import pytest

from experiments.speed.comparison import report, row

ROOT = pathlib.Path(__file__).parents[4]
ROWS = [
    row.Measured(
        "inference",
        "s per clip",
        False,
        {"tftag": [0.1, 0.2, 0.12345678], "PyTorch": [0.4, 0.4, 0.2]},
        {"PyTorch differs by": 1e-6, "OpenVINO fails": "why"},
    ),
    row.Measured("alone", "GB/s", True, {"copy": [math.pi]}, {}),
]


def test_json_keeps_every_figure():
    about, rows = report.from_json(report.to_json({"cores": 2}, ROWS))
    assert about == {"cores": 2}
    assert rows[0].figures["tftag"] == [0.1, 0.2, 0.12346]
    assert rows[1].figures["copy"] == [3.1416]
    assert rows[0].facts == ROWS[0].facts


def test_tables_have_each_row_each_way_and_each_fact():
    said = report.to_markdown({"cores": 2}, ROWS)
    assert said.startswith("cores: 2\n")
    assert (
        "| inference | s per clip | 0.123 (0.1 to 0.2) "
        "| PyTorch: 0.4 (0.2 to 0.4) | 2.00 times (1.62 to 4.00) |" in said
    )
    assert "| alone | GB/s | copy | 3.14 (3.14 to 3.14) |" in said
    assert "| inference | OpenVINO fails | why |" in said
    assert "| inference | PyTorch differs by | 1e-06 |" in said


def test_a_page_gets_new_tables_between_its_marks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- rows -->\nold\n<!-- end -->\nafter\n")
    report.write_page(page, "| new |\n")
    assert page.read_text() == (
        "before\n<!-- rows -->\n| new |\n<!-- end -->\nafter\n"
    )
    page.write_text("no place")
    with pytest.raises(ValueError, match="<!-- rows -->"):
        report.write_page(page, "| new |\n")


def test_the_tables_of_the_page_are_those_of_the_figures():
    figures = (ROOT / "docs" / "performance.json").read_text("utf-8")
    tables = report.to_markdown(*report.from_json(figures))
    assert tables in (ROOT / "docs" / "performance.md").read_text("utf-8")


def test_a_terminal_gets_a_line_per_way():
    assert report.to_lines(ROWS[0]).splitlines() == [
        "inference, s per clip",
        "  tftag: 0.123 (0.1 to 0.2)",
        "  PyTorch: 0.4 (0.2 to 0.4)",
        "  PyTorch differs by: 1e-06",
        "  OpenVINO fails: why",
        "  tftag is ahead: 2.00 times (1.62 to 4.00)",
    ]


def test_other_work_on_the_machine_is_said():
    assert "other work" in report.to_markdown({report.LOAD: 3.2}, ROWS)
    assert "other work" not in report.to_markdown({report.LOAD: 0.1}, ROWS)
