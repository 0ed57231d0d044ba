"""What one process alone says and shares, and what a group refuses."""

import keras
import numpy as np
import pytest

from experiments.training.workers import group
from pipelines.reading import tf_data
from tftag import layers


def test_alone_all_is_said_and_read_by_the_one_who_decides():
    alone = group.join("none", 1.0)
    assert alone.is_chief and alone.count == 1
    assert alone.share == tf_data.WHOLE
    assert alone.exchange({"a": 1}) == [{"a": 1}]
    alone.agree({"a": 1})
    variable = keras.Variable(np.ones(3))
    alone.assign_from_chief([variable])
    np.testing.assert_array_equal(variable, np.ones(3))
    with alone.together(), alone.scope():
        alone.end()


def test_a_group_without_addresses_is_refused(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(ValueError, match="TF_CONFIG"):
        group.join("multi-worker", 1.0)
    with pytest.raises(ValueError, match="mirrored.*Received: 'horovod'"):
        group.join("horovod", 1.0)


def test_workers_that_were_told_otherwise_are_named(monkeypatch):
    found = group.clusters.Cluster(("worker 0", "worker 1"), ("a:1", "b:1"), 0)
    workers = group.Workers(None, found)
    monkeypatch.setattr(
        group.Workers,
        "exchange",
        lambda self, said: [said, {**said, "batch_size": 8}],
    )
    with pytest.raises(ValueError, match="batch_size: 8 at worker 1, 16 at"):
        workers.agree({"batch_size": 16, "data": "abc"})


def test_every_batch_norm_inside_is_synchronized():
    inputs = keras.Input((4,))
    inner = keras.Sequential([keras.Input((4,)), layers.BatchNormalization()])
    outputs = keras.layers.BatchNormalization()(inner(inputs))
    model = keras.Model(inputs, outputs)
    x = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
    before = np.asarray(model(x, training=True))
    group.synchronize_batch_norm(model)
    norms = [inner.layers[0], model.layers[-1]]
    assert all(norm.synchronized for norm in norms)
    # By one device, the whole batch is its own part.
    np.testing.assert_allclose(model(x, training=True), before, atol=1e-5)


def test_who_is_cut_off_is_named_by_the_error():
    """Its process still runs, so that it can be reached."""
    error = group.tf.errors.UnavailableError(
        None,
        None,
        "Graph execution error:\n from /job:worker/task:2: "
        "/job:worker/replica:0/task:2 heartbeat timeout",
    )
    peers = ["worker 1 (10.0.0.1:1)", "worker 2 (10.0.0.2:1)"]
    assert group._named(error, peers) == ["worker 2 (10.0.0.2:1)"]
    # Chief and workers are each counted from 0.
    assert group._named(error, ["chief 2 (10.0.0.3:1)"]) == []
