"""Carries SavedModels from each TensorFlow of the locks to the other.

    python .ci/exchange_saved_models.py PYTHON PYTHON

Each interpreter writes a tagger and a dual encoder; each answers by all of
them, in a process that has only TensorFlow and NumPy. The answers may differ
by 1e-5.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

SUPPORT = pathlib.Path(__file__).resolve().parents[1] / "tests" / "support"

TOLERANCE = 1e-5
OF_A_TAGGER = ("tag_wav", "serving_default", "calibrated")
NUMBERS = {
    "tagger": OF_A_TAGGER,
    "dual_encoder": (*OF_A_TAGGER, "embed_text", "known_share", "score"),
}


def run(*command, **options):
    """Runs a command that must succeed; returns what it printed."""
    line = [str(part) for part in command]
    done = subprocess.run(line, capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"{' '.join(line)}\n{done.stderr}")
    return done.stdout


def flat(numbers):
    """Returns the numbers of nested lists in one."""
    if not isinstance(numbers, list):
        return [numbers]
    return [number for item in numbers for number in flat(item)]


def main(pythons):
    """Returns the number of exchanges that differ."""
    failed = 0
    # Not resolved: a link is what makes it the interpreter of its venv.
    pythons = [pathlib.Path(python).absolute() for python in pythons]
    with tempfile.TemporaryDirectory() as work:
        made = [pathlib.Path(work) / str(i) for i in range(len(pythons))]
        for python, folder in zip(pythons, made, strict=True):
            run(python, SUPPORT / "models" / "make_saved_model.py", folder)
        exchanges = [
            (folder, kind)
            for folder in made
            for kind in ("tagger", "dual_encoder")
        ]
        command = ["-I", SUPPORT / "processes" / "tag_without_tftag.py"]
        command += [made[0] / "music.wav"]
        command += [folder / kind / "1" for folder, kind in exchanges]
        read = [
            json.loads(run(python, *command, cwd=work)) for python in pythons
        ]
        for (folder, kind), *answers in zip(exchanges, *read, strict=True):
            for answer in answers:
                differences = [
                    abs(one - other)
                    for name in NUMBERS[kind]
                    for one, other in zip(
                        flat(answers[0][name]), flat(answer[name]), strict=True
                    )
                ]
                print(
                    f"{kind} written by interpreter {folder.name}, read under "
                    f"TensorFlow {answer['tensorflow']}: "
                    f"within {max(differences):.1e}"
                )
                # NaN is no number that is small.
                failed += not all(each <= TOLERANCE for each in differences)
    print(f"{len(pythons) * len(exchanges) - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
