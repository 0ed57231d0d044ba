"""Who trains together, as TF_CONFIG says it."""

import json

import pytest

from experiments.training.workers import cluster

WORKERS = {"worker": ["a:2222", "b:2223"]}


def read(monkeypatch, jobs, task):
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": jobs, "task": task}))
    return cluster.from_environment()


def test_the_first_worker_is_the_chief(monkeypatch):
    found = read(monkeypatch, WORKERS, {"type": "worker", "index": 0})
    assert found.number == 0
    assert found.peers == {"worker 1 (b:2223)": "b:2223"}
    other = read(monkeypatch, WORKERS, {"type": "worker", "index": "1"})
    assert other.number == 1
    assert other.peers == {"worker 0 (a:2222)": "a:2222"}


def test_where_there_is_a_chief_it_comes_before_the_workers(monkeypatch):
    found = read(
        monkeypatch,
        {**WORKERS, "chief": ["c:2224"]},
        {"type": "worker", "index": 1},
    )
    assert found.names == ("chief 0", "worker 0", "worker 1")
    assert found.addresses == ("c:2224", "a:2222", "b:2223")
    assert found.number == 2


HERE = '"task": {"type": "worker", "index": 0}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "worker 1",
        "[]",
        '{"cluster": {"worker": ["a:1"]}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"index": 1}}',
        '{"cluster": {"chief": ["a:1"]}, %s}' % HERE,
        '{"cluster": {"worker": ["a"]}, %s}' % HERE,
        '{"cluster": {"worker": ["a:0"]}, %s}' % HERE,
        '{"cluster": {"worker": ["a:1"], "ps": ["b:1"]}, %s}' % HERE,
        '{"cluster": {"worker": ["a:1"], "chief": ["b:1", "c:1"]}, %s}' % HERE,
        '{"cluster": {"worker": ["a:1", "a:1"]}, %s}' % HERE,
    ],
)
def test_a_place_that_cannot_be_is_refused(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ValueError, match="TF_CONFIG") as refused:
        cluster.from_environment()
    assert f"Received: {text!r}" in str(refused.value)
