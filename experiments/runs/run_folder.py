"""What a run leaves behind: one folder with a fixed table of contents.

```
runs/<experiment>/<name>/
  config.json       every setting
  environment.json  versions, commit and command, one entry per start
  data.json         fingerprint, tags, counts and audit of the recordings
  history.csv       one row per epoch
  metrics.json      written last: a run that has it is finished
  per_tag.csv  figures/  tensorboard/  checkpoints/
```
"""

import contextlib
import datetime
import fcntl
import io
import json
import logging
import math
import os
import pathlib
import platform
import subprocess
import sys
import time
from importlib import metadata

from tftag.files import escaping

_log = logging.getLogger(__name__)

PACKAGES = (
    "tensorflow",
    "keras",
    "numpy",
    "soundfile",
    "soxr",
    "scikit-learn",
    "tensorflow-io",
    "tensorflow-hub",
)


class RunDir:
    """Paths of one run, and the writing of its small files.

    Args:
        root: folder of all runs.
        experiment: such as `baseline`.
        name: of the run; the UTC time when empty.
    """

    def __init__(
        self, root: str | os.PathLike, experiment: str, name: str = ""
    ):
        """Makes the folder, or takes up the one of that name."""
        if pathlib.PurePath(name).name != name or name in (".", ".."):
            raise ValueError(
                "The name of a run must be a plain folder name. "
                f"Received: {name!r}"
            )
        parent = pathlib.Path(root) / experiment
        self.experiment = experiment
        self.name = name or _free_name(parent)
        self.path = parent / self.name
        self.figures = self.path / "figures"
        self.tensorboard = self.path / "tensorboard"
        self.checkpoints = self.path / "checkpoints"
        self.path.mkdir(parents=True, exist_ok=True)

    @property
    def finished(self) -> bool:
        """Whether the run has written its last file."""
        return (self.path / "metrics.json").exists()

    def read_json(self, file_name: str) -> dict | None:
        """The content of a JSON file of the run; None where there is none."""
        path = self.path / file_name
        return json.loads(path.read_text()) if path.exists() else None

    def write_json(self, file_name: str, content: dict) -> pathlib.Path:
        """Writes a JSON file at once or not at all; NaN becomes null."""
        text = json.dumps(
            plain(content), indent=2, ensure_ascii=False, allow_nan=False
        )
        return write_atomically(self.path / file_name, (text + "\n").encode())

    def write_csv(self, file_name: str, rows: list[dict]) -> pathlib.Path:
        """Writes rows whose columns are all keys in order of appearance."""
        columns = list(dict.fromkeys(key for row in rows for key in row))
        text = io.StringIO()
        write_row = escaping.csv_row_writer(text)
        write_row(columns)
        for row in rows:
            write_row([row.get(column, "") for column in columns])
        return write_atomically(self.path / file_name, text.getvalue().encode())

    def write_environment(self, command: list[str], seed: int) -> dict:
        """Adds this start of the run to environment.json, and returns it."""
        entry = {**environment(command), "seed": seed}
        starts = (self.read_json("environment.json") or {}).get("starts", [])
        changed = [
            f"{name} {starts[0]['versions'].get(name)} -> {version}"
            for name, version in entry["versions"].items()
            if starts and starts[0]["versions"].get(name) != version
        ]
        if changed:
            _log.warning(
                "The run was started with other versions (%s): its weights "
                "may differ in their last bits from a run that was left alone.",
                ", ".join(changed),
            )
        self.write_json("environment.json", {"starts": [*starts, entry]})
        return entry

    @contextlib.contextmanager
    def locked(self):
        """Holds the run for this process; the kernel lets go when it dies."""
        with open(self.path / ".lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ValueError(
                    "Another process is working on this run; wait for it or "
                    f"choose another --name. Received: {self.path}"
                ) from None
            yield self


def write_atomically(path: pathlib.Path, content: bytes) -> pathlib.Path:
    """Writes a file that is there in full or, after a crash, not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        # The new name is in the folder's own data, which has its own cache.
        os.fsync(folder)
    finally:
        os.close(folder)
    return path


def environment(command: list[str]) -> dict:
    """Versions, commit, machine and command of this process."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return {
        "started": datetime.datetime.now(datetime.UTC).isoformat(
            timespec="seconds"
        ),
        "command": command,
        "versions": versions,
        "commit": commit(pathlib.Path(__file__).parent),
        "machine": f"{platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores",
        "executable": sys.executable,
    }


def commit(folder: pathlib.Path) -> str | None:
    """The git commit of a folder, `-dirty` with local changes, or None."""
    try:
        answer = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None


def plain(value):
    """Numpy values as Python's own, and what is not finite as None."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value


def _free_name(parent: pathlib.Path) -> str:
    """The UTC time, later by a second where two runs start in the same."""
    while True:
        name = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        if not (parent / name).exists():
            return name
        time.sleep(0.2)
