"""FLAC of any number of bits, and of any stated length."""

import numpy as np

BLOCK_SAMPLES = 192
_SIZE_CODES = {8: 1, 12: 2, 16: 4, 20: 5, 24: 6}


def encode(samples: np.ndarray, bits: int, rate_hz: int) -> bytes:
    """Encodes whole numbers `[samples]` of so many bits, in whole blocks."""
    blocks = np.asarray(samples).reshape(-1, BLOCK_SAMPLES)
    if len(blocks) > 0x7FF:
        raise ValueError("More blocks than numbers of two bytes count.")
    frames = b"".join(
        _frame(number, block, bits) for number, block in enumerate(blocks)
    )
    # Rate, one channel, bits per sample and length: 20, 3, 5 and 36 bits.
    stream = rate_hz << 44 | (bits - 1) << 36 | blocks.size
    size = BLOCK_SAMPLES.to_bytes(2, "big")
    info = size + size + bytes(6) + stream.to_bytes(8, "big") + bytes(16)
    return b"fLaC\x80" + len(info).to_bytes(3, "big") + info + frames


def with_total(flac, samples):
    """The FLAC file with another number of samples in its header."""
    data = bytearray(flac)
    fields = int.from_bytes(data[18:26], "big")
    fields = fields >> 36 << 36 | samples
    data[18:26] = fields.to_bytes(8, "big")
    return bytes(data)


def _frame(number, block, bits):
    """A frame of one verbatim subframe; the rate is as in the stream."""
    if number < 128:
        coded = bytes([number])
    else:
        coded = bytes([0xC0 | number >> 6, 0x80 | number & 63])
    header = bytes([0xFF, 0xF8, 0x10, _SIZE_CODES[bits] << 1]) + coded
    header += bytes([checksum(header, 8, 0x07)])
    mask = (1 << bits) - 1
    text = "00000010" + "".join(f"{int(v) & mask:0{bits}b}" for v in block)
    text += "0" * (-len(text) % 8)
    frame = header + int(text, 2).to_bytes(len(text) // 8, "big")
    return frame + checksum(frame, 16, 0x8005).to_bytes(2, "big")


def checksum(data, bits, polynomial):
    """Of frames, and of their headers."""
    register, mask = 0, (1 << bits) - 1
    for byte in data:
        register ^= byte << (bits - 8)
        for _ in range(8):
            carry = register >> (bits - 1)
            register = (register << 1 & mask) ^ polynomial * carry
    return register
