"""Part I of N of a library, for as many processes or machines."""

import dataclasses
import hashlib
import os
import re


@dataclasses.dataclass(frozen=True)
class Shard:
    """A part; every file is in exactly one of `count`.

    Attributes:
        number: From 1.
        count: How many parts there are.
    """

    number: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Reads a shard as it is written: 2/8.

        Raises:
            ValueError: It is something else.

        Example:
            >>> Shard.parse("2/8")
            Shard(number=2, count=8)
        """
        found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise ValueError(
                "A shard must be I/N with 1 <= I <= N, as in 2/8. "
                f"Received: {text}"
            )
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        """Writes it as `parse` reads it."""
        return f"{self.number}/{self.count}"

    def holds(self, path: object) -> bool:
        """Whether a file is in it; other files have no say in that.

        Args:
            path: A path, or an address, written alike for all parts.
        """
        text = hashlib.blake2b(os.fsencode(str(path)), digest_size=8).digest()
        return int.from_bytes(text, "big") % self.count == self.number - 1
