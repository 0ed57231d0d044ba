"""What is tried again when a server or a line fails, and how it is named."""

import errno
import http
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tftag.storage.remote import address as addresses

ATTEMPTS = 7  # with the waits between them, half a minute and more
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 16.0
# gcsfs itself tries six times, over half a minute, before it gives up.
GS_ATTEMPTS = 2

MISSING = "it is not there"
_BUSY = (408, 425, 429)  # of the answers below 500
_UNKNOWN_METHOD = 501
_LOCAL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LASTING = (
    FileNotFoundError,
    PermissionError,
    FileExistsError,
    IsADirectoryError,
    NotADirectoryError,
    ValueError,
    TypeError,
    AttributeError,
)
# What botocore refuses before it asks anybody, as the name of a bucket.
_REFUSED = {
    "ParamValidationError",
    "EndpointResolutionError",
    "NoRegionError",
    "InvalidRegionError",
    "ProfileNotFound",
    "ConfigParseError",
}
_IN_ADDRESS = (
    "credentials in the address of a bucket are not read: give them by "
    "variables (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
    "GOOGLE_APPLICATION_CREDENTIALS)"
)
_CREDENTIALS = (
    "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
    "FSSPEC_S3_ANON=true for a public bucket"
)
_Result = TypeVar("_Result")


class RemoteError(OSError):
    """A remote file that cannot be used; the text has no secrets.

    Attributes:
        reason: Why, without the address.
        is_missing: Whether it is not there.
    """

    def __init__(
        self, address: addresses.Address, reason: str, is_missing: bool = False
    ):
        """Keeps what callers decide by."""
        super().__init__(f"{address}: {reason}")
        self.reason = reason
        self.is_missing = is_missing


class PermanentError(Exception):
    """Raised inside of a call that another try would not help."""


def retried(address: addresses.Address, call: Callable[[], _Result]) -> _Result:
    """Calls until it succeeds, with growing waits.

    Args:
        address: What to name.
        call: Reads or writes it; raises whatever its library raises.

    Returns:
        What `call` returns.

    Raises:
        RemoteError: The failure is one that lasts, or the last try failed.
        OSError: The disk of this machine is full.
    """
    attempts = _attempts(address)
    attempt = 0
    while True:
        attempt += 1
        try:
            return call()
        except Exception as error:
            failure = _failure(address, error, attempt, attempts)
        if failure is not None:
            # Not from the cause: its text may hold a signed address.
            raise failure from None
        time.sleep(_wait_seconds(attempt))


async def retried_async(
    address: addresses.Address,
    call: Callable[[], Awaitable[_Result]],
    most_attempts: int,
) -> _Result:
    """As `retried`, for who waits in an event loop.

    Args:
        address: What to name.
        call: Reads it.
        most_attempts: Tries at most.

    Returns:
        What `call` returns.

    Raises:
        RemoteError: The failure is one that lasts, or the last try failed.
    """
    import asyncio  # here, because it is slow to import

    attempts = min(most_attempts, _attempts(address))
    attempt = 0
    while True:
        attempt += 1
        try:
            return await call()
        except Exception as error:
            failure = _failure(address, error, attempt, attempts)
        if failure is not None:
            raise failure from None
        await asyncio.sleep(_wait_seconds(attempt))


def _attempts(address: addresses.Address) -> int:
    if address.has_user and not address.is_web:
        raise RemoteError(address, _IN_ADDRESS)
    return GS_ATTEMPTS if address.scheme == "gs" else ATTEMPTS


def _wait_seconds(attempt: int) -> float:
    """How long to wait after an attempt, the first of which is 1."""
    longest = min(FIRST_WAIT_SECONDS * 2 ** (attempt - 1), LONGEST_WAIT_SECONDS)
    # Not all at the same moment, when a server comes back.
    return longest * random.uniform(0.75, 1.25)


def _failure(
    address: addresses.Address, error: Exception, attempt: int, attempts: int
) -> RemoteError | None:
    """What an attempt failed of; None where another one may help."""
    if isinstance(error, OSError) and error.errno in _LOCAL:
        raise error
    cause = _cause(error)
    if not _lasts(cause) and attempt < attempts:
        return None
    reason = _reason(cause, address)
    if attempt > 1:
        reason += f" (tried {attempt} times)"
    return RemoteError(address, reason, _is_missing(cause))


def _cause(error: BaseException) -> BaseException:
    """What fsspec's web client hides behind a FileNotFoundError."""
    hidden = error.__cause__
    if isinstance(error, FileNotFoundError) and hidden is not None:
        return hidden
    return error


def _status(error: BaseException) -> int | None:
    """The status of the server's answer, or None where there was none."""
    for each in (error, error.__cause__):
        answer = getattr(each, "response", None)  # botocore's
        if isinstance(answer, dict):
            status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
        else:
            known = getattr(each, "__dict__", {})  # None has no attributes
            status = known.get("status") or known.get("code")
        if str(status).isdecimal():
            return int(status)
    return None


def _lasts(error: BaseException) -> bool:
    if isinstance(error, TimeoutError):
        return False  # whatever the status: S3 tells of its own by 400
    status = _status(error)
    if status is not None:
        if status < 500:
            return status not in _BUSY
        return status == _UNKNOWN_METHOD
    if isinstance(error, (PermanentError, *_LASTING)):
        return True
    causes = type(error), type(error.__cause__)
    if any(kind.__name__ in _REFUSED for each in causes for kind in each.mro()):
        return True
    # What gcsfs makes of 403 has no number at all.
    bare = type(error) is OSError and error.errno is None
    return bare or "Credential" in type(error).__name__


def _is_missing(error: BaseException) -> bool:
    return isinstance(error, FileNotFoundError) or _status(error) in (404, 410)


def _reason(error: BaseException, address: addresses.Address) -> str:
    if isinstance(error, PermanentError):
        return str(error)
    if _is_missing(error):
        return MISSING
    if type(error).__name__ == "NoCredentialsError":
        return _CREDENTIALS
    status = _status(error)
    said = " ".join(address.hidden_in(str(error)).split())
    if status is not None:
        try:
            phrase = http.HTTPStatus(status).phrase
        except ValueError:
            phrase = "an unknown status"
        if address.is_web or phrase in said:
            said = phrase
        return f"the server answers {status} ({said})"
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
