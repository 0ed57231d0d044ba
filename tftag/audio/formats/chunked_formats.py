"""How the formats that are made of chunks write them."""

import dataclasses
import struct
from typing import Literal


@dataclasses.dataclass(frozen=True)
class Chunks:
    """How a format writes its chunks.

    Attributes:
        first: Where the first of them begins.
        header: Of a chunk: its name and its length.
        audio: Names, of which the second one in a file is another file's.
        is_whole: Whether the length counts the header.
        unit: A chunk begins at a multiple of it.
        is_length_first: Whether the length stands before the name.
        empty: What the length of audio counts beside samples.
    """

    first: int
    header: struct.Struct
    audio: tuple[bytes, ...]
    is_whole: bool = False
    unit: int = 1
    is_length_first: bool = False
    empty: int = 0

    @property
    def order(self) -> Literal["little", "big"]:
        """Of the bytes of a length."""
        return "big" if self.header.format[0] == ">" else "little"


W64_RIFF = b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000")
W64_DATA = b"data" + bytes.fromhex("f3acd3118cd100c04f8edb8a")
ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")

RIFF = Chunks(12, struct.Struct("<4sI"), (b"data",), unit=2)
IFF = Chunks(12, struct.Struct(">4sI"), (b"SSND", b"BODY"), unit=2, empty=8)
CAF = Chunks(8, struct.Struct(">4sQ"), (b"data",), empty=4)
W64 = Chunks(40, struct.Struct("<16sQ"), (W64_DATA,), True, unit=8, empty=24)
MP4 = Chunks(
    0, struct.Struct(">I4s"), (b"ftyp",), is_whole=True, is_length_first=True
)
WMA = Chunks(0, struct.Struct("<16sQ"), (ASF,), is_whole=True)
