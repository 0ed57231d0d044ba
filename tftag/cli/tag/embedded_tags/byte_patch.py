"""What brings a file back to the bytes it had before tags were written.

The sound is most of a file and stays; so the old bytes are told as runs of
the new ones, and what the new ones lack. Text of JSON, small beside a file.
"""

import base64
import binascii
import hashlib
import mmap
import os
from collections.abc import Iterator
from typing import Any

# Bytes that tell where a run begins, and the least that a run is worth.
_ANCHOR_BYTES = 64
# How far behind the last run the next may begin: pictures lie between tags.
_REACH_BYTES = 1 << 24
# Of what the new file lacks, and of runs: beyond it, tags alone are kept. Each
# anchor that is nowhere costs a search, as in Ogg, whose pages are numbered.
_MOST_BYTES = 1 << 13
_MOST_RUNS = 4_096
_COMPARED_BYTES = 1 << 16

_Path = str | os.PathLike[str]
Patch = dict[str, Any]


def make(old: _Path, new: _Path) -> Patch | None:
    """Tells how to get one file from another.

    Args:
        old: The file that is to be had again.
        new: The one that takes its place.

    Returns:
        `new` and `old`, the digests of both, and `parts`: a run of the new
        file as `[first byte, count]`, or base64 of bytes. None where they have
        too little in common.
    """
    parts: list[list[int] | bytes] = []
    lacking = 0
    with _mapped(old) as source, _mapped(new) as target:
        at = behind = 0
        while at < len(source):
            anchor = source[at : at + _ANCHOR_BYTES]
            # Runs mostly follow one another.
            found = target.find(anchor, behind, behind + _REACH_BYTES)
            if found < 0:
                found = target.find(anchor, 0, behind)
            if found < 0:
                lacking += len(anchor)
                if parts and isinstance(last := parts[-1], bytes):
                    parts[-1] = last + anchor
                else:
                    parts.append(anchor)
                at += _ANCHOR_BYTES
            else:
                count = _alike(source, at, target, found)
                parts.append([found, count])
                at, behind = at + count, found + count
            if lacking > _MOST_BYTES or len(parts) > _MOST_RUNS:
                return None
    return {
        "old": _digest(old),
        "new": _digest(new),
        "parts": [
            base64.b64encode(part).decode() if isinstance(part, bytes) else part
            for part in parts
        ],
    }


def apply(patch: Patch, path: _Path, target: Any) -> bool:
    """Writes the old bytes.

    Args:
        patch: What `make` returned, as JSON gives it back.
        path: The new file, perhaps changed since.
        target: A binary file to write to.

    Returns:
        Whether they were written: the file is as it was made.
    """
    try:
        if _digest(path) != patch["new"]:
            return False
        digest = hashlib.blake2b(digest_size=16)
        with _mapped(path) as source:
            for part in patch["parts"]:
                for block in _blocks(part, source):
                    digest.update(block)
                    target.write(block)
        return digest.hexdigest() == patch["old"]
    except (KeyError, TypeError, ValueError, binascii.Error):
        return False  # damaged


def _blocks(part: str | list[int], source: mmap.mmap) -> Iterator[bytes]:
    if isinstance(part, str):
        yield base64.b64decode(part, validate=True)
        return
    first, count = part
    if not 0 <= first <= first + count <= len(source):
        raise ValueError(f"bytes {first} to {first + count}")
    for at in range(first, first + count, _COMPARED_BYTES):
        yield source[at : min(at + _COMPARED_BYTES, first + count)]


def _alike(one: mmap.mmap, one_at: int, other: mmap.mmap, other_at: int) -> int:
    """How many bytes are the same from there on."""
    most = min(len(one) - one_at, len(other) - other_at)
    count, step = 0, _COMPARED_BYTES
    while count < most and step:
        step = min(step, most - count)
        left = one[one_at + count : one_at + count + step]
        right = other[other_at + count : other_at + count + step]
        if left == right:
            count += step
        else:
            step //= 2  # the first that differs is among these
    return count


def _mapped(path: _Path) -> mmap.mmap:
    with open(path, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _digest(path: _Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.blake2b(digest_size=16)
        ).hexdigest()
