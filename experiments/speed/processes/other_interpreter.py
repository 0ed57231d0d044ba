"""A program in another interpreter that answers a JSON line with another."""

import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, cast

Ask = Callable[..., dict]


@contextlib.contextmanager
def asked(python: str, program: pathlib.Path, needs: str) -> Iterator[Ask]:
    """Starts a program, and ends it with the block.

    Args:
        python: Interpreter.
        program: File, or folder with a `__main__.py`.
        needs: What the interpreter must be, as an error says it.

    Yields:
        Asks the program a question, given by name, and returns its answer.

    Raises:
        ValueError: It does not answer.
    """

    def refused(said: str) -> ValueError:
        return ValueError(f"{needs}. Received: {python} ({said})")

    with contextlib.ExitStack() as stack:
        errors = stack.enter_context(tempfile.TemporaryFile("w+"))
        try:
            process = stack.enter_context(
                subprocess.Popen(
                    [python, str(program)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    text=True,
                    # A cache of compiled code elsewhere than in the sources.
                    env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
                )
            )
        except OSError as error:
            raise refused(str(error)) from error

        # Pipes both, as asked for.
        stdin = cast(IO[str], process.stdin)
        stdout = cast(IO[str], process.stdout)

        def ask(**question: object) -> dict:
            try:
                stdin.write(json.dumps(question) + "\n")
                stdin.flush()
                return json.loads(stdout.readline())
            # Of what is no JSON, and of a pipe that was closed here.
            except (BrokenPipeError, ValueError) as error:
                with contextlib.suppress(BrokenPipeError):
                    stdin.close()  # would flush at exit, and fail
                process.wait()
                errors.seek(0)
                said = errors.read().strip().splitlines() or ["no answer"]
                raise refused(said[-1]) from error

        try:
            yield ask
        finally:
            # Popen's own end does not wait for it after Ctrl-C.
            process.kill()
            process.wait()
