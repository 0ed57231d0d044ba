"""A decoder that some bytes kill, for processes that import little."""

import os
import signal

from tftag.audio import decoding_pool

DEADLY = b"deadly"


def decode(path, rate_hz, seconds=0):
    """Stands in for `decoding_pool._decode`, in the process of a worker."""
    if path.read_bytes() == DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
    return decoding_pool.audio.decode_file(path, rate_hz).samples, []
