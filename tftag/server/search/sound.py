"""The sound of a recording: all of its file, or the part that is asked for.

Of a file in a bucket no more is read than is sent, a block at a time. A store
that fails, or is slow, costs that answer alone, and takes no thread.
"""

import asyncio
import contextlib
import logging
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, BinaryIO

from starlette import concurrency, datastructures, responses

from tftag.console import counts_in_words
from tftag.search.index import recordings
from tftag.server.admission import refusals
from tftag.storage.remote import address as addresses
from tftag.storage.remote import (
    awaited,
    fetched_files,
    remote_listing,
    retries,
)

_log = logging.getLogger(__name__)

CHANGED = (
    "The file of this recording is not there any more, or has changed since "
    "it was indexed."
)
_BLOCK_BYTES = 1 << 20
_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})-(\d{0,18})", re.I)

Read = Callable[[int, int], Awaitable[bytes]]


class Sound(responses.Response):
    """The answer.

    Args:
        file: Opened here, and closed when it is sent; or where it is.
        known: What the index has of it.
        kind: Its media type.
        fetched: Files of buckets that are kept here.
        store_seconds: What a store may take for a block.
    """

    def __init__(
        self,
        file: BinaryIO | addresses.Address,
        known: recordings.Recording,
        kind: str,
        fetched: fetched_files.FetchedFiles,
        store_seconds: float,
    ) -> None:
        """Reads nothing yet."""
        self._file, self._known, self._fetched = file, known, fetched
        self._store_seconds = store_seconds
        # The key of a recording is another one when its file has changed.
        headers = {"Accept-Ranges": "bytes", "ETag": f'"{known.key:016x}"'}
        super().__init__(None, 200, headers, kind)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers; fails before it begins, or not to its end."""
        asked = datastructures.Headers(scope=scope)
        with contextlib.ExitStack() as held:
            if not isinstance(self._file, addresses.Address):
                held.enter_context(self._file)
            first, count = self._part(asked)
            blocks = self._blocks(await self._reader(held), first, count)
            block = await anext(blocks, b"")
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            while block:
                await _send(send, block, is_more=True)
                block = await anext(blocks, b"")
            await _send(send, b"", is_more=False)

    def _part(self, asked: datastructures.Headers) -> tuple[int, int]:
        """First byte, and how many; says so in the headers."""
        size, first = self._known.size_bytes, 0
        count = size
        of_this = asked.get("if-range") in (None, self.headers["etag"])
        part = asked_part(asked.get("range", ""), size) if of_this else None
        if part is not None:
            first, count = part
            self.status_code = 206
            last = first + count - 1
            self.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
        self.headers["Content-Length"] = str(count)
        return first, count

    async def _reader(self, held: contextlib.ExitStack) -> Read:
        """What reads a part; the file is what was indexed."""
        if not isinstance(self._file, addresses.Address):
            return _of_disk(self._file)
        known, place = self._known, self._file
        async with self._answering():
            facts = await awaited.look_up(place)
        found = facts.file_bytes, facts.version_number
        if found != (known.size_bytes, known.modified_ns):
            raise refusals.Refused(refusals.NOT_FOUND, CHANGED)
        kept = await concurrency.run_in_threadpool(
            self._fetched.opened,
            *(place, known.size_bytes, remote_listing.version_mark(facts)),
        )
        if kept is not None:
            return _of_disk(held.enter_context(kept))

        async def read(first: int, count: int) -> bytes:
            async with self._answering():
                return await awaited.read_range(place, first, count)

        return read

    @contextlib.asynccontextmanager
    async def _answering(self) -> AsyncIterator[None]:
        """Waits for the store within its time; who asks is not told more."""
        try:
            async with asyncio.timeout(self._store_seconds):
                yield
        except TimeoutError as error:
            raise refusals.Refused(
                refusals.TOO_SLOW,
                "The store of this recording took more than "
                f"{counts_in_words.count(self._store_seconds, 'second')}.",
            ) from error
        except (retries.RemoteError, ValueError) as error:
            if isinstance(error, retries.RemoteError) and error.is_missing:
                raise refusals.Refused(refusals.NOT_FOUND, CHANGED) from error
            _log.warning("%s", error)
            raise refusals.Refused(
                refusals.STORE_FAILED,
                "The store of this recording does not give it.",
                {"Retry-After": "10"},
            ) from error

    @staticmethod
    async def _blocks(
        read: Read, first: int, count: int
    ) -> AsyncIterator[bytes]:
        end = first + count
        while first < end:
            block = await read(first, min(_BLOCK_BYTES, end - first))
            if not block:
                raise OSError("a file that is being sent became shorter")
            first += len(block)
            yield block


def asked_part(header: str, size: int) -> tuple[int, int] | None:
    """The part that `Range` asks for.

    Args:
        header: What it says. Several parts, or what is no range, ask for all
            (RFC 9110, 14.2).
        size: Bytes that there are.

    Returns:
        First byte, and how many; None for all.

    Raises:
        refusals.Refused: There is no such part.

    Example:
        >>> asked_part("bytes=10-19", 100), asked_part("bytes=-8", 100)
        ((10, 10), (92, 8))
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or found[1] == found[2] == "":
        return None
    if found[1]:
        first = int(found[1])
        last = int(found[2]) if found[2] else max(first, size)
        if last < first:
            return None
    else:
        first, last = max(size - int(found[2]), 0), size
    if first >= size:
        raise refusals.Refused(
            refusals.NO_SUCH_PART,
            f"A range must begin in the {size} bytes of the file. "
            f"Received: {header:.100}.",
            {"Content-Range": f"bytes */{size}"},
        )
    return first, min(last, size - 1) - first + 1


def _of_disk(file: BinaryIO) -> Read:
    async def read(first: int, count: int) -> bytes:
        return await concurrency.run_in_threadpool(
            os.pread, file.fileno(), count, first
        )

    return read


async def _send(send: Any, block: bytes, *, is_more: bool) -> None:
    await send(
        {"type": "http.response.body", "body": block, "more_body": is_more}
    )
