"""WAV files as bytes to waveforms, in TensorFlow ops alone.

`tf.audio.decode_wav` takes the left channel where one is asked for, and says
little about what it refuses.
"""

import tensorflow as tf

from tftag.audio import waveform as waveforms
from tftag.audio.formats import stated_end

_PCM = 1
_EXTENSIBLE = 0xFFFE
_NAME = "[ -~]{4}"
_FREQUENT = b"|".join(stated_end.FREQUENT_NAMES).decode()
_TAG = f"(?s)(?:ID3|{b'|'.join(stated_end.LAST_TAGS).decode()}).*"
# Files have a dozen; a megabyte of zeros would be 125,000 empty ones.
_MOST_CHUNKS = 1000


def decode_wavs(
    wavs: tf.Tensor, sample_rate_hz: int
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Decodes 16-bit PCM WAV files and mixes their channels.

    They are averaged; where they cancel each other, the loudest is taken, as
    `audio.decode_file` does.

    Args:
        wavs: String tensor `[batch]`, the bytes of a file in each row.
        sample_rate_hz: Rate that every file must have.

    Returns:
        The waveforms, float32 `[batch, samples]` in units of int16, padded
        with zeros to the longest, at least to 1; their lengths, int64
        `[batch]`; and strings `[batch]` that say why a file cannot be used,
        empty where it can: the others have length 0.
    """

    def layout(row: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        channels, position, data_bytes, problem = _read_header(
            wavs[row], sample_rate_hz
        )
        # A file that cannot be used holds nothing, in one channel.
        is_usable = tf.equal(problem, "")
        data_bytes = tf.where(is_usable, data_bytes, 0)
        position = tf.where(is_usable, position, 0)
        channels = tf.where(is_usable, channels, 1)
        return tf.stack([channels, position, data_bytes]), problem

    def waveform(row: tf.Tensor) -> tf.Tensor:
        channels, position, data_bytes = tf.unstack(layouts[row])
        data = tf.strings.substr(wavs[row], position, data_bytes)
        samples = tf.cast(tf.io.decode_raw(data, tf.int16), tf.float32)
        mono = _mixed(tf.reshape(samples, [-1, channels]))
        return tf.pad(mono, [[0, longest - tf.size(mono, tf.int64)]])

    batch = tf.shape(wavs)[0]
    layouts, problems = tf.map_fn(
        layout,
        tf.range(batch),
        parallel_iterations=1,
        fn_output_signature=(tf.int64, tf.string),
    )
    layouts = tf.ensure_shape(layouts, [None, 3])
    lengths = layouts[:, 2] // (2 * layouts[:, 0])
    longest = tf.maximum(tf.reduce_max(lengths), 1)
    # Joined, not stacked: that works for no rows, too.
    _, waveforms = tf.while_loop(
        lambda row, _: row < batch,
        lambda row, found: (row + 1, found.write(row, waveform(row))),
        [
            tf.constant(0),
            tf.TensorArray(tf.float32, batch, element_shape=[None]),
        ],
        parallel_iterations=1,
    )
    padded = tf.reshape(
        waveforms.concat(), tf.stack([tf.cast(batch, tf.int64), longest])
    )
    return padded, lengths, problems


def _mixed(samples: tf.Tensor) -> tf.Tensor:
    """Mixes float32 `[samples, channels]` as `audio.waveform` does.

    It compares the channels of the same samples, block by block.
    """
    mean = tf.reduce_mean(samples, axis=1)
    length, channels = tf.unstack(tf.shape(samples))
    at = tf.range(length)
    block_samples = tf.maximum(waveforms.BLOCK_VALUES // channels, 1)
    block = at // block_samples
    first = block * block_samples
    in_block = tf.minimum(block_samples, length - first)
    is_compared = at - first < tf.maximum(
        waveforms.LEAST_COMPARED, in_block // waveforms.COMPARED_PART
    )

    def power(values: tf.Tensor) -> tf.Tensor:
        # The squares of int16 add up without rounding.
        some = tf.cast(tf.boolean_mask(values, is_compared), tf.float64)
        return tf.math.segment_sum(some**2, block_compared)

    block_compared = tf.boolean_mask(block, is_compared)
    left, powers = power(mean), power(samples)
    apart = tf.reduce_sum(powers, axis=1) / tf.cast(channels, tf.float64) ** 2
    is_lost = left < waveforms.CANCELLED_SHARE * apart
    loudest = tf.argmax(
        tf.reduce_sum(tf.boolean_mask(powers, is_lost), axis=0),
        output_type=tf.int32,
    )
    cancels = tf.reduce_sum(left) < waveforms.CANCELLED_SHARE * tf.reduce_sum(
        apart
    )
    return tf.cond(
        cancels, lambda: tf.gather(samples, loudest, axis=1), lambda: mean
    )


def _read_header(
    wav: tf.Tensor, sample_rate_hz: int
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
    """Returns channels, first byte of data, bytes of data, and what is wrong.

    Never fails: a field that is not there reads as 0.
    """
    position, format_at, found = _find_chunks(wav)

    def field(offset: int, width: int) -> tf.Tensor:
        value = _unsigned(wav, tf.maximum(format_at, 0) + offset, width)
        return tf.where(format_at < 0, tf.zeros_like(value), value)

    codec, channels = field(0, 2), field(2, 2)
    rate, bits = field(4, 4), field(14, 2)
    # The oldest headers end before the bits of a sample.
    is_short = tf.equal(_unsigned(wav, tf.maximum(format_at - 4, 0), 4), 14)
    block_bits = 8 * field(12, 2) // tf.maximum(channels, 1)
    bits = tf.where(is_short, block_bits, bits)
    # WAVE_FORMAT_EXTENSIBLE hides the code in the first bytes of a GUID.
    codec = tf.where(tf.equal(codec, _EXTENSIBLE), field(24, 2), codec)
    frame_bytes = tf.maximum(2 * channels, 2)
    data_bytes = _data_bytes(wav, position) // frame_bytes * frame_bytes

    number = tf.strings.as_string
    kind = _printable(_text(wav, 0, 4))
    # Where a second header was put before the first, or files were joined.
    is_joined = tf.constant(False)
    declared = _unsigned(wav, position - 4, 4)
    for place in (0, declared, declared + declared % 2):
        is_joined |= _begins_wav(wav, position + place)
    problem = tf.constant("")
    for is_wrong, text in (
        (data_bytes < 2, ["There are no samples."]),
        (
            tf.not_equal(rate, sample_rate_hz),
            [
                f"The rate must be {sample_rate_hz} Hz. Received: ",
                number(rate),
                " Hz. Resample it first.",
            ],
        ),
        (
            tf.not_equal(codec, _PCM)
            | tf.not_equal(bits, 16)
            | tf.equal(channels, 0),
            [
                "Samples must be 16-bit PCM (format code 1). Received: "
                "format code ",
                number(codec),
                ", ",
                number(bits),
                " bits, ",
                number(channels),
                " channels. Convert it to 16-bit PCM first.",
            ],
        ),
        (
            is_joined,
            ["It holds more than one WAV file. Send each by itself."],
        ),
        (
            tf.logical_not(found) | (format_at < 0),
            [
                "The file has no `fmt ` and `data` chunk, in this order, among "
                f"its first {_MOST_CHUNKS}: it is cut short or damaged."
            ],
        ),
        (
            tf.logical_not(_begins_wav(wav, 0)),
            [
                "The bytes must be a RIFF WAVE file. Received: ",
                number(_size(wav)),
                " bytes that begin with `",
                kind,
                "`. Convert it to WAV, or decode it and send the waveform.",
            ],
        ),
    ):
        problem = tf.where(is_wrong, tf.strings.join(text), problem)
    return channels, position, data_bytes, problem


def _find_chunks(wav: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Returns first byte of data and of the format (-1: none), whether found.

    The format is looked for in front of the data alone.
    """
    total = _size(wav)

    def is_before_data(
        position: tf.Tensor, _: tf.Tensor, found: tf.Tensor
    ) -> tf.Tensor:
        return tf.logical_not(found) & (position + 8 <= total)

    def next_chunk(
        position: tf.Tensor, format_at: tf.Tensor, _: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        name = _text(wav, position, 4)
        size = _unsigned(wav, position + 4, 4)
        found = tf.equal(name, "data")
        format_at = tf.where(tf.equal(name, "fmt "), position + 8, format_at)
        # Chunks begin at even positions, if the byte between is there.
        after = position + 8 + size
        after += tf.where(_is_padded(wav, after), size % 2, 0)
        return tf.where(found, position + 8, after), format_at, found

    return tf.while_loop(
        is_before_data,
        next_chunk,
        [tf.constant(12, tf.int64), tf.constant(-1, tf.int64), False],
        parallel_iterations=1,
        maximum_iterations=_MOST_CHUNKS,
    )


def _data_bytes(wav: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
    """Returns how many bytes of data there are, from their first byte on."""
    # Recorders that were stopped, and pipes, leave 0 or 2**32 - 1 as the size.
    declared = _unsigned(wav, position - 4, 4)
    rest = tf.maximum(_size(wav) - position, 0)
    is_unknown = (declared < 1) | (declared >= stated_end.UNKNOWN_BYTES)
    is_none = is_unknown & _is_behind_samples(wav, position)
    rest = tf.where(is_none, tf.zeros_like(rest), rest)
    return tf.where(declared > 0, tf.minimum(declared, rest), rest)


def _begins_wav(wav: tf.Tensor, position: tf.Tensor | int) -> tf.Tensor:
    """Whether a RIFF WAVE file begins at a position."""
    return tf.equal(_text(wav, position, 4), "RIFF") & tf.equal(
        _text(wav, position + 8, 4), "WAVE"
    )


def _is_padded(wav: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
    """As `stated_end.is_padded`: whether a chunk of odd length is filled up."""
    here, behind = _text(wav, position, 4), _text(wav, position + 1, 4)
    matches = tf.strings.regex_full_match
    is_name = matches(here, _NAME) & ~matches(behind, _NAME)
    is_likelier = matches(here, _FREQUENT) & ~matches(behind, _FREQUENT)
    return ~(is_name | is_likelier)


def _is_behind_samples(wav: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
    """Whether a chunk or a tag is at a position where samples may begin."""
    text = _text(wav, position, 16)
    end = position + 8 + _unsigned(wav, position + 4, 4)
    is_name = tf.strings.regex_full_match(tf.strings.substr(text, 0, 4), _NAME)
    is_tag = tf.strings.regex_full_match(text, _TAG)
    return is_tag | (is_name & (end <= _size(wav)))


def _size(wav: tf.Tensor) -> tf.Tensor:
    """Returns the number of bytes as int64."""
    return tf.cast(tf.strings.length(wav), tf.int64)


def _text(
    wav: tf.Tensor, position: tf.Tensor | int, width: tf.Tensor | int
) -> tf.Tensor:
    """Returns up to `width` bytes; none beyond the end."""
    position = tf.minimum(tf.cast(position, tf.int64), _size(wav))
    return tf.strings.substr(wav, position, tf.cast(width, tf.int64))


def _printable(text: tf.Tensor) -> tf.Tensor:
    """Returns text with ? for every byte that is no ASCII character."""
    shown = [chr(byte) if 32 <= byte < 127 else "?" for byte in range(256)]
    codes = tf.cast(tf.io.decode_raw(text, tf.uint8), tf.int32)
    return tf.strings.reduce_join(tf.gather(tf.constant(shown), codes))


def _unsigned(wav: tf.Tensor, position: tf.Tensor, width: int) -> tf.Tensor:
    """Returns a little-endian integer as int64, with zeros beyond the end."""
    digits = tf.io.decode_raw(
        tf.strings.join([_text(wav, position, width), "\0" * width]), tf.uint8
    )
    digits = tf.cast(digits[:width], tf.int64)
    return tf.reduce_sum(
        tf.bitwise.left_shift(digits, tf.range(0, 8 * width, 8, tf.int64))
    )
