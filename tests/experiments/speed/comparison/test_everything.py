import argparse
import json
import sys

import pytest

from experiments.speed.comparison import everything, files, networks, row

PROGRAM = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    name = asked.get("row")
    facts = {"copy": 8.0} if name == "machine" else {"torch": "2.13"}
    answer = {"ways": ["copy"], "facts": facts} if name else {"seconds": 2.0}
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def arguments(tmp_path, monkeypatch):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    monkeypatch.setattr(everything, "PROGRAM", program)
    parser = argparse.ArgumentParser()
    everything.add_flags(parser)
    command = f"--peers-python {sys.executable} --budget 0 --out {tmp_path}/out"
    arguments = parser.parse_args(command.split())
    assert arguments.rounds == row.LEAST_ROUNDS
    return arguments


def test_what_was_measured_is_written_row_by_row(arguments, monkeypatch):
    def front_end_rows(ask, folder):
        yield row.Row("log-mel", "ms", {"tftag": lambda: 1.0})
        yield row.Measured("memory", "MB", False, {"tftag": [5.0]}, {})
        raise KeyboardInterrupt

    monkeypatch.setattr(networks, "front_end_rows", front_end_rows)
    with pytest.raises(KeyboardInterrupt):
        everything.peers(arguments)
    found = json.loads((arguments.out / "benchmark.json").read_text())
    assert found["about"]["torch"] == "2.13"
    figures = {row["name"]: row["figures"] for row in found["rows"]}
    assert figures["the machine"] == {"copy": [4.0] * 3}
    assert figures["log-mel"] == {"tftag": [1.0] * 3}
    assert figures["memory"] == {"tftag": [5.0]}
    said = (arguments.out / "benchmark.md").read_text()
    assert "| memory | MB | tftag | 5 (5 to 5) |" in said


@pytest.fixture
def the_machine_alone(arguments, monkeypatch):
    def none(*_):
        return ()

    for room in ("front_end_rows", "network_rows"):
        monkeypatch.setattr(networks, room, none)
    monkeypatch.setattr(files, "input_rows", none)
    monkeypatch.setattr(files, "tagging_rows", none)


@pytest.mark.usefixtures("the_machine_alone")
def test_rows_can_be_asked_for_by_name(arguments):
    arguments.only = "machine"
    everything.peers(arguments)
    found = json.loads((arguments.out / "benchmark.json").read_text())
    assert [row["name"] for row in found["rows"]] == ["the machine"]


@pytest.mark.usefixtures("the_machine_alone")
def test_what_the_peers_cannot_do_is_a_fact_of_its_row(arguments):
    fails = (
        """if name == "machine": answer = {"error": "no memory"}\n    print("""
    )
    everything.PROGRAM.write_text(PROGRAM.replace("print(", fails))
    everything.peers(arguments)
    found = json.loads((arguments.out / "benchmark.json").read_text())
    assert found["rows"][0]["facts"] == {"the peers fail": "no memory"}
