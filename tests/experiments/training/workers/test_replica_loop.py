"""Two workers end with what one does, and what a kill leaves goes on."""

import re
import signal
import subprocess
import time

import joint_training
import numpy as np
import pytest
import tone_manifest
import worker_groups

from experiments.runs import checkpoint, run_folder
from experiments.training.workers import group, watch

# As long as a busy machine needs.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LIMIT_SECONDS = 500
# How long a group may take to notice that one of it is gone.
GONE_SECONDS = 60


def said_by(log):
    return log.read_text(errors="replace")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Some tones, and room for all runs on them."""
    folder = tmp_path_factory.mktemp("replicas")
    tone_manifest.make(
        folder / "data",
        train=joint_training.TRAIN_RECORDINGS,
        test=6,
        seconds=1.0,
    )
    return folder


@pytest.fixture(scope="module")
def trained(folder):
    """The runs of joint_training.py: by kind, and in it by name."""
    command = [joint_training.__file__, folder]
    addresses = worker_groups.free_addresses(2)
    logs = [folder / f"joint {number}.log" for number in (0, 1)]
    processes = [
        worker_groups.start(command, addresses, number, log)
        for number, log in enumerate(logs)
    ]
    logs.append(folder / "devices.log")
    processes.append(worker_groups.start_alone(command, logs[-1]))
    try:
        for process, log in zip(processes, logs, strict=True):
            assert process.wait(LIMIT_SECONDS) == 0, said_by(log)
    finally:
        for process in processes:
            process.kill()
    return lambda kind, name: run_folder.RunDir(folder / "runs", kind, name)


def apart(one, other):
    """Largest difference of a weight, as a share of the largest of its kind.

    And the last losses of both runs.
    """
    found = [np.load(run.path / "weights.npz") for run in (one, other)]
    weights = [
        [file[name] for name in file.files if name != "loss"] for file in found
    ]
    differences = [
        np.abs(a - b).max() / max(np.abs(b).max(), 1e-3)
        for a, b in zip(*weights, strict=True)
    ]
    return max(differences), [float(file["loss"]) for file in found]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("two", "tagger"), ("two", "dual encoder"), ("devices", "tagger")],
)
def test_workers_and_devices_end_with_the_weights_of_one(trained, kind, name):
    both, alone = trained(kind, name), trained("one", name)
    difference, losses = apart(both, alone)
    assert difference < 1e-4
    np.testing.assert_allclose(*losses, rtol=1e-4)
    rows = [
        (run.path / "history.csv").read_text().splitlines()
        for run in (both, alone)
    ]
    assert rows[0][0] == rows[1][0] and len(rows[0]) == len(rows[1])
    assert len(list(both.tensorboard.glob("events.out.*"))) == 1


def test_another_batch_norm_is_another_training(trained):
    each = trained("two", "batch norm of each")
    assert apart(each, trained("one", "tagger"))[0] > 1e-3


class Group:
    """Two workers of one run, in processes of their own."""

    def __init__(self, folder, name, before=((), ()), hosts=("127.0.0.1",) * 2):
        self.folder, self.name, self.before = folder, name, before
        self.hosts = hosts
        self.run = run_folder.RunDir(folder / "runs", "baseline", name)

    def start(self, **values):
        """Starts both; returns them."""
        addresses = [
            worker_groups.free_addresses(1)[0].replace("127.0.0.1", host)
            for host in self.hosts
        ]
        return [self.one(number, addresses, **values) for number in (0, 1)]

    def one(self, number, addresses, **values):
        places = {
            "data": self.folder / "data",
            "runs": self.folder / "runs",
            "export": self.folder / "saved",
            "name": self.name,
            "strategy": "multi-worker",
            "epochs": 8,
            "checkpoint_seconds": 0.0,
        }
        line = tone_manifest.flags(**{**places, **values})
        return worker_groups.start(
            ["-m", "experiments.run_baseline", *line],
            addresses,
            number,
            self.log(number),
            self.before[number],
            **worker_groups.another_keras(self.folder / "keras"),
        )

    def log(self, number):
        return self.folder / f"{self.name}{number}.log"

    def step(self):
        names = sorted(p.name for p in self.run.checkpoints.glob("state-*"))
        return int(names[-1][6:16]) if names else 0

    def wait_for_step(self, workers, step):
        while self.step() < step:
            for number, worker in enumerate(workers):
                assert worker.poll() is None, said_by(self.log(number))
            time.sleep(0.02)

    def end_after(self, workers, act):
        """Statuses, and seconds from what was done to the last one."""
        begin = time.monotonic()
        act()
        statuses = [worker.wait(LIMIT_SECONDS) for worker in workers]
        return statuses, time.monotonic() - begin


def final_weights(run):
    _, arrays = checkpoint.load(run.checkpoints)
    return arrays["model"]


def test_a_group_of_which_one_is_killed_stops_and_goes_on(folder):
    killed, alone = Group(folder, "killed"), Group(folder, "alone")
    # Of 48 steps.
    for victim, step in ((1, 7), (0, 20)):
        workers = killed.start()
        killed.wait_for_step(workers, step)
        statuses, seconds = killed.end_after(workers, workers[victim].kill)
        other = 1 - victim
        assert statuses[victim] == -signal.SIGKILL
        assert statuses[other] in (group.TRY_AGAIN, -signal.SIGKILL)
        assert seconds < GONE_SECONDS
        said = said_by(killed.log(other))
        assert re.search(rf"error: lost worker {victim} \(127\S+\)", said)
        assert not killed.run.finished
    for each in (killed, alone):
        workers = each.start()
        for number, worker in enumerate(workers):
            assert worker.wait(LIMIT_SECONDS) == 0, said_by(each.log(number))
        assert each.run.finished
        assert len(list(each.run.tensorboard.glob("events.out.*"))) >= 1
        # One writer: the other says nothing of epochs.
        assert "epoch 8/8" in said_by(each.log(0))
        assert "epoch" not in said_by(each.log(1))
    assert len(list((folder / "saved").iterdir())) == 2
    for (name, a), (_, b) in zip(
        final_weights(killed.run), final_weights(alone.run), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6, err_msg=name)


def test_a_worker_that_never_comes_is_named(folder):
    waiting = Group(folder, "waiting")
    addresses = worker_groups.free_addresses(2)
    chief = waiting.one(0, addresses, wait_for_workers=2.0)
    assert chief.wait(LIMIT_SECONDS) == -signal.SIGKILL
    said = said_by(waiting.log(0))
    assert f"worker 1 ({addresses[1]}) did not come within 2 s" in said


def test_a_worker_that_waits_for_others_ends_at_ctrl_c(folder):
    waiting = Group(folder, "stopped")
    addresses = worker_groups.free_addresses(2)
    chief = waiting.one(0, addresses)
    try:
        while watch.unreachable({"worker 0": addresses[0]}):
            assert chief.poll() is None, said_by(waiting.log(0))
            time.sleep(0.2)
        time.sleep(2.0)  # by now it waits
        chief.send_signal(signal.SIGINT)
        assert chief.wait(10) == -signal.SIGINT
    finally:
        chief.kill()


@pytest.fixture
def namespaces():
    """Two network namespaces with an address each, and a cable."""
    names = ("tftag-a", "tftag-b")

    def ip(*words):
        return subprocess.run(
            ["ip", *words], check=True, capture_output=True, text=True
        )

    try:
        for name in names:
            ip("netns", "add", name)
        ip(*"link add va netns tftag-a type veth peer vb netns tftag-b".split())
        for name, link, host in zip(names, ("va", "vb"), "12", strict=True):
            ip("-n", name, "address", "add", f"10.77.0.{host}/24", "dev", link)
            ip("-n", name, "link", "set", link, "up")
            ip("-n", name, "link", "set", "lo", "up")
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", None) or error
        pytest.skip(f"network namespaces are not permitted here: {reason}")
    yield names, ip
    for name in names:
        ip("netns", "delete", name)


def test_a_worker_that_is_cut_off_ends_both_sides(folder, namespaces):
    names, ip = namespaces
    cut = Group(
        folder,
        "cut_off",
        [("ip", "netns", "exec", name) for name in names],
        ("10.77.0.1", "10.77.0.2"),
    )
    workers = cut.start(epochs=10_000, score_every=10_000)
    cut.wait_for_step(workers, 5)
    statuses, seconds = cut.end_after(
        workers, lambda: ip("-n", names[1], "link", "set", "vb", "down")
    )
    assert seconds < GONE_SECONDS
    for number, status in enumerate(statuses):
        assert status in (group.TRY_AGAIN, -signal.SIGKILL)
        assert f"error: lost worker {1 - number} " in said_by(cut.log(number))
