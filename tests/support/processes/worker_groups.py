"""Several workers on this machine, each a process with its own TF_CONFIG."""

import json
import os
import pathlib
import socket
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[3]
_ROOMS = sorted(p for p in (ROOT / "tests/support").iterdir() if p.is_dir())


def free_addresses(count, host="127.0.0.1"):
    """Addresses that nobody listens on."""
    opened = [socket.create_server((host, 0)) for _ in range(count)]
    found = [f"{host}:{each.getsockname()[1]}" for each in opened]
    for each in opened:
        each.close()
    return found


def another_keras(home):
    """Variables of an environment that wants another Keras than a run's."""
    home.mkdir(exist_ok=True)
    wanted = {"image_data_format": "channels_first", "floatx": "float16"}
    (home / "keras.json").write_text(json.dumps(wanted))
    return {"KERAS_BACKEND": "jax", "KERAS_HOME": str(home)}


def start(command, addresses, number, log, before=(), **variables):
    """Starts one worker; what it says goes to a file."""
    task = {"type": "worker", "index": number}
    said = json.dumps({"cluster": {"worker": addresses}, "task": task})
    return start_alone(command, log, before, TF_CONFIG=said, **variables)


def start_alone(command, log, before=(), **variables):
    """Starts a process on CPUs; what it says goes to a file."""
    paths = map(str, [ROOT, ROOT / "tests" / "support", *_ROOMS])
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "PYTHONFAULTHANDLER": "1",
        **variables,
    }
    with open(log, "w") as output:
        return subprocess.Popen(
            [*before, sys.executable, *map(str, command)],
            env=environment,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
