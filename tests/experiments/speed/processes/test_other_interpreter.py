import sys

import pytest

from experiments.speed.processes import other_interpreter

NEEDS = "--python must be one that counts"


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    asked = json.loads(line)\n"
        "    if asked.get('end'): sys.exit('counted enough')\n"
        "    print(json.dumps({'sum': sum(asked['of'])}), flush=True)\n"
    )
    return path


def test_each_question_has_its_answer(program):
    with other_interpreter.asked(sys.executable, program, NEEDS) as ask:
        assert ask(of=[1, 2]) == {"sum": 3}
        assert ask(of=[4]) == {"sum": 4}


def test_a_program_that_ends_says_why(program):
    with pytest.raises(ValueError, match="must be one.*counted enough"):
        with other_interpreter.asked(sys.executable, program, NEEDS) as ask:
            ask(end=True)


def test_an_interpreter_that_is_not_there_is_named(program):
    with pytest.raises(ValueError, match="must be one.*Received: /no/python"):
        with other_interpreter.asked("/no/python", program, NEEDS):
            pass
