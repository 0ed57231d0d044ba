"""What an index knows of a recording besides its vector, in columns."""

import dataclasses
import hashlib
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.words import artist_names

# Between the texts of a row; no path has it.
_END = "\0"


# Slots: there are millions of them while an index is brought up to date.
@dataclasses.dataclass(frozen=True, slots=True)
class Recording:
    """A recording of a library.

    Attributes:
        name: Its path inside its root.
        root: Which of the index's roots, by number.
        size_bytes: Of the file, when it was embedded.
        modified_ns: Last change of the file then.
        seconds: Length of its audio; NaN where nobody measured it.
        title: As the file's own tags have it, as are the next three; "" where
            they do not.
        artist: Who made it.
        album: Where it appeared.
        year: When; 0 where the file does not say.
        tags: Those of the model at their thresholds or above.
    """

    name: str
    root: int
    size_bytes: int
    modified_ns: int
    seconds: float = math.nan
    title: str = ""
    artist: str = ""
    album: str = ""
    year: int = 0
    tags: tuple[str, ...] = ()

    @property
    def key(self) -> int:
        """Changes with place, size and time of the file: 64 bits."""
        facts = f"{self.root}\0{self.size_bytes}\0{self.modified_ns}\0"
        return _digest(facts.encode() + os.fsencode(self.name))


@dataclasses.dataclass(frozen=True)
class FileTags:
    """What a file says of itself; "" and 0 where it does not.

    Attributes:
        title: Of the recording.
        artist: Who made it.
        album: Where it appeared.
        year: When.
    """

    title: str = ""
    artist: str = ""
    album: str = ""
    year: int = 0


def text_key(text: str) -> int:
    """64 bits for an artist or album, 0 for none; case does not count.

    Example:
        >>> text_key("The  KNIFE") == text_key("the knife"), text_key("")
        (True, 0)
    """
    spelled = artist_names.artist_key(text)
    return _digest(spelled.encode("utf-8", "surrogatepass")) if spelled else 0


def columns(
    recordings: Sequence[Recording], tag_names: Sequence[str]
) -> dict[str, npt.NDArray[Any]]:
    """Makes the arrays of `segment.Shape` that say what each recording is.

    Args:
        recordings: In their order.
        tag_names: All tags of the model.

    Returns:
        Arrays by name.
    """
    texts = [
        os.fsencode(one.name)
        + b"".join(
            (_END + text.replace(_END, " ")).encode("utf-8", "replace")
            for text in (one.title, one.artist, one.album)
        )
        for one in recordings
    ]
    place = {name: at for at, name in enumerate(tag_names)}
    given = np.zeros((len(recordings), len(place)), bool)
    for row, one in enumerate(recordings):
        given[row, [place[tag] for tag in one.tags]] = True

    def column(values: Iterable[float], dtype: str) -> npt.NDArray[Any]:
        return np.array(list(values), dtype)

    return {
        "key": column((one.key for one in recordings), "<u8"),
        "size_bytes": column((one.size_bytes for one in recordings), "<i8"),
        "modified_ns": column((one.modified_ns for one in recordings), "<i8"),
        "artist": column((text_key(one.artist) for one in recordings), "<u8"),
        "album": column((text_key(one.album) for one in recordings), "<u8"),
        "seconds": column((one.seconds for one in recordings), "<f4"),
        "year": column((one.year for one in recordings), "<i2"),
        "root": column((one.root for one in recordings), "<i2"),
        "given": np.packbits(given, axis=1, bitorder="little"),
        "text_start": np.cumsum([0, *map(len, texts)], dtype="<i8"),
        "texts": np.frombuffer(b"".join(texts), np.uint8),
    }


def row(
    arrays: Mapping[str, npt.NDArray[Any]], at: int, tag_names: Sequence[str]
) -> Recording:
    """Reads one row of `columns`.

    Args:
        arrays: What `columns` returned.
        at: Number of the row.
        tag_names: All tags of the model.

    Raises:
        ValueError: The row is damaged, or its name leads out of its root.
    """
    start, stop = arrays["text_start"][at : at + 2]
    name, *texts = arrays["texts"][start:stop].tobytes().split(_END.encode())
    path = os.fsdecode(name)
    if len(texts) != 3 or not is_inside(path):
        raise ValueError(f"Row {at} has no name of a file: {path!r:.200}.")
    title, artist, album = (text.decode("utf-8", "replace") for text in texts)
    given = np.unpackbits(
        arrays["given"][at], count=len(tag_names), bitorder="little"
    )
    return Recording(
        path,
        int(arrays["root"][at]),
        int(arrays["size_bytes"][at]),
        int(arrays["modified_ns"][at]),
        float(arrays["seconds"][at]),
        title,
        artist,
        album,
        int(arrays["year"][at]),
        tuple(tag_names[place] for place in np.flatnonzero(given).tolist()),
    )


def is_inside(name: str) -> bool:
    """Whether a relative path cannot lead out of the folder it begins in.

    Example:
        >>> is_inside("a/b.mp3"), is_inside("../b.mp3"), is_inside("/b.mp3")
        (True, False, False)
    """
    parts = name.split("/")
    return bool(name) and not name.startswith("/") and ".." not in parts


def _digest(content: bytes) -> int:
    digest = hashlib.blake2b(content, digest_size=8).digest()
    return int.from_bytes(digest, "little")
