"""Which clips of a batch of recordings the network sees, and their level."""

import tensorflow as tf

from tftag import audio

# What is read at once to find the loudest sample of a row.
_PEAK_BLOCK_SAMPLES = 1 << 18
_NO_SIGN = 0x7FFF_FFFF


def checks(
    waveform: tf.Tensor, length_samples: tf.Tensor
) -> list[tf.Operation]:
    """Returns the operations that fail where the shapes cannot be.

    Args:
        waveform: `[batch, samples]`.
        length_samples: int64, `[batch]` as it should be.

    Returns:
        The operations.
    """
    batch, samples = tf.unstack(tf.shape(waveform, tf.int64))
    return [
        tf.debugging.Assert(
            samples > 0,
            ["`waveform` must hold at least 1 sample. Received:", samples],
        ),
        tf.debugging.Assert(
            tf.equal(tf.size(length_samples, tf.int64), batch),
            ["`length_samples` must hold a number per row. Received:"]
            + [tf.shape(length_samples), "for rows:", batch],
        ),
    ]


def problems(
    waveform: tf.Tensor, length_samples: tf.Tensor, peak: tf.Tensor
) -> tf.Tensor:
    """Says of every row why it cannot be used.

    A server joins the rows of several clients: one that is no recording must
    not cost the others their answer, so nothing fails here.

    Args:
        waveform: float32 `[batch, samples]`.
        length_samples: int64 `[batch]`.
        peak: What `row_peaks` returned.

    Returns:
        Strings `[batch]`, empty where there is nothing to say; the words are
        those of `audio.decode_file`.
    """
    samples = tf.shape(waveform, tf.int64)[1]
    as_text = tf.strings.as_string
    found = tf.where(tf.equal(peak, 0.0), "All samples are zero.", "")
    found = tf.where(
        tf.math.is_finite(peak), found, "Samples are NaN or infinite."
    )
    received = tf.strings.join(
        ["`length_samples` must lie in 1 to ", as_text(samples)]
        + [". Received: ", as_text(length_samples), "."]
    )
    is_inside = (length_samples >= 1) & (length_samples <= samples)
    return tf.where(is_inside, found, received)


def row_peaks(waveform: tf.Tensor, length_samples: tf.Tensor) -> tf.Tensor:
    """Finds the loudest sample of every row, a block at a time.

    Args:
        waveform: float32 `[batch, samples]`.
        length_samples: int64 `[batch]`; what lies behind does not count.

    Returns:
        The loudest absolute samples `[batch]`; infinity for a row that holds
        NaN or infinity.
    """
    batch, samples = tf.unstack(tf.shape(waveform, tf.int64))
    # Without their sign, floats are in the order of their bits, and NaN comes
    # last: the maximum of floats may pass over it.
    bits = tf.bitcast(tf.reshape(waveform, [-1]), tf.int32)
    ends = tf.range(batch) * samples + tf.clip_by_value(
        length_samples, 0, samples
    )

    def read_block(
        row: tf.Tensor, start: tf.Tensor, peak: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        stop = start + _PEAK_BLOCK_SAMPLES
        block = bits[start : tf.minimum(stop, ends[row])]
        loudest = tf.reduce_max(tf.bitwise.bitwise_and(block, _NO_SIGN))
        peak = tf.tensor_scatter_nd_max(peak, [[row]], [loudest])
        is_read = stop >= ends[row]
        return (
            tf.where(is_read, row + 1, row),
            tf.where(is_read, (row + 1) * samples, stop),
            peak,
        )

    zero = tf.constant(0, tf.int64)
    _, _, peak = tf.while_loop(
        lambda row, *_: row < batch,
        read_block,
        [zero, zero, tf.zeros([batch], tf.int32)],
        shape_invariants=[
            *(tf.TensorShape([]), tf.TensorShape([])),
            tf.TensorShape([None]),
        ],
        parallel_iterations=1,
    )
    peak = tf.bitcast(peak, tf.float32)
    return tf.where(tf.math.is_finite(peak), peak, float("inf"))


def clip_list(
    length_samples: tf.Tensor, spec: audio.AudioSpec
) -> tuple[tf.Tensor, tf.Tensor]:
    """Lists the clips of all rows; each row's as `audio.clip_starts` does.

    Args:
        length_samples: int64 `[batch]`; a row of none has no clips.
        spec: Length of a clip, and the largest step between clips.

    Returns:
        Row and first sample of each clip, int64 `[clips]`.
    """
    spare = tf.maximum(length_samples - spec.clip_samples, 0)
    clips = 1 - (-spare // spec.clip_step_samples)
    clips = tf.where(length_samples > 0, clips, 0)
    rows = tf.repeat(tf.range(tf.size(clips, tf.int64)), clips)
    index = tf.range(tf.size(rows, tf.int64)) - tf.gather(
        tf.cumsum(clips, exclusive=True), rows
    )
    steps = tf.maximum(clips - 1, 1)
    return rows, index * tf.gather(spare, rows) // tf.gather(steps, rows)
