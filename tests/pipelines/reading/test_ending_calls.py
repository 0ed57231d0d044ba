"""A program that ends while TensorFlow's threads read ends."""

import subprocess
import sys

import pytest

from pipelines.reading import ending_calls

pytestmark = pytest.mark.slow

SCRIPT = """
import sys, time
import tensorflow as tf
from pipelines.reading import ending_calls

def read(step):
    time.sleep(0.05)
    return step

def load(step):
    return tf.numpy_function(ending_calls.until_exit(read), [step], tf.int64)

stream = tf.data.Dataset.range(10**9).map(load, tf.data.AUTOTUNE).prefetch(2)
alive = iter(stream)
for _ in range(int(sys.argv[1])):
    next(alive)
raise SystemExit(3)
"""


@pytest.mark.parametrize("elements", [0, 3])
def test_an_iterator_that_is_alive_does_not_keep_the_program(elements):
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(elements)],
        capture_output=True,
        check=False,
        timeout=240,
    )
    assert run.returncode == 3, run.stderr.decode()


def test_calls_are_as_they_were_before_the_end():
    assert ending_calls.until_exit(lambda a, b: a - b)(5, 3) == 2
