"""What an index consists of: the one file that changes, by replacement.

Segments are written once; this file names those that count, and the rows of
them that are gone. So whoever reads has the index of before or that of after.
"""

import dataclasses
import json
import pathlib
import zlib
from collections.abc import Mapping
from typing import Any

from tftag.search.index.segments import segment
from tftag.storage import atomic_write, stored_arrays

FILE_NAME = "tftag-index.json"
FORMAT = 2
_WAY_OUT = "make it again with `tftag index FOLDER --out ANOTHER`"
# A hundred bytes for each file that could not be read, of a million.
_MOST_BYTES = 2**28


class OtherFormat(ValueError):
    """An index that another version of tftag wrote, and can read."""


@dataclasses.dataclass(frozen=True)
class Part:
    """A segment, and what is gone of it.

    Attributes:
        name: Of the file.
        shape: Its counts.
        crc: Of the file.
        removed: Rows that are gone, in order, each once.
    """

    name: str
    shape: segment.Shape
    crc: int
    removed: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class Contents:
    """An index without its recordings.

    Attributes:
        model: Fingerprint of the model's space; vectors of another are noise.
        model_name: What it was opened by: a preset's name, or a folder.
        dim: Length of a vector.
        tag_names: Tags of the model.
        roots: The folders, absolute or from the index on; None for one that
            is no longer asked for, so that the others keep their numbers.
        has_model_tags: Whether the tags of every recording are held.
        has_file_tags: Whether artist, album and year are, where files say.
        decoders: What could be decoded then.
        unusable: `Recording.key` of files without usable audio, to root, name
            and reason.
        parts: The segments.
    """

    model: str
    model_name: str
    dim: int
    tag_names: tuple[str, ...]
    roots: tuple[str | None, ...] = ()
    has_model_tags: bool = True
    has_file_tags: bool = True
    decoders: str = ""
    unusable: Mapping[int, tuple[int, str, str]] = dataclasses.field(
        default_factory=dict
    )
    parts: tuple[Part, ...] = ()


def write(folder: pathlib.Path, contents: Contents) -> None:
    """Replaces the contents of an index.

    Raises:
        OSError: The disk is full, or may not be written to.
    """
    text = json.dumps({"format": FORMAT, **dataclasses.asdict(contents)})
    # Of ASCII, so that names that are no UTF-8 fit.
    line = f"{zlib.crc32(text.encode('ascii')):08x}\n{text}\n"
    atomic_write.write(folder / FILE_NAME, line)


def is_index(folder: pathlib.Path) -> bool:
    """Whether a folder is an index, damaged or not."""
    return (folder / FILE_NAME).is_file()


def read(folder: pathlib.Path) -> Contents:
    """Reads what an index consists of.

    Raises:
        FileNotFoundError: There is none.
        OtherFormat: It is of another format.
        ValueError: It is damaged.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise FileNotFoundError(
            "An index must be a folder that `tftag index` made. "
            f"Received: {folder}, which has no {FILE_NAME}."
        )
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is far too long")
        crc, text = path.read_text("ascii").split("\n", 1)
        text = text.removesuffix("\n")
        found = json.loads(text)
        version = found.pop("format")
        if version == FORMAT:
            if int(crc, 16) != zlib.crc32(text.encode("ascii")):
                raise ValueError("its sum is another")
            return _contents(found)
    except stored_arrays.DAMAGE as error:
        raise damaged(folder, error) from error
    raise OtherFormat(
        f"The index must be of format {FORMAT}: read it with the tftag that "
        f"wrote it, or {_WAY_OUT}. Received: format {version!r} in {folder}."
    )


class DamagedIndex(ValueError):
    """An index that cannot be used; no fault of who asks it."""


def damaged(folder: object, error: Exception) -> DamagedIndex:
    """Says that an index cannot be used, and what to do."""
    return DamagedIndex(
        f"The index is damaged; {_WAY_OUT}. Received: {folder} "
        f"({type(error).__name__}: {str(error):.200})."
    )


def _contents(found: dict[str, Any]) -> Contents:
    parts = tuple(
        Part(
            str(one["name"]),
            segment.Shape(**one["shape"]),
            int(one["crc"]),
            tuple(map(int, one["removed"])),
        )
        for one in found.pop("parts")
    )
    unusable = {
        int(key): (int(root), str(name), str(reason))
        for key, (root, name, reason) in found.pop("unusable").items()
    }
    roots = tuple(found.pop("roots"))
    tag_names = tuple(map(str, found.pop("tag_names")))
    contents = Contents(
        **found,
        tag_names=tag_names,
        roots=roots,
        unusable=unusable,
        parts=parts,
    )
    if not all(isinstance(one, str | None) for one in roots):
        raise TypeError("roots must be paths")
    for one in parts:
        # A name with a slash would be of another folder.
        if pathlib.PurePath(one.name).name != one.name:
            raise ValueError(f"no segment has the name {one.name!r}")
        rows = one.removed
        if sorted(set(rows)) != list(rows) or (
            rows and not 0 <= rows[0] <= rows[-1] < one.shape.rows
        ):
            raise ValueError(f"{one.name} lacks rows that it never had")
        if (one.shape.dim, one.shape.tags) != (contents.dim, len(tag_names)):
            raise ValueError(f"{one.name} is of another model")
    return contents
