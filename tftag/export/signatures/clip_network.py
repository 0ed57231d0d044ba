"""A network over the clips of all rows, a fixed few at a time.

The last few are filled up to that number. So what the network needs does not
grow with length or batch, and it sees one shape only: a recording gets the
same answer alone and in every batch. A row that is no recording has no clips,
and costs the others nothing.
"""

from collections.abc import Callable

import tensorflow as tf

from tftag import audio
from tftag.export.signatures import clips_in_graph


def run_clips(
    network: Callable[[dict[str, tf.Tensor]], dict[str, tf.Tensor]],
    widths: dict[str, int],
    waveform: tf.Tensor,
    length_samples: tf.Tensor,
    spec: audio.AudioSpec,
    clips_at_once: int,
) -> tuple[dict[str, tf.Tensor], tf.Tensor, tf.Tensor, tf.Tensor]:
    """Takes every clip through a network, in a graph.

    Args:
        network: `{"waveform" [clips_at_once, samples], "peak"
            [clips_at_once]}` to float32 `[clips_at_once, width]` by name.
        widths: Width of each answer of the network, by name.
        waveform: float32 `[batch, samples]`.
        length_samples: int64 `[batch]`; what lies behind is not read.
        spec: Length of a clip, and the largest step between clips.
        clips_at_once: How many clips the network sees at a time.

    Returns:
        float32 `[clips, width]` by name; the row and the start of each clip,
        int64 `[clips]`; and what `clips_in_graph.problems` says of each row.

    Raises:
        tf.errors.InvalidArgumentError: When run, for no samples or another
            number of lengths than of rows.
    """
    samples = tf.shape(waveform, tf.int64)[1]
    with tf.control_dependencies(
        clips_in_graph.checks(waveform, length_samples)
    ):
        peak = clips_in_graph.row_peaks(waveform, length_samples)
        problems = clips_in_graph.problems(waveform, length_samples, peak)
        rows, starts = clips_in_graph.clip_list(
            tf.where(tf.equal(problems, ""), length_samples, 0), spec
        )
    total = tf.size(rows)
    # Empty places of the last group are clips of the first row.
    fill = [[0, -total % clips_at_once]]
    group_rows = tf.reshape(tf.pad(rows, fill), [-1, clips_at_once])
    group_starts = tf.reshape(tf.pad(starts, fill), [-1, clips_at_once])
    flat = tf.reshape(waveform, [-1])

    def cut(place: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """Copies a clip, with zeros behind the end of its recording."""
        row, start = place
        # A slice is one copy; a gather would look every sample up.
        end = tf.clip_by_value(length_samples[row], start, samples)
        count = tf.minimum(end - start, spec.clip_samples)
        part = tf.slice(flat, [row * samples + start], [count])
        return tf.pad(part, [[0, spec.clip_samples - count]])

    def clips_of(group: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        row = group_rows[group]
        clips = tf.map_fn(
            cut,
            (row, group_starts[group]),
            fn_output_signature=tf.TensorSpec([spec.clip_samples], tf.float32),
        )
        return clips, tf.gather(peak, row)

    outputs = _run_groups(network, widths, clips_of, total, clips_at_once)
    return outputs, rows, starts, problems


def run_given_clips(
    network: Callable[[dict[str, tf.Tensor]], dict[str, tf.Tensor]],
    widths: dict[str, int],
    waveform: tf.Tensor,
    peak: tf.Tensor,
    clips_at_once: int,
) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """Takes clips that somebody else has cut through a network, in a graph.

    Args:
        network: As for `run_clips`, and so is `widths`.
        widths: Width of each answer of the network, by name.
        waveform: float32 `[clips, samples]`, the length of a clip.
        peak: float32 `[clips]`: the loudest sample of the recording that a
            clip is of.
        clips_at_once: How many clips the network sees at a time.

    Returns:
        float32 `[clips, width]` by name; and what is wrong with each clip,
        strings `[clips]`.
    """
    total, samples = tf.unstack(tf.shape(waveform))
    lengths = tf.fill([total], tf.cast(samples, tf.int64))
    loudest = clips_in_graph.row_peaks(waveform, lengths)
    # A clip of nothing but zeros is as good as any.
    level = tf.where(tf.math.is_finite(loudest), peak, loudest)
    problems = tf.where(
        loudest > level,
        "A clip may not be louder than its `peak`.",
        clips_in_graph.problems(waveform, lengths, level),
    )

    def clips_of(group: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        first = group * clips_at_once
        there = slice(first, first + clips_at_once)
        fill = tf.maximum(first + clips_at_once - total, 0)
        return (
            tf.pad(waveform[there], [[0, fill], [0, 0]]),
            tf.pad(peak[there], [[0, fill]]),
        )

    outputs = _run_groups(network, widths, clips_of, total, clips_at_once)
    return outputs, problems


def _run_groups(
    network: Callable[[dict[str, tf.Tensor]], dict[str, tf.Tensor]],
    widths: dict[str, int],
    clips_of: Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]],
    total: tf.Tensor,
    clips_at_once: int,
) -> dict[str, tf.Tensor]:
    """Takes clips and their peaks through a network, a group at a time."""
    groups = -(-total // clips_at_once)

    def run_group(
        group: tf.Tensor, answers: dict[str, tf.TensorArray]
    ) -> tuple[tf.Tensor, dict[str, tf.TensorArray]]:
        clips, peak = clips_of(group)
        clips = tf.ensure_shape(clips, [clips_at_once, None])
        peak = tf.ensure_shape(peak, [clips_at_once])
        outputs = network({"waveform": clips, "peak": peak})
        return group + 1, {
            name: answer.write(group, outputs[name])
            for name, answer in answers.items()
        }

    empty = {
        name: tf.TensorArray(
            tf.float32, size=groups, element_shape=[clips_at_once, width]
        )
        for name, width in widths.items()
    }
    _, answers = tf.while_loop(
        lambda group, _: group < groups,
        run_group,
        [tf.constant(0), empty],
        parallel_iterations=1,
        maximum_iterations=groups,
    )
    return {name: answer.concat()[:total] for name, answer in answers.items()}
