"""Carries SavedModels from each TensorFlow of the locks to the other.

    python .ci/exchange_saved_models.py PYTHON PYTHON

Each interpreter writes one; each tags by both, in a process that has only
TensorFlow and NumPy. The answers may differ by 1e-5.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent.parent / "tests"


def run(*command, **options):
    """Runs a command that must succeed; returns what it printed."""
    command = [str(part) for part in command]
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout


def main(pythons):
    """Returns the number of exchanges that differ."""
    failed = 0
    # Not resolved: a link is what makes it the interpreter of its venv.
    pythons = [pathlib.Path(python).absolute() for python in pythons]
    with tempfile.TemporaryDirectory() as work:
        made = [pathlib.Path(work) / str(i) for i in range(len(pythons))]
        for python, folder in zip(pythons, made, strict=True):
            run(python, TESTS / "make_saved_model.py", folder)
        for folder in made:
            answers = [
                json.loads(
                    run(
                        python,
                        "-I",
                        TESTS / "tag_without_tftag.py",
                        folder / "1",
                        folder / "music.wav",
                        cwd=work,
                    )
                )
                for python in pythons
            ]
            for answer in answers:
                differences = [
                    abs(one - other)
                    for name in ("tag_wav", "serving_default", "calibrated")
                    for one, other in zip(
                        answers[0][name], answer[name], strict=True
                    )
                ]
                print(
                    f"written by interpreter {folder.name}, read under "
                    f"TensorFlow {answer['tensorflow']}: "
                    f"within {max(differences):.1e}"
                )
                failed += max(differences) > 1e-5
    print(f"{len(pythons) ** 2 - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
