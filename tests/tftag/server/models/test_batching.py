import threading

import numpy as np
import pytest

from tftag.server.models import batching


class Runs:
    """Doubles what comes; the first batch waits until it is let go."""

    def __init__(self):
        self.go, self.began = threading.Event(), threading.Event()
        self.batches = []

    def __call__(self, key, inputs):
        self.began.set()
        assert self.go.wait(60)
        (values,) = inputs.values()
        self.batches.append((key, len(values)))
        if np.any(values == 13):
            raise ValueError("thirteen")
        return {
            "doubled": 2 * values,
            "width": np.full(len(values), values.shape[1]),
        }


@pytest.fixture
def runs():
    return Runs()


@pytest.fixture
def batcher(runs):
    counts = []
    made = batching.Batcher(runs, 8, 1 << 20, counts.append)
    made.counts = counts
    # What keeps it busy while the others come.
    runs.first = made.submit("first", {"x": np.zeros((1, 1))})
    assert runs.began.wait(60)
    yield made
    runs.go.set()
    made.close()


def submit(batcher, key, *values):
    return batcher.submit(key, {"x": np.array(values, float).reshape(-1, 1)})


def test_what_waits_and_fits_is_one_batch_and_each_has_its_own(batcher, runs):
    answers = [submit(batcher, "a", row, row + 100) for row in range(3)]
    other = submit(batcher, "b", 7)
    last = submit(batcher, "a", 50)
    runs.go.set()
    for row, answer in enumerate(answers):
        found = answer.result(60)["doubled"]
        np.testing.assert_array_equal(found, [[2 * row], [2 * row + 200]])
    assert other.result(60)["doubled"] == [[14]]
    assert last.result(60)["doubled"] == [[100]]
    assert runs.batches == [("first", 1), ("a", 7), ("b", 1)]
    assert batcher.counts == [1, 4, 1]


def test_a_bad_request_costs_itself_only(batcher, runs):
    answers = [submit(batcher, "a", value) for value in (1, 13, 3)]
    runs.go.set()
    assert answers[0].result(60)["doubled"] == [[2]]
    with pytest.raises(ValueError, match="thirteen"):
        answers[1].result(60)
    assert answers[2].result(60)["doubled"] == [[6]]


def test_an_answer_that_has_no_rows_is_nobody_elses():
    said = np.arange(3)
    begun, go = threading.Event(), threading.Event()

    def run(key, inputs):
        begun.set()
        assert go.wait(60)
        return {"said": said}

    batcher = batching.Batcher(run, 8, 1 << 20, lambda count: None)
    first = submit(batcher, "first", 0)
    assert begun.wait(60)
    answers = [submit(batcher, "a", value) for value in range(2)]
    go.set()
    for answer in (first, *answers):
        np.testing.assert_array_equal(answer.result(60)["said"], said)
    batcher.close()


def test_no_more_rows_than_allowed_are_joined(batcher, runs):
    answers = [submit(batcher, "a", *range(3)) for _ in range(4)]
    runs.go.set()
    for answer in answers:
        assert len(answer.result(60)["doubled"]) == 3
    assert [rows for _, rows in runs.batches] == [1, 6, 6]


def test_what_nobody_waits_for_any_more_is_not_run(batcher, runs):
    gone, kept = submit(batcher, "a", 1), submit(batcher, "a", 2)
    assert gone.cancel()
    runs.go.set()
    assert kept.result(60)["doubled"] == [[4]]
    assert runs.batches == [("first", 1), ("a", 1)]


def test_shorter_rows_are_filled_up_with_zeros(batcher, runs):
    short = batcher.submit("a", {"x": np.ones((1, 2))})
    long = batcher.submit("a", {"x": np.ones((2, 5))})
    runs.go.set()
    np.testing.assert_array_equal(
        short.result(60)["doubled"], [[2, 2, 0, 0, 0]]
    )
    np.testing.assert_array_equal(
        long.result(60)["doubled"], np.full((2, 5), 2)
    )


def test_after_its_end_it_takes_nothing_and_leaves_nobody_waiting(runs):
    batcher = batching.Batcher(runs, 8, 1 << 20, lambda count: None)
    answer = submit(batcher, "a", 1)
    batcher.close()
    with pytest.raises(RuntimeError):
        submit(batcher, "a", 2)
    runs.go.set()
    assert answer.result(60)["doubled"] == [[2]]
