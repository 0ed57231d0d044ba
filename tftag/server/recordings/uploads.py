"""Recordings that clients send: received, decoded elsewhere, forgotten.

The bytes go into a folder that nobody else can read, under a drawn name, and
are decoded by processes that may die or hang over them.
"""

import asyncio
import contextlib
import math
import pathlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from typing import Any

import numpy.typing as npt
from starlette import datastructures, requests

from tftag import audio
from tftag.audio import decoding_pool
from tftag.server.admission import limits as limits_lib
from tftag.server.admission import refusals, visitor_messages

FIELD = "file"
OPENAPI: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        FIELD: {"type": "string", "format": "binary"}
                    },
                    "required": [FIELD],
                }
            },
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary"}
            },
        },
    }
}


class Uploads:
    """Where recordings arrive, and the processes that decode them.

    Args:
        processes: How many decode at a time.
        limits: How long a recording and its decoding may be.

    Attributes:
        folder: Where recordings are while they are decoded.
    """

    def __init__(self, processes: int, limits: limits_lib.Limits) -> None:
        """Makes the folder; the processes start when they are needed."""
        self._made = tempfile.TemporaryDirectory(prefix="tftag-uploads-")
        self.folder = pathlib.Path(self._made.name)
        self._workers = [
            decoding_pool.Worker(
                max(1, math.ceil(limits.request_seconds)), limits.audio_seconds
            )
            for _ in range(processes)
        ]
        self._free: asyncio.Queue[decoding_pool.Worker] = asyncio.Queue()
        for worker in self._workers:
            self._free.put_nowait(worker)

    def end_decoding(self) -> None:
        """Ends the processes, whatever they do."""
        for worker in self._workers:
            worker.kill()

    def close(self) -> None:
        """Ends the processes and removes the folder."""
        self.end_decoding()
        self._made.cleanup()

    async def decoded(
        self, request: requests.Request, sample_rate_hz: int
    ) -> tuple[npt.NDArray[Any], list[str]]:
        """Receives a recording and decodes it.

        Args:
            request: With the recording as its body, or as the field `file`
                of a form.
            sample_rate_hz: Rate of the waveform.

        Returns:
            int16 `[samples]`, and what there is to say of them.

        Raises:
            audio.UnusableAudio: It is no recording.
            TimeoutError: Decoding took too long.
            refusals.Refused: There is no recording in the form.
        """
        async with self._received(request) as path:

            def told(said: object) -> str:
                return visitor_messages.of(_without(path, str(said)))

            try:
                samples, remarks = await self._decode(path, sample_rate_hz)
            except audio.UnusableAudio as error:
                raise audio.UnusableAudio(error.reason, told(error)) from error
            except TimeoutError as error:
                raise TimeoutError(told(error)) from error
            return samples, list(map(told, remarks))

    @contextlib.asynccontextmanager
    async def _received(
        self, request: requests.Request
    ) -> AsyncIterator[pathlib.Path]:
        with tempfile.NamedTemporaryFile(dir=self.folder) as file:
            kind = request.headers.get("content-type", "")
            if kind.lower().startswith("multipart/form-data"):
                async with request.form(max_files=1, max_fields=8) as form:
                    upload = form.get(FIELD)
                    if not isinstance(upload, datastructures.UploadFile):
                        refusals.refuse(
                            f"The form must have a file in its field {FIELD}."
                        )
                    await asyncio.to_thread(
                        shutil.copyfileobj, upload.file, file
                    )
            else:
                async for chunk in request.stream():
                    file.write(chunk)
            file.flush()
            yield pathlib.Path(file.name)

    async def _decode(
        self, path: pathlib.Path, sample_rate_hz: int
    ) -> tuple[npt.NDArray[Any], list[str]]:
        worker = await self._free.get()
        task = asyncio.create_task(
            asyncio.to_thread(worker.decode, path, sample_rate_hz)
        )

        def let_go(done: "asyncio.Task[object]") -> None:
            # Also where nobody waits for the answer, or for its error.
            self._free.put_nowait(worker)
            if not done.cancelled():
                done.exception()

        task.add_done_callback(let_go)
        return await asyncio.shield(task)


def _without(path: pathlib.Path, text: str) -> str:
    """A text that does not tell where the file was."""
    text = text.removeprefix(f"{path}: ")
    return text.replace(str(path), "the recording")
