"""How every command ends: a status, and one line where input was bad."""

import argparse
import contextlib
import errno
import itertools
import logging
import os
import re
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from tftag.console import addresses, interrupts, terminal
from tftag.storage import near_names

BAD_INPUT = 2
BROKEN_PIPE = 141
# What word processors and pages make of -- and -.
_DASHED = re.compile("-*[‐‑‒–—―−﹘－]+-*([a-z][a-z-]*)(?=$|=)")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_log = logging.getLogger(__name__)


if TYPE_CHECKING:
    # What a command adds its parser to.
    Commands = argparse._SubParsersAction["Parser"]


class Parser(argparse.ArgumentParser):
    """An argument parser that answers a wrong argument with one line.

    A `~/` at the start of a value is one's home, also where no shell puts it
    there: in `--out=~/x`, in quotes, and in the arguments of a container.
    """

    def parse_known_args(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        namespace: argparse.Namespace | None = None,
    ) -> tuple[argparse.Namespace, list[str]]:
        """Reads the arguments, `sys.argv` where none are given."""
        given = sys.argv[1:] if args is None else args
        self._refuse_other_dashes(given)
        return super().parse_known_args(
            [
                flag + os.path.expanduser(value)
                for flag, value in map(_split_flag, given)
            ],
            namespace,
        )

    def _refuse_other_dashes(self, given: Sequence[str]) -> None:
        """Refuses a flag that would be taken for the name of a file."""
        for text in itertools.takewhile("--".__ne__, given):
            found = _DASHED.match(text)
            flag = f"--{found[1]}" if found else ""
            if flag in self._option_string_actions and not os.path.exists(text):
                self.error(f"{text} must begin with two minuses: write {flag}")

    def error(self, message: str) -> NoReturn:
        """Ends with status 2, without the usage, which can fill a screen."""
        # What begins with a minus is taken for a flag.
        flag = re.match(r"argument (--\S+): expected one argument", message)
        if flag:
            message += f": {flag[1]}=VALUE where it begins with a minus"
        elif re.search(r"are required: [A-Z_]+$", message):
            message += ", behind -- where it begins with a minus"
        elif found := re.match(r"unrecognized arguments: (-.+)", message):
            if os.path.lexists(found[1]):
                message += f": write ./{found[1]}"
        line = _one_line(f"{message}; {self.prog} --help says more")
        self.exit(BAD_INPUT, f"error: {line}\n")


class WholePaths(argparse.HelpFormatter):
    """Leaves a path in one piece, however long, so that it can be copied."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(
            " ".join(text.split()),
            width,
            break_long_words=False,
            break_on_hyphens=False,
        )


def _split_flag(argument: str) -> tuple[str, str]:
    """A flag with its `=`, and a value that may be a path of one's home."""
    found = re.match(r"(--[\w-]+=)?(?=~/)", argument)
    flag = found[0] if found else argument
    return flag, argument[len(flag) :]


def run(
    main: Callable[[list[str] | None], int], argv: list[str] | None = None
) -> int:
    """Calls `main(argv)` and turns bad input into one line on stderr.

    The traceback of such an error is logged at level DEBUG.

    Args:
        main: What the command does; returns its exit status.
        argv: Arguments without the program's name; None takes `sys.argv`.

    Returns:
        The status of `main`; 2 after bad input or a file that cannot be read
        or written, 130 after an interrupt, 141 when the reader of the output
        went away.
    """
    with terminal.plain_streams(), interrupts.watched() as interrupted:
        try:
            status = main(argv)
            # Text still in the buffer would fail after the status is decided.
            sys.stdout.flush()
            return status
        except KeyboardInterrupt as interrupt:
            sys.stderr.write(f"{interrupts.say(interrupt)}\n")
            if interrupted.is_set():
                # The end of TensorFlow's threads can take long.
                with contextlib.suppress(OSError, ValueError):
                    sys.stdout.flush()
                sys.stderr.flush()
                interrupts.leave()
            return interrupts.STATUS
        except BrokenPipeError:
            # Otherwise the interpreter flushes again at exit and complains.
            sys.stdout = open(os.devnull, "w")
            return BROKEN_PIPE
        except (ValueError, OSError) as error:
            return _refuse(error, _describe(error))
        except Exception as error:
            # TensorFlow has exceptions of its own for what the system says.
            for text in map(os.strerror, _FULL):
                if text in str(error):
                    return _refuse(error, text)
            raise


def _refuse(error: Exception, text: str) -> int:
    _log.debug("%s", type(error).__name__, exc_info=True)
    sys.stderr.write(f"error: {_one_line(text)}\n")
    return BAD_INPUT


def _one_line(text: str) -> str:
    """The text without line ends, secrets, and colours, which Keras gives."""
    text = addresses.without_secrets(text)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
    return " ".join(line.strip() for line in lines if line.strip())


def _describe(error: ValueError | OSError) -> str:
    """The message without the errno that Python puts before it."""
    if isinstance(error, OSError) and error.strerror:
        names = [
            name
            for name in (error.filename, error.filename2)
            if isinstance(name, str | bytes | os.PathLike)  # no descriptor
        ]
        text = ": ".join([error.strerror, *(os.fsdecode(n) for n in names)])
        if isinstance(error, FileNotFoundError) and names:
            text += f".{near_names.hint(os.fsdecode(names[0]))}"
        return text.removesuffix(".")
    return str(error) or type(error).__name__
