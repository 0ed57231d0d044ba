"""What is said to somebody who can install and make nothing here."""

from tftag.audio import decoders, layout
from tftag.search.index import filters

_INSTEAD = {
    decoders.INSTALL: decoders.WAY_OUT,
    decoders.CODED: "It holds coded audio (DTS, AC-3) in the place of samples. "
    + decoders.WAY_OUT,
    decoders.MAY_READ_MORE: "saved as WAV or FLAC, more of it may be read",
    layout.MISREAD: "some of its samples are slightly off in this format",
    filters.WAY_OUT: ", and this one does not",
}


def of(text: str) -> str:
    """Says the same without what only the host of the service can do.

    Args:
        text: What is known of a recording, or of a question.
    """
    for said, instead in _INSTEAD.items():
        text = text.replace(said, instead)
    return text
