"""What was converted so far: one JSON line per finished file."""

import contextlib
import json
import os
import pathlib
import sys
from collections.abc import Iterator

from tftag.storage import atomic_write, no_links, plain_json
from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing, retries

NAME = "progress.jsonl"
# Begins a warning that says nothing of the audio.
NOT_IN_PLACE = "converted, not left in place"


class Journal:
    """The finished files of a folder, kept through a kill.

    A file counts as finished while its source has the same path, size and
    time of change, or address, size and version, and `made_by` is the same.

    Args:
        folder: Where the journal is; locked for other processes.
        made_by: What decides the result besides the source.
    """

    def __init__(self, folder: pathlib.Path, made_by: str):
        """Reads what there is, without a last line that was cut short."""
        self.made_by = made_by
        self._open = contextlib.ExitStack()
        refusal = (
            f"Another process is preparing {folder}. Wait for its end, or name "
            "another folder."
        )
        self._open.enter_context(
            no_links.lock(folder / f".{NAME}.lock", refusal)
        )
        path = folder / NAME
        no_links.refuse(path)  # before it is read as well
        self._entries = {
            track_id: (key, answer) for track_id, key, answer in _read(path)
        }
        with atomic_write.replacing(path) as file:
            for track_id, (key, answer) in self._entries.items():
                file.write(_line(track_id, key, answer))
        self._file = no_links.append(path)

    def find(self, track_id: str, key: list) -> dict | None:
        """Returns the answer noted for a source with this key, or None."""
        held_key, answer = self._entries.get(track_id, ([], {}))
        return answer if held_key == key else None

    def key(
        self,
        source: str | addresses.Address,
        known: remote_listing.RemoteFile | retries.RemoteError | None = None,
    ) -> list:
        """Returns what decides the result of a source.

        Args:
            source: A path, or an address; its secrets are not kept.
            known: What `remote_listing.look_up` says of an address.

        Raises:
            OSError: The source is not there.
        """
        if isinstance(source, addresses.Address):
            if not isinstance(known, remote_listing.RemoteFile):
                raise known or retries.RemoteError(
                    source, "it was not looked up"
                )
            remote = [str(source), known.file_bytes, known.version]
            return [*remote, self.made_by]
        facts = os.stat(source)
        return [source, facts.st_size, facts.st_mtime_ns, self.made_by]

    def add(self, track_id: str, key: list, answer: dict) -> None:
        """Notes a finished file; a kill cannot take it when this returns.

        Raises:
            OSError: The disk is full.
        """
        try:
            self._file.write(_line(track_id, key, answer))
            self._file.flush()
        except OSError as error:  # without a name of its own
            raise OSError(
                error.errno, error.strerror, self._file.name
            ) from error

    def close(self) -> None:
        """Gives the folder free."""
        with contextlib.suppress(OSError):  # what is left `add` has told
            self._file.close()
        self._open.close()


def warnings(folder: pathlib.Path) -> dict[str, list[str]]:
    """What was said of the audio of files that were used all the same.

    Args:
        folder: Where a preparation left its journal, or none.

    Returns:
        Track id -> texts, where there are some.
    """
    said = {
        track_id: [
            text
            for text in answer.get("warnings", ())
            if not text.startswith(NOT_IN_PLACE)
        ]
        for track_id, _, answer in _read(folder / NAME)
    }
    return {track_id: texts for track_id, texts in said.items() if texts}


def _read(path: pathlib.Path) -> Iterator[tuple[str, list, dict]]:
    """Track id, key and answer of each line that was not cut short."""
    if not path.is_file():
        return
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            with contextlib.suppress(
                *plain_json.DAMAGE, LookupError, TypeError
            ):
                entry = json.loads(line)
                key, answer = entry["key"], entry["answer"]
                # What every line says again is kept once: a third of the
                # memory.
                key[3] = sys.intern(key[3])
                answer = {sys.intern(name): answer[name] for name in answer}
                yield str(entry["track_id"]), key, answer


def _line(track_id: str, key: list, answer: dict) -> str:
    entry = {"track_id": track_id, "key": key, "answer": answer}
    return plain_json.line(entry, "ascii")
