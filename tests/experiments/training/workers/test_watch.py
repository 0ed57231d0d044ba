"""Who is gone, and who never came, is named; and nobody waits for ever."""

import json
import pathlib
import signal
import socket
import subprocess
import sys
import time

import pytest
import worker_groups

from experiments.training.workers import watch

FOLDER = pathlib.Path(watch.__file__).parent
# The module by itself: a package would bring TensorFlow along.
ALONE = f"import sys; sys.path[:0] = [{str(FOLDER)!r}]; import watch; "
QUICK = (
    ALONE + "watch.EVERY_SECONDS, watch.SILENT_SECONDS = 0.1, 0.5; "
    "watch._main(sys.argv[1])"
)
# A worker that Python cannot stop: no line of it runs while it sleeps.
STUCK = (
    ALONE + "import ctypes, json; watch.__file__ = sys.argv[1]; "
    "watch.start(json.loads(sys.argv[2]), float(sys.argv[3])); "
    "print('waits', flush=True); ctypes.PyDLL(None).sleep(60)"
)


@pytest.fixture
def quick(tmp_path):
    """Starts a stuck worker whose watcher has little patience."""
    program = tmp_path / "quick.py"
    program.write_text(QUICK)

    def start(peers, join_seconds):
        command = [program, json.dumps(peers), str(join_seconds)]
        return subprocess.Popen(
            [sys.executable, "-S", "-c", STUCK, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def test_who_takes_no_connection_is_unreachable():
    nobody = worker_groups.free_addresses(1)[0]
    with socket.create_server(("127.0.0.1", 0)) as there:
        address = f"127.0.0.1:{there.getsockname()[1]}"
        assert watch.unreachable({"a": address, "b": nobody}) == ["b"]
    assert watch.unreachable({"a": address}) == ["a"]
    assert watch.unreachable({}) == []


def test_a_worker_that_never_comes_is_named_and_waited_for_no_longer(quick):
    nobody = worker_groups.free_addresses(1)[0]
    begin = time.monotonic()
    worker = quick({f"worker 1 ({nobody})": nobody}, 1.0)
    _, said = worker.communicate(timeout=30)
    assert worker.returncode == -signal.SIGKILL
    assert f"worker 1 ({nobody}) did not come within 1 s" in said
    assert "--wait-for-workers" in said and said.count("\n") == 1
    assert time.monotonic() - begin < 20


def test_a_worker_that_goes_away_is_named_where_python_stands_still(quick):
    with socket.create_server(("127.0.0.1", 0)) as there:
        address = f"127.0.0.1:{there.getsockname()[1]}"
        worker = quick({f"worker 1 ({address})": address}, 60.0)
        assert worker.stdout.readline() == "waits\n"
        there.accept()[0].close()  # so it has been seen
    _, said = worker.communicate(timeout=30)
    assert worker.returncode == -signal.SIGKILL
    assert f"lost worker 1 ({address})" in said
    assert "started again" in said and said.count("\n") == 1


def test_the_watcher_ends_with_its_worker(quick):
    with socket.create_server(("127.0.0.1", 0)) as there:
        address = f"127.0.0.1:{there.getsockname()[1]}"
        worker = quick({"worker 1": address}, 60.0)
        assert worker.stdout.readline() == "waits\n"
        worker.kill()
        # Its end closes what both of them wrote to.
        assert worker.communicate(timeout=30) == ("", "")
