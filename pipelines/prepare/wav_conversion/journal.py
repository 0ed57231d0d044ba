"""What was converted so far: one JSON line per finished file."""

import contextlib
import json
import os
import pathlib
import sys

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
        self._entries: dict[str, dict] = {}
        if path.exists():
            with open(path, encoding="utf-8", errors="replace") as file:
                for line in file:
                    self._take(line)
        with atomic_write.replacing(path) as file:
            for entry in self._entries.values():
                file.write(_line(entry))
        self._file = no_links.append(path)

    def find(self, track_id: str, key: list) -> dict | None:
        """Returns the answer noted for a source with this key, or None."""
        entry = self._entries.get(track_id)
        if entry is None or entry["key"] != key:
            return None
        return entry["answer"]

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
        entry = {"track_id": track_id, "key": key, "answer": answer}
        try:
            self._file.write(_line(entry))
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

    def _take(self, line):
        try:
            entry = json.loads(line)
            track_id, key, answer = (
                entry[name] for name in ("track_id", "key", "answer")
            )
            # What every line says again is kept once: a third of the memory.
            known = {self.made_by: self.made_by}
            self._entries[track_id] = {
                "track_id": track_id,
                "key": [
                    known.get(part, part) if isinstance(part, str) else part
                    for part in key
                ],
                "answer": {sys.intern(name): answer[name] for name in answer},
            }
        except (*plain_json.DAMAGE, KeyError, TypeError):
            return  # cut short: that file is converted again


def warnings(folder: pathlib.Path) -> dict[str, list[str]]:
    """What was said of the audio of files that were used all the same.

    Args:
        folder: Where a preparation left its journal, or none.

    Returns:
        Track id -> texts, where there are some.
    """
    said: dict[str, list[str]] = {}
    path = folder / NAME
    if not path.is_file():
        return said
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                said[entry["track_id"]] = [
                    text
                    for text in entry["answer"].get("warnings", ())
                    if not text.startswith(NOT_IN_PLACE)
                ]
    return {track_id: texts for track_id, texts in said.items() if texts}


def _line(entry):
    return plain_json.line(entry, "ascii")
