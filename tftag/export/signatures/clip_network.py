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
    groups = -(-total // clips_at_once)
    fill = [[0, groups * clips_at_once - total]]
    group_rows = tf.reshape(tf.pad(rows, fill), [groups, clips_at_once])
    group_starts = tf.reshape(tf.pad(starts, fill), [groups, clips_at_once])
    flat = tf.reshape(waveform, [-1])

    def cut(place: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """Copies a clip, with zeros behind the end of its recording."""
        row, start = place
        # A slice is one copy; a gather would look every sample up.
        end = tf.clip_by_value(length_samples[row], start, samples)
        count = tf.minimum(end - start, spec.clip_samples)
        part = tf.slice(flat, [row * samples + start], [count])
        return tf.pad(part, [[0, spec.clip_samples - count]])

    def run_group(
        group: tf.Tensor, answers: dict[str, tf.TensorArray]
    ) -> tuple[tf.Tensor, dict[str, tf.TensorArray]]:
        row = group_rows[group]
        clips = tf.map_fn(
            cut,
            (row, group_starts[group]),
            fn_output_signature=tf.TensorSpec([spec.clip_samples], tf.float32),
        )
        outputs = network(
            {
                "waveform": tf.ensure_shape(
                    clips, [clips_at_once, spec.clip_samples]
                ),
                "peak": tf.gather(peak, row),
            }
        )
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
    outputs = {
        name: answer.concat()[:total] for name, answer in answers.items()
    }
    return outputs, rows, starts, problems
