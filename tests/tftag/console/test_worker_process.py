"""A worker of a pool lives no longer than its parent."""

import os
import subprocess
import sys

import waiting

SCRIPT = """
import concurrent.futures, functools, multiprocessing, os, pathlib, signal, sys
from tftag.console import worker_process

if __name__ == "__main__":
    at_end = functools.partial(pathlib.Path(sys.argv[1]).write_text, "cleared")
    with concurrent.futures.ProcessPoolExecutor(
        1,
        multiprocessing.get_context("spawn"),
        worker_process.begin,
        (at_end,),
    ) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_clears_up_and_ends_with_a_parent_that_is_killed(tmp_path):
    script, note = tmp_path / "script.py", tmp_path / "note"
    script.write_text(SCRIPT)
    killed = subprocess.run(
        [sys.executable, script, note],
        stdout=subprocess.PIPE,
        env=dict(os.environ, PYTHONPATH=":".join(sys.path)),
        timeout=120,
    )
    worker = int(killed.stdout)
    waiting.until(lambda: not os.path.exists(f"/proc/{worker}"))
    assert note.read_text() == "cleared"
