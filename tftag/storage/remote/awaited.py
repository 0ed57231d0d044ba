"""Reads remote files for an event loop, which waits for nobody.

fsspec has a loop of its own, in a thread. What is asked for here runs there and
takes no thread of who waits; it ends when that is cancelled.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from tftag.storage.remote import address as addresses
from tftag.storage.remote import (
    file_systems,
    remote_listing,
    retries,
    transfers,
)

# Somebody waits: with the waits between them less than five seconds.
_MOST_ATTEMPTS = 4
_Result = TypeVar("_Result")


async def look_up(address: addresses.Address) -> remote_listing.RemoteFile:
    """Size and version of a file.

    Raises:
        RemoteError: The server does not tell.
        ValueError: The library of its scheme is not installed.
    """
    files = await _opened(address)
    info = await _retried(address, files, lambda: files._info(address.text))
    return remote_listing.facts_of(info)


async def read_range(
    address: addresses.Address, first: int, count: int
) -> bytes:
    """Reads a part of a file, as `transfers.read_range` does.

    Args:
        address: The file.
        first: Its first byte, from 0.
        count: Number of bytes, at least 1.

    Returns:
        Exactly that many bytes.

    Raises:
        RemoteError: It cannot be read, or is not long enough.
        ValueError: The library of its scheme is not installed.
    """
    files = await _opened(address)

    async def read() -> bytes:
        part = await files._cat_file(
            address.text, start=first, end=first + count
        )
        return transfers.checked_part(part, count)

    return await _retried(address, files, read)


async def _opened(address: addresses.Address) -> Any:
    """The file system; its library may take a second to import."""
    return await asyncio.to_thread(file_systems.of, address)


async def _retried(
    address: addresses.Address,
    files: Any,
    call: Callable[[], Coroutine[Any, Any, _Result]],
) -> _Result:
    def begun() -> Awaitable[_Result]:
        there = asyncio.run_coroutine_threadsafe(call(), files.loop)
        return asyncio.wrap_future(there)

    return await retries.retried_async(address, begun, _MOST_ATTEMPTS)
