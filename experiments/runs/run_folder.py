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
import io
import logging
import os
import pathlib
import platform
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from typing import Self

from tftag.console import interrupts
from tftag.storage import atomic_write, escaping, no_links, plain_json

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
        self, root: str | os.PathLike[str], experiment: str, name: str = ""
    ):
        """Makes the folder, or takes up the one of that name."""
        if pathlib.PurePath(name).name != name or name in (".", ".."):
            raise ValueError(
                "The name of a run must be a plain folder name. "
                f"Received: {name!r}"
            )
        parent = pathlib.Path(root) / experiment
        try:
            os.fspath(parent / name).encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                "The folder of a run must have a name in UTF-8, for "
                f"TensorBoard. Received: {os.fspath(parent / name)!a}"
            ) from error
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
        if not path.exists():
            return None
        return plain_json.read(path, "begin under another --name")

    def load_json(self, file_name: str) -> dict:
        """The content of a JSON file that the run must have.

        Raises:
            FileNotFoundError: there is none.
        """
        found = self.read_json(file_name)
        if found is None:
            raise FileNotFoundError(f"The run has no {self.path / file_name}")
        return found

    def write_json(self, file_name: str, content: dict) -> pathlib.Path:
        """Writes a JSON file at once or not at all; NaN becomes null."""
        text = plain_json.text(content, indent=2) + "\n"
        return atomic_write.write(self.path / file_name, text)

    def write_csv(self, file_name: str, rows: list[dict]) -> pathlib.Path:
        """Writes rows whose columns are all keys in order of appearance."""
        columns = list(dict.fromkeys(key for row in rows for key in row))
        text = io.StringIO()
        write_row = escaping.csv_row_writer(text)
        write_row(columns)
        for row in rows:
            write_row([row.get(column, "") for column in columns])
        return atomic_write.write(self.path / file_name, text.getvalue())

    def write_environment(self, command: list[str], seed: int) -> dict:
        """Adds this start of the run to environment.json, and returns it."""
        entry = {**environment(command), "seed": seed}
        before = self.read_json("environment.json") or {}
        starts = before.get("starts", [])
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
        # The export has it too: one that was made before a kill is found.
        run_id = before.get("run_id") or secrets.token_hex(8)
        self.write_json(
            "environment.json", {"run_id": run_id, "starts": [*starts, entry]}
        )
        return entry

    @contextlib.contextmanager
    def locked(self, *, goes_on: bool = True) -> Iterator[Self]:
        """Holds the run for this process; the kernel lets go when it dies.

        Args:
            goes_on: Whether the same name goes on where it was interrupted.
        """
        refusal = (
            "Another process is working on this run; wait for it or choose "
            f"another --name. Received: {self.path}"
        )
        with no_links.lock(self.path / ".lock", refusal):
            with interrupts.keeping(self._kept if goes_on else self._begun):
                yield self

    def _kept(self) -> str:
        """What is said when Ctrl-C ends the run."""
        named = any(word.split("=")[0] == "--name" for word in sys.argv)
        more = () if named else ("--name", self.name)
        return (
            f"all up to the last checkpoint is kept in {self.path}; "
            f"to go on: {interrupts.command(*more)}"
        )

    def _begun(self) -> str:
        return (
            f"{self.path} has no figures yet; to begin again: "
            f"{interrupts.command()}"
        )


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


def _free_name(parent: pathlib.Path) -> str:
    """The UTC time, later by a second where two runs start in the same."""
    while True:
        name = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        if not (parent / name).exists():
            return name
        time.sleep(0.2)
