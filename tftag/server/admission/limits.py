"""How much a service takes on."""

import dataclasses

_MEGABYTE = 1 << 20


@dataclasses.dataclass(frozen=True)
class Limits:
    """What is more than these is refused, each with a status of its own.

    Attributes:
        body_bytes: Of an uploaded recording (413).
        json_bytes: Of a request in JSON (413).
        held_bytes: Of the bodies of all requests together, those in JSON as
            the memory that they take while they are read (429).
        audio_seconds: Of a recording (413).
        body_seconds: Until a request is there as a whole (408).
        request_seconds: From there to the answer, and of decoding (504).
        download_seconds: Until a file that plays is sent.
        stalled_seconds: Until whoever plays it takes some more; a player
            that stood still for longer asks for the rest anew.
        store_seconds: Until the store of a file that plays has answered, each
            time that it is asked (504).
        requests: That are answered at a time or wait; and, besides, files
            that play at a time (429).
    """

    body_bytes: int = 100 * _MEGABYTE
    json_bytes: int = 32 * _MEGABYTE
    held_bytes: int = 800 * _MEGABYTE
    audio_seconds: int = 3_600
    body_seconds: float = 60.0
    request_seconds: float = 60.0
    download_seconds: float = 3_600.0
    stalled_seconds: float = 60.0
    store_seconds: float = 20.0
    requests: int = 64
