"""The chain from a manifest to batches: order, crop, mask, mix, prefetch.

Everything random in epoch `e` is a function of `(seed, e)` and the position in
the epoch. Example 17 of epoch 3 is the same whatever was read before it, so a
stream can begin at any step.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from pipelines import manifest as manifests
from pipelines.reading import augmentation as augmentations
from pipelines.reading import ending_calls, seeded_draws, slice_reader
from tftag import audio


@dataclasses.dataclass(frozen=True)
class Share:
    """The part of every batch that one of several workers reads.

    Attributes:
        parts: Number of equal parts that a batch is cut into, one per device.
        first: First part that is read, from 0.
        count: Number of parts that are read.
    """

    parts: int = 1
    first: int = 0
    count: int = 1

    def of(self, values: tf.Tensor) -> tf.Tensor:
        """`[steps, batch, ...]` to `[steps * count, batch / parts, ...]`."""
        steps, batch, *rest = values.shape
        size = batch // self.parts
        cut = tf.reshape(values, [steps, self.parts, size, *rest])
        own = cut[:, self.first : self.first + self.count]
        return tf.reshape(own, [steps * self.count, size, *rest])


WHOLE = Share()
_BATCHES_AHEAD = 2  # each may hold tens of megabytes


def steps_per_epoch(tracks: int, batch_size: int) -> int:
    """Returns how many full batches an epoch has.

    Args:
        tracks: Recordings to train on.
        batch_size: Clips per batch.

    Raises:
        ValueError: There are fewer recordings than a batch holds.
    """
    _check_batch_size(batch_size)
    if tracks < batch_size:
        raise ValueError(
            "Training needs at least `batch_size` recordings. Received: "
            f"batch_size={batch_size}, {tracks} recordings. Use a batch size "
            f"of at most {tracks}, more recordings, or all of them for "
            "training (--train-on all)."
        )
    return tracks // batch_size


def training_dataset(
    manifest: manifests.Manifest,
    spec: audio.AudioSpec,
    reader: slice_reader.SliceReader,
    *,
    batch_size: int,
    seed: int,
    epochs: int,
    first_step: int = 0,
    augmentation: augmentations.Augmentation = augmentations.NONE,
    share: Share = WHOLE,
) -> tf.data.Dataset:
    """Builds one stream of random crops over all epochs.

    Every epoch leaves out the last `tracks % batch_size` recordings of its
    order.

    Args:
        manifest: The recordings to train on.
        spec: Gives the length of the clips and the bounds of the masks.
        reader: Reads clips of `manifest`.
        batch_size: Clips per batch.
        seed: Seed of everything random.
        epochs: Epochs of the whole stream.
        first_step: Batches to skip at the start; nothing is read for them.
        augmentation: How to vary clips beyond the crop.
        share: The part of every batch to read. Each part is an element of its
            own, whose `batch` is `batch_size / parts`. The examples are the
            same for any number of parts.

    Returns:
        A data set of `steps_per_epoch * epochs - first_step` elements
        `(inputs, labels)`, times `share.count`. `inputs` has `waveform`,
        int16 `[batch, samples]` (float32 with mixup); `peak`, float32
        `[batch]`, the recording's loudest sample in the unit of `waveform`;
        `mel_masks` and `time_masks`, int32 `[batch, masks, 2]`, start and
        width. `labels` is float32 `[batch, tags]`. Too many lost files raise
        `tf.errors.InvalidArgumentError` with the reader's text in it, or, in
        `with reader.plain_errors():`, the plain `ValueError`.

    Raises:
        ValueError: The arguments do not fit together.
    """
    _check_fit(manifest, spec, reader)
    augmentations.check_masks(augmentation, spec)
    steps = steps_per_epoch(len(manifest.tracks), batch_size)
    if not (epochs >= 1 and 0 <= first_step <= steps * epochs):
        raise ValueError(
            f"1 <= `epochs` and 0 <= `first_step` <= {steps} * epochs must "
            f"hold. Received: epochs={epochs}, first_step={first_step}."
        )
    if batch_size % share.parts:
        raise ValueError(
            f"`batch_size` must be a multiple of {share.parts}, the devices "
            f"that share a batch. Received: {batch_size}."
        )
    labels = manifest.labels(np.uint8)
    samples = manifest.tracks.numbers("samples")
    probabilities = None
    if augmentation.tag_balance > 0:
        probabilities = seeded_draws.row_probabilities(
            labels, augmentation.tag_balance
        )

    @tf.autograph.experimental.do_not_convert
    def batches_of_epoch(epoch):
        drawn = _draw_epoch(
            [seed, epoch], samples, probabilities, spec, augmentation
        )
        drawn = {
            name: tf.reshape(
                values[: steps * batch_size],
                [steps, batch_size, *values.shape[1:]],
            )
            for name, values in drawn.items()
        }
        if augmentation.mixup_alpha > 0 and share.parts > 1:
            # The first row of a part is mixed with the last of another.
            for name in ("row", "start"):
                before = tf.roll(drawn[name], 1, axis=1)
                drawn[f"{name}_before"] = before
        return tf.data.Dataset.from_tensor_slices(
            {name: share.of(values) for name, values in drawn.items()}
        )

    def read(rows, starts):
        clips, rows_used = reader.read(rows.tolist(), starts.tolist())
        return clips, labels[rows_used].astype(np.float32)

    def load(drawn):
        places = [drawn["row"], drawn["start"]]
        if "row_before" in drawn:
            before = [drawn["row_before"][:1], drawn["start_before"][:1]]
            places = [
                tf.concat(pair, axis=0)
                for pair in zip(before, places, strict=True)
            ]
        clips, tags = tf.numpy_function(
            ending_calls.until_exit(read), places, (tf.int16, tf.float32)
        )
        rows = places[0].shape[0]
        clips.set_shape([rows, spec.clip_samples])
        tags.set_shape([rows, labels.shape[1]])
        peak = tf.fill([rows], float(audio.FULL_SCALE))
        if augmentation.mixup_alpha > 0:
            weight = drawn["mixup_weight"][:, None]
            clips = augmentations.mixed(
                tf.cast(clips, tf.float32) / peak[:, None], weight
            )
            tags = augmentations.mixed(tags, weight)
            peak = tf.ones([batch_size // share.parts])
        inputs = {
            "waveform": clips,
            "peak": peak,
            "mel_masks": drawn["mel_masks"],
            "time_masks": drawn["time_masks"],
        }
        return inputs, tags

    first_epoch, steps_left_out = divmod(first_step, steps)
    dataset = tf.data.Dataset.range(first_epoch, epochs)
    dataset = dataset.flat_map(batches_of_epoch).skip(
        steps_left_out * share.count
    )
    elements = (steps * epochs - first_step) * share.count
    return _in_order(dataset, load, elements)


def evaluation_dataset(
    manifest: manifests.Manifest,
    spec: audio.AudioSpec,
    reader: slice_reader.SliceReader,
    *,
    batch_size: int,
) -> tf.data.Dataset:
    """Builds the clips that cover every recording, in order.

    Args:
        manifest: The recordings to score.
        spec: Gives the length of the clips and their distance.
        reader: Reads clips of `manifest`.
        batch_size: Clips per batch; the last batch may hold fewer.

    Returns:
        A data set of `waveform`, int16 `[batch, samples]`; `peak`, float32
        `[batch]`; `row`, int64 `[batch]`, the recording's position in the
        manifest. A file that cannot be read raises an error that names it, as
        in training: a score must not come from another recording.

    Raises:
        ValueError: The arguments do not fit together.
    """
    _check_fit(manifest, spec, reader)
    _check_batch_size(batch_size)
    samples = manifest.tracks.numbers("samples")
    first_clip = np.concatenate(
        [[0], np.cumsum(audio.clip_counts(samples, spec))]
    )
    clip_count = int(first_clip[-1])

    def read(step):
        first = int(step) * batch_size
        clips = np.arange(first, min(first + batch_size, clip_count))
        rows = np.searchsorted(first_clip, clips, side="right") - 1
        starts = [
            audio.clip_starts(int(samples[row]), spec)[place]
            for row, place in zip(rows, clips - first_clip[rows], strict=True)
        ]
        return reader.read(rows.tolist(), starts, replace_lost=False)

    def load(step):
        clips, rows = tf.numpy_function(
            ending_calls.until_exit(read), [step], (tf.int16, tf.int64)
        )
        clips.set_shape([None, spec.clip_samples])
        rows.set_shape([None])
        peak = tf.fill(tf.shape(rows), float(audio.FULL_SCALE))
        return {"waveform": clips, "peak": peak, "row": rows}

    batches = -(-clip_count // batch_size)
    return _in_order(tf.data.Dataset.range(batches), load, batches)


def _in_order(dataset, load, elements: int) -> tf.data.Dataset:
    """Loads in parallel without a change of order."""
    # No branch depends on a tensor: to translate them would take seconds.
    load = tf.autograph.experimental.do_not_convert(load)
    dataset = dataset.map(load, tf.data.AUTOTUNE, deterministic=True)
    dataset = dataset.prefetch(_BATCHES_AHEAD)
    return dataset.apply(tf.data.experimental.assert_cardinality(elements))


def _draw_epoch(seed, samples, probabilities, spec, augmentation):
    """Draws the rows of an epoch, and what is random about each example."""
    seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 5))
    rows = seeded_draws.rows(seeds[0], len(samples), probabilities)
    drawn = {
        "row": rows,
        "start": seeded_draws.starts(
            seeds[1], tf.gather(samples, rows), spec.clip_samples
        ),
        "mel_masks": seeded_draws.masks(
            seeds[2],
            [len(samples), augmentation.mel_masks],
            augmentation.mel_mask_bands,
            spec.mel_bands,
        ),
        "time_masks": seeded_draws.masks(
            seeds[3],
            [len(samples), augmentation.time_masks],
            augmentation.time_mask_frames,
            spec.clip_frames,
        ),
    }
    if augmentation.mixup_alpha > 0:
        drawn["mixup_weight"] = seeded_draws.mixup_weights(
            seeds[4], len(samples), augmentation.mixup_alpha
        )
    return drawn


def _check_batch_size(batch_size: int):
    if batch_size < 1:
        raise ValueError(
            f"`batch_size` must be at least 1. Received: {batch_size}."
        )


def _check_fit(manifest, spec, reader):
    own, theirs = (
        (each.folder, each.tracks) for each in (manifest, reader.manifest)
    )
    if own != theirs:
        raise ValueError(
            "`reader` must be made from the same manifest: rows are counted "
            f"in it. Received: {len(own[1])} recordings in {own[0]}, a reader "
            f"of {len(theirs[1])} in {theirs[0]}."
        )
    if reader.clip_samples != spec.clip_samples:
        raise ValueError(
            f"`reader` must read clips of {spec.clip_samples} samples. "
            f"Received: {reader.clip_samples}."
        )
    if manifest.sample_rate_hz != spec.sample_rate_hz:
        raise ValueError(
            f"The audio must be at {spec.sample_rate_hz} Hz; prepare it again. "
            f"Received: a manifest at {manifest.sample_rate_hz} Hz."
        )
