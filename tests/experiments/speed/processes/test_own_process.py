"""What is measured alone has a process of its own."""

import os

import pytest

from experiments.speed.processes import own_process


def test_a_function_is_called_in_another_process():
    assert own_process.call(os.getpid) != os.getpid()


def test_its_error_comes_back():
    with pytest.raises(ZeroDivisionError):
        own_process.call(divmod, 1, 0)
