import sys

import pytest

from experiments.speed.processes import other_interpreter

NEEDS = "--python must be one that counts"
COUNTS = """
import json, sys
for line in sys.stdin:
    print(json.dumps({"sum": sum(json.loads(line)["of"])}), flush=True)
"""


@pytest.fixture
def asked_of(tmp_path):
    def asked_of(text):
        path = tmp_path / "program.py"
        path.write_text(text)
        return other_interpreter.asked(sys.executable, path, NEEDS)

    return asked_of


def test_each_question_has_its_answer(asked_of):
    with asked_of(COUNTS) as ask:
        assert ask(of=[1, 2]) == {"sum": 3}
        assert ask(of=[4]) == {"sum": 4}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("input(); raise SystemExit('counted enough')", "counted enough"),
        ("print('nothing to read')", "no answer"),
        ("import os, time; os.close(0); time.sleep(0.2)", "no answer"),
    ],
)
def test_a_program_that_does_not_answer_says_why(asked_of, text, said):
    with asked_of(text) as ask:
        for _ in range(2):  # whoever asks again is told the same
            with pytest.raises(ValueError, match=f"must be one.*{said}"):
                ask(of=[1])


def test_an_interpreter_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match="must be one.*Received: /no/python"):
        with other_interpreter.asked("/no/python", tmp_path, NEEDS):
            pass
