"""A small process beside each worker that knows whether the others live.

TensorFlow ends a step whose worker is gone, but not in every case: a process
that joins a group waits for the others without limit, with Python standing
still, and so does one whose peer dies while it joins. This process waits with
it, names who is missing, and ends it. It is a program of its own that imports
nothing but the standard library.
"""

import concurrent.futures
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping

EVERY_SECONDS = 2.0
CONNECT_SECONDS = 3.0
# Longer than a busy machine is deaf, and short beside a minute.
SILENT_SECONDS = 15.0


def unreachable(peers: Mapping[str, str]) -> list[str]:
    """Those of some peers, name -> `host:port`, that take no connection."""
    if not peers:
        return []
    with concurrent.futures.ThreadPoolExecutor(min(32, len(peers))) as pool:
        found = pool.map(_takes_connections, peers.values())
        return [n for n, there in zip(peers, found, strict=True) if not there]


def start(peers: Mapping[str, str], join_seconds: float) -> subprocess.Popen:
    """Starts the process for the calling one.

    Args:
        peers: the other workers, name -> `host:port`.
        join_seconds: how long one may take to come.
    """
    about = json.dumps([os.getpid(), dict(peers), join_seconds])
    return subprocess.Popen(
        [sys.executable, "-I", __file__, about], stdin=subprocess.DEVNULL
    )


def gone(names: Iterable[str]) -> str:
    """What is said where workers went away."""
    return (
        f"error: lost {' and '.join(names)}, so all workers stop. Everything "
        "up to the last checkpoint is kept: the same commands, started again "
        "on every worker, go on from there."
    )


def never_came(names: Iterable[str], seconds: float) -> str:
    """What is said where workers did not come."""
    return (
        f"error: {' and '.join(names)} did not come within {seconds:g} s. "
        "Start every worker with the same command and its own TF_CONFIG, or "
        "allow more time with --wait-for-workers."
    )


def _takes_connections(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection(
            (host.strip("[]"), int(port)), CONNECT_SECONDS
        ):
            return True
    except OSError:
        return False


def _watch(pid: int, peers: dict[str, str], join_seconds: float) -> str:
    """Waits until somebody is missing, and says so; empty: `pid` ended."""
    begin = time.monotonic()
    seen: dict[str, float] = {}
    while os.getppid() == pid:
        missing = unreachable(peers)
        now = time.monotonic()
        seen |= {name: now for name in peers if name not in missing}
        lost = [n for n in seen if now - seen[n] > SILENT_SECONDS]
        if lost:
            return gone(lost)
        late = [name for name in peers if name not in seen]
        if late and now - begin > join_seconds:
            return never_came(late, join_seconds)
        time.sleep(EVERY_SECONDS)
    return ""


def _main(about: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the worker's
    pid, peers, join_seconds = json.loads(about)
    text = _watch(pid, peers, join_seconds)
    if text:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
        # TensorFlow takes SIGTERM for a notice, and goes on.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    _main(sys.argv[1])
