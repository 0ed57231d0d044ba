"""Genre and mood inside audio files, by mutagen: read, written, verified.

A file is copied beside its place, changed there, decoded, and takes the place
of the old one only if every sample is the same and nobody changed it meanwhile.
"""

import contextlib
import hashlib
import os
import pathlib
import shutil
import types
from collections.abc import Callable, Iterator
from typing import IO, Any

from tftag.audio import decoders, waveform
from tftag.cli.tag.embedded_tags import byte_patch
from tftag.console import quiet
from tftag.storage import atomic_write

FIELDS = ("genre", "mood")
Fields = dict[str, list[str]]

_OF_ID3 = {"genre": "TCON", "mood": "TMOO"}
_MOOD_OF_MP4 = "----:com.apple.iTunes:MOOD"
_OF_MP4 = {"genre": "\xa9gen", "mood": _MOOD_OF_MP4}
_INSTALL = (
    "Tags are written by mutagen, which is GPL-2 or later: install "
    "tftag[write-tags]."
)


class UntaggableFile(ValueError):
    """A file that tags cannot be put into, or not safely."""


def check_installed() -> None:
    """Refuses where mutagen is not installed.

    Raises:
        ValueError: It is not.
    """
    _mutagen()


def read(path: str | os.PathLike[str]) -> Fields:
    """Reads the fields of a file, each a list of texts, empty where none is.

    Raises:
        UntaggableFile: The file takes no tags, or is damaged.
        OSError: It cannot be read.
    """
    return _fields(_open(path))


def write(
    path: str | os.PathLike[str],
    fields: Fields,
    before: Fields | None = None,
    is_ready: Callable[[str], None] = lambda part: None,
) -> None:
    """Puts fields into a file; times, permissions and all samples stay.

    A link is followed: the file that it leads to is changed. Tags that hold
    nothing any more are removed as a whole.

    Args:
        path: The file.
        fields: Texts of each field to change; none removes it.
        before: What the caller has read there, and decided by; None for
            whatever is there.
        is_ready: Gets the name of the new file before it takes the place of
            the old one.

    Raises:
        UntaggableFile: It takes no tags, is damaged, would not be decoded as
            before, or somebody has changed it meanwhile. It is as it was.
        OSError: It cannot be read or written.
    """
    path = pathlib.Path(os.path.realpath(path))
    with _replacing(path, is_ready) as file:
        kind = type(_open(path))
        shutil.copyfile(path, file.name)
        _change(kind, file.name, fields, path, before)


def restore(path: str | os.PathLike[str], patch: byte_patch.Patch) -> bool:
    """Gives a file the bytes that it had, if it is as `write` left it.

    Args:
        path: The file.
        patch: From the file that `write` made to the one before.

    Returns:
        Whether it has them. If not, it is as it was.

    Raises:
        UntaggableFile: As `write`.
        OSError: It cannot be read or written.
    """
    path = pathlib.Path(os.path.realpath(path))
    with contextlib.suppress(_NotAsWritten), _replacing(path) as file:
        if not byte_patch.apply(patch, path, file):
            raise _NotAsWritten
        file.flush()
        return True
    return False


class _NotAsWritten(Exception):
    """Somebody changed a file since, or what is known of it is damaged."""


@contextlib.contextmanager
def _replacing(
    path: pathlib.Path, is_ready: Callable[[str], None] = lambda part: None
) -> Iterator[IO[bytes]]:
    """A file that takes the place of another one, if it sounds the same."""
    facts = os.stat(path)
    if facts.st_nlink > 1:
        raise UntaggableFile(
            f"{path}: It has {facts.st_nlink} names (hard links), and would "
            "change under one of them alone."
        )
    with atomic_write.replacing(path, is_text=False) as file:
        yield file
        if _samples(file.name, path) != _samples(path, path):
            raise UntaggableFile(f"{path}: It would not be decoded as before.")
        os.fsync(file.fileno())  # takes long, and what is next must not
        is_ready(file.name)
        _keep_facts(file, path, facts)
        if _state(os.stat(path)) != _state(facts):
            raise _changed_meanwhile(path)


def _mutagen() -> types.ModuleType:
    try:
        import mutagen
    except ImportError as error:
        raise ValueError(_INSTALL) from error
    return mutagen


def _open(
    path: str | os.PathLike[str],
    kind: type[Any] | None = None,
    shown: str | os.PathLike[str] | None = None,
) -> Any:
    """Opens a file with mutagen, frames as they are."""
    shown = os.fspath(path if shown is None else shown)
    mutagen = _mutagen()
    try:
        # mutagen has no types.
        found = mutagen.File(path) if kind is None else kind(path)
        if found is not None and _is_id3(found):
            # Untranslated, a tag of version 2.3 stays one.
            found = type(found)(path, translate=False)
    # mutagen raises nearly everything over damaged files.
    except OSError:
        raise
    except Exception as error:
        cause = error.args[0] if error.args else error
        if isinstance(cause, OSError) and cause.errno:
            raise cause from error
        why = str(error) or "it is damaged"
        raise UntaggableFile(
            f"{shown}: mutagen cannot read it: {why}."
        ) from error
    if found is None or not (_is_id3(found) or _names(found)):
        raise UntaggableFile(
            f"{shown}: No genre can be put into a file of this kind."
        )
    return found


def _is_id3(found: object) -> bool:
    from mutagen import aiff, dsf, id3, wave

    return isinstance(found, id3.ID3FileType | wave.WAVE | aiff.AIFF | dsf.DSF)


def _names(found: object) -> dict[str, str] | None:
    """Returns the names of the fields in a kind of file, None for ID3's."""
    from mutagen import apev2, flac, mp4, ogg

    if isinstance(found, mp4.MP4):
        return _OF_MP4
    if isinstance(found, flac.FLAC | ogg.OggFileType):
        return {"genre": "GENRE", "mood": "MOOD"}
    if isinstance(found, apev2.APEv2File):
        return {"genre": "Genre", "mood": "Mood"}
    return None


def texts(tags: Any, field: str) -> list[str]:
    """Reads a field of tags that mutagen has opened.

    Raises:
        UntaggableFile: It is no text.
    """
    from mutagen import apev2, id3, mp4

    if isinstance(tags, id3.ID3):
        frames = tags.getall(_OF_ID3[field])
        return [str(text) for frame in frames for text in frame.text]
    if isinstance(tags, mp4.MP4Tags):
        values = tags.get(_OF_MP4[field], [])
        return [
            bytes(value).decode("utf-8", "replace")
            if isinstance(value, bytes)
            else str(value)
            for value in values
        ]
    value = tags.get(field, [])
    if isinstance(value, apev2.APEBinaryValue):
        raise UntaggableFile(f"{field} is no text")
    return [str(text) for text in value]


def _fields(found: Any) -> Fields:
    tags = found.tags
    return {
        field: [] if tags is None else texts(tags, field) for field in FIELDS
    }


def _state(facts: os.stat_result) -> tuple[int, ...]:
    """What no program that saves a file leaves as it is."""
    return (
        *(facts.st_dev, facts.st_ino, facts.st_size),
        *(facts.st_mtime_ns, facts.st_ctime_ns),
    )


def _changed_meanwhile(path: str | os.PathLike[str]) -> UntaggableFile:
    return UntaggableFile(
        f"{path}: Somebody changed it meanwhile, call again for this one."
    )


def _change(
    kind: type[Any],
    part: str,
    fields: Fields,
    path: str | os.PathLike[str],
    before: Fields | None,
) -> None:
    found = _open(part, kind, path)
    if before is not None:
        now = _fields(found)
        if any(now[field] != before[field] for field in fields):
            raise _changed_meanwhile(path)
    had_tags = found.tags is not None
    end = _last_bytes(part)
    try:
        if not had_tags:
            found.add_tags()
        for field, texts in fields.items():
            _put(found, field, texts)
        is_empty = not (
            found.tags or getattr(found.tags, "unknown_frames", None)
        )
        if is_empty and had_tags:
            found.delete(part)
        elif is_empty:
            return
        elif _is_id3(found):
            is_old = had_tags and found.tags.version < (2, 4)
            found.save(part, v2_version=3 if is_old else 4, v23_sep=None)
        else:
            found.save(part)
    except OSError:
        raise
    except Exception as error:  # as in `_open`
        raise UntaggableFile(
            f"{path}: mutagen cannot write into it: {error}."
        ) from error
    # mutagen makes an ID3v1 tag anew, from what it finds in the other.
    if end.startswith(b"TAG") and _last_bytes(part).startswith(b"TAG"):
        with open(part, "r+b") as file:
            file.seek(-len(end), os.SEEK_END)
            file.write(end)
    # Behind chunks of wrong lengths it writes what nobody finds.
    now = _fields(_open(part, kind, path))
    if any(now[field] != texts for field, texts in fields.items()):
        raise UntaggableFile(f"{path}: mutagen cannot read what it wrote.")


def _put(found: Any, field: str, texts: list[str]) -> None:
    from mutagen import id3

    if _is_id3(found):
        found.tags.delall(_OF_ID3[field])
        if texts:
            frame = getattr(id3, _OF_ID3[field])
            found.tags.add(frame(encoding=id3.Encoding.UTF8, text=texts))
        return
    name = (_names(found) or {})[field]
    if name in found.tags:
        del found.tags[name]
    if texts:
        found.tags[name] = (
            [text.encode() for text in texts] if name == _MOOD_OF_MP4 else texts
        )


def _last_bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 128))
        return file.read()


def _samples(
    file: str | os.PathLike[str], path: str | os.PathLike[str]
) -> tuple[bytes, list[int], str]:
    """Returns a digest of all samples, and what else a reader is told."""
    why = None
    try:
        with quiet.libraries():
            for way in decoders.attempts(file):
                try:
                    return _digest(way)
                except waveform.UnusableAudio as error:
                    why = why or error
    except waveform.UnusableAudio as error:
        why = error
    raise UntaggableFile(f"{path}: {why}") from why


def _digest(
    open_source: Callable[[], decoders.Source],
) -> tuple[bytes, list[int], str]:
    digest, values = hashlib.blake2b(), 0
    rates: list[int] = []
    with open_source() as source:
        for rate_hz, blocks in source.parts():
            rates.append(rate_hz)
            for block in blocks:
                digest.update(block.tobytes())
                values += block.size
        if not values:  # another decoder may find some
            raise waveform.UnusableAudio("empty", "There are no samples.")
        return digest.digest(), rates, source.complaint


def _keep_facts(
    file: IO[bytes], path: str | os.PathLike[str], facts: os.stat_result
) -> None:
    """Gives the new file the owner, permissions and times of the old one."""
    new = os.fstat(file.fileno())
    if (facts.st_uid, facts.st_gid) != (new.st_uid, new.st_gid):
        os.fchown(file.fileno(), facts.st_uid, facts.st_gid)
    shutil.copystat(path, file.name)
    os.utime(file.name, ns=(facts.st_atime_ns, facts.st_mtime_ns))
