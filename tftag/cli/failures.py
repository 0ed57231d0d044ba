"""What went wrong with files, a line each."""

import sys

from tftag.audio import audio_files
from tftag.storage.remote import address as addresses


class Failures:
    """Says what went wrong with each file, and counts.

    Attributes:
        count: How many were said.
    """

    def __init__(self, effect: str):
        """Begins to count.

        Args:
            effect: What did not become of a file.
        """
        self.count = 0
        self._effect = effect

    def __call__(
        self,
        path: addresses.Place | str,
        error: Exception,
        effect: str | None = None,
    ) -> None:
        """Takes one, of an effect of its own or of the usual one."""
        import tqdm  # here, because it is slow to import

        self.count += 1
        # A line end in a name, as a script of Windows leaves, is to be seen.
        name = str(path)
        seen = name.replace("\r", "\\r").replace("\n", "\\n")
        reason = audio_files.reason(error).replace(name, seen)
        reason = " ".join(reason.split())
        # Above a progress bar, where there is one.
        tqdm.tqdm.write(f"{effect or self._effect}: {reason}", file=sys.stderr)
