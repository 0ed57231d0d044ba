"""Requests of several clients run as one batch.

While a batch runs, what comes in waits; whatever then fits together is the
next one. So nobody waits for company, and the more come, the more are joined.
"""

import collections
import concurrent.futures
import dataclasses
import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.server.models import signature_rows

Arrays = Mapping[str, npt.NDArray[Any]]


@dataclasses.dataclass(eq=False)
class _Job:
    key: Hashable
    inputs: Arrays
    rows: int
    size: int
    answer: "concurrent.futures.Future[dict[str, npt.NDArray[Any]]]"


class Batcher:
    """A thread that runs what waits, joined where that changes no answer.

    Args:
        run: Takes the key and the inputs, `[rows, ...]` each, and gives the
            outputs, whose dimension 0 is that of the inputs.
        most_rows: Of a batch that several share.
        most_bytes: Likewise.
        observe: Gets the number of requests in every batch.
    """

    def __init__(
        self,
        run: Callable[[Hashable, Arrays], Mapping[str, npt.NDArray[Any]]],
        most_rows: int,
        most_bytes: int,
        observe: Callable[[int], None],
    ) -> None:
        """Starts the thread."""
        self._run = run
        self._most_rows, self._most_bytes = most_rows, most_bytes
        self._observe = observe
        self._waiting: collections.deque[_Job] = collections.deque()
        self._changed = threading.Condition()
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def submit(
        self, key: Hashable, inputs: Arrays
    ) -> "concurrent.futures.Future[dict[str, npt.NDArray[Any]]]":
        """Has a request run.

        Args:
            key: What is equal may be joined: the other dimensions must be,
                or the inputs be such that zeros behind the shorter ones
                change nothing.
            inputs: Arrays `[rows, ...]` by name.

        Returns:
            What will hold the outputs; cancelled, it is not run.
        """
        answer: concurrent.futures.Future[dict[str, npt.NDArray[Any]]]
        answer = concurrent.futures.Future()
        rows = max(len(np.atleast_1d(value)) for value in inputs.values())
        size = sum(map(_bytes, inputs.values()))
        job = _Job(key, inputs, rows, size, answer)
        with self._changed:
            if self._is_closed:
                raise RuntimeError("The model has been taken down.")
            self._waiting.append(job)
            self._changed.notify()
        return answer

    def close(self) -> None:
        """Ends the thread, after what waits."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def _work(self) -> None:
        while jobs := self._taken():
            jobs = [
                job for job in jobs if job.answer.set_running_or_notify_cancel()
            ]
            if jobs:
                self._observe(len(jobs))
                self._answer(jobs)
            del jobs  # or the last answer stays until the next request

    def _taken(self) -> list[_Job]:
        """The first that waits, and whatever fits to it; none at the end."""
        with self._changed:
            while not self._waiting:
                if self._is_closed:
                    return []
                self._changed.wait()
            first = self._waiting.popleft()
            taken, rows, size = [first], first.rows, first.size
            for job in list(self._waiting):
                fits = (
                    job.key == first.key
                    and rows + job.rows <= self._most_rows
                    and size + job.size <= self._most_bytes
                )
                if fits:
                    taken.append(job)
                    rows, size = rows + job.rows, size + job.size
                    self._waiting.remove(job)
            return taken

    def _answer(self, jobs: list[_Job]) -> None:
        try:
            outputs = self._run(
                jobs[0].key, signature_rows.joined([j.inputs for j in jobs])
            )
            answers = _parted(outputs, [job.rows for job in jobs])
        except Exception as error:  # whoever asked is told
            if len(jobs) == 1:
                jobs[0].answer.set_exception(error)
                return
            # One of them costs its own request only.
            for job in jobs:
                self._answer([job])
            return
        for job, answer in zip(jobs, answers, strict=True):
            job.answer.set_result(answer)


def _parted(
    outputs: Mapping[str, npt.NDArray[Any]], rows: list[int]
) -> list[dict[str, npt.NDArray[Any]]]:
    if len(rows) == 1:
        return [dict(outputs)]
    if any(len(value) != sum(rows) for value in outputs.values()):
        # Nobody would know whose is what; alone each has all of it.
        raise ValueError("an output has not as many rows as the inputs")
    ends = np.cumsum(rows)[:-1]
    parts = {name: np.split(value, ends) for name, value in outputs.items()}
    return [
        {name: values[place] for name, values in parts.items()}
        for place in range(len(rows))
    ]


def _bytes(value: npt.NDArray[Any]) -> int:
    if value.dtype == object:
        return sum(map(len, value.ravel()))
    return value.nbytes
