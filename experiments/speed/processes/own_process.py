"""Calls a function where nothing else was done before: in a new process."""

import concurrent.futures
import multiprocessing
from collections.abc import Callable
from typing import TypeVar

_Result = TypeVar("_Result")


def call(work: Callable[..., _Result], *arguments: object) -> _Result:
    """Calls a function of a module in a new interpreter.

    Args:
        work: The function.
        *arguments: Of it; they are pickled, as is what it returns.
    """
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, spawn) as pool:
        return pool.submit(work, *arguments).result()
