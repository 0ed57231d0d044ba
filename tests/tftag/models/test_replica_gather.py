import json
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

from tftag.models import replica_gather

ROOT = pathlib.Path(__file__).parents[3]
SCRIPT = ROOT / "tests" / "support" / "processes" / "two_replicas.py"


def test_one_replica_keeps_what_it_has():
    x = keras.ops.convert_to_tensor(np.ones((3, 2), "float32"))
    assert replica_gather.gather(x) is x


@pytest.mark.slow
def test_two_replicas_take_the_steps_of_one_with_the_whole_batch():
    if keras.backend.backend() != "tensorflow":
        pytest.skip("tf.distribute is of the TensorFlow backend")
    done = subprocess.run(
        [sys.executable, SCRIPT],
        cwd=ROOT,
        env=_environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["gathered"]["loss"] < 1e-5
    assert found["gathered"]["weights"] < 1e-5
    # Each replica by itself has fewer negatives, and learns something else.
    assert found["apart"]["loss"] > 1e-2
    assert found["apart"]["weights"] > 1e-3


def _environment():
    root = str(ROOT)
    path = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path.rstrip(os.pathsep)}
