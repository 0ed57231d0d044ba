"""Ctrl-C ends a command within seconds, and says what is kept.

Python hears of it between two steps of the main thread, which may be far
apart: a step of TensorFlow, the decoding of a long file, the end of a thread.
A second thread ends the process then. Whatever is kept is written whole or
not at all (`storage.atomic_write`), so a run that was ended so goes on as well.
"""

import contextlib
import dataclasses
import multiprocessing
import os
import shlex
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tftag.console import addresses

STATUS = 130
GRACE_SECONDS = 3.0

_python_handler = signal.default_int_handler
_keepers: list["_Keeper"] = []


@dataclasses.dataclass(eq=False)
class _Keeper:
    """Says, once, what is kept."""

    keep: Callable[[], str]
    text: str | None = None
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def __call__(self) -> str:
        with self.lock:
            if self.text is None:
                try:
                    self.text = self.keep()
                except (OSError, ValueError) as error:
                    self.text = f"the last part could not be kept: {error}"
            return self.text


@contextlib.contextmanager
def keeping(keep: Callable[[], str]) -> Iterator[None]:
    """Says what is kept of the work of the block, should Ctrl-C end it.

    Args:
        keep: Saves what is finished, where the block does not do so itself,
            and says what is kept and how to go on. Called at most once,
            perhaps while the block stands still in another thread.
    """
    keeper = _Keeper(keep)
    _keepers.append(keeper)
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if interrupt.args:  # a block inside has said so
            raise
        raise KeyboardInterrupt(keeper()) from None
    finally:
        _keepers.remove(keeper)


def command(*more: str) -> str:
    """The command that was typed, as a shell takes it, with more words.

    Passwords in addresses are left out.
    """
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    words = [sys.argv[0]]
    if spec is not None:
        words = [sys.executable, "-m", spec.name.removesuffix(".__main__")]
    words += [addresses.without_secrets(word) for word in sys.argv[1:]]
    return shlex.join([*words, *more])


def end_at_once_while_starting(is_script: bool = False) -> None:
    """Has Ctrl-C end a command that is still importing what it needs.

    Libraries take seconds to load, with no step of Python in between, and
    nothing is done yet. For the first import of what `python -m` starts; does
    nothing where something else imports it. `watched` takes over.

    Args:
        is_script: Whether nothing but a script of a command imports this.
    """
    is_starting = is_script or sys.argv[:1] == ["-m"]
    if is_starting and signal.getsignal(signal.SIGINT) is _python_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextlib.contextmanager
def watched() -> Iterator[threading.Event]:
    """Ends the process some seconds after Ctrl-C if the block has not.

    Yields:
        Set as soon as there was a Ctrl-C.
    """
    came, ended = threading.Event(), threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield came  # signals are the main thread's
        return
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, _python_handler)
    heard, told = socket.socketpair()
    told.setblocking(False)
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    threading.Thread(
        target=_watch, args=(heard, came, ended), daemon=True
    ).start()
    try:
        yield came
    finally:
        ended.set()
        signal.set_wakeup_fd(before)
        told.close()


@contextlib.contextmanager
def unwatched() -> Iterator[None]:
    """Leaves Ctrl-C to the block, however long it takes to end after one."""
    before = signal.set_wakeup_fd(-1)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)


def say(interrupt: KeyboardInterrupt) -> str:
    """What is said of an interrupt, in a line."""
    return f"interrupted: {interrupt}" if interrupt.args else "interrupted"


def leave() -> None:
    """Ends the process now: nothing is waited for, nobody else is asked."""
    for child in multiprocessing.active_children():
        child.kill()
    os._exit(STATUS)


def _watch(heard: Any, came: Any, ended: Any) -> None:
    with heard:
        while signals := heard.recv(1):
            if signals[0] == signal.SIGINT:
                came.set()
                if not ended.wait(GRACE_SECONDS):
                    _end()
                return


def _end() -> None:
    text = say(KeyboardInterrupt(*(keeper() for keeper in _keepers[-1:])))
    # Past Python's streams, which the main thread may hold.
    line = text.encode(errors="backslashreplace") + b"\n"
    with contextlib.suppress(OSError):
        os.write(2, line)
    leave()
