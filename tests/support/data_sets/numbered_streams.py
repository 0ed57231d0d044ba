"""Streams of training batches over numbered recordings."""

import numbered_audio

from pipelines.reading import augmentation as augmentations
from pipelines.reading import slice_reader, tf_data

SPEC = numbered_audio.SPEC
CLIP = SPEC.clip_samples
EVERYTHING = augmentations.Augmentation(
    mel_masks=2,
    mel_mask_bands=4,
    time_masks=1,
    time_mask_frames=3,
    mixup_alpha=0.4,
    tag_balance=0.5,
)


def twenty_recordings(folder):
    """Manifest of 20 lengths; the last recording is shorter than a clip."""
    lengths = [150 + 37 * row for row in range(19)] + [60]
    return numbered_audio.write_manifest(folder, lengths)


def train(manifest, max_lost_share=0.01, reader=None, **arguments):
    reader = reader or slice_reader.SliceReader(manifest, CLIP, max_lost_share)
    return tf_data.training_dataset(
        manifest,
        SPEC,
        reader,
        **{"batch_size": 4, "seed": 7, "epochs": 2, **arguments},
    )


def elements(stream):
    return list(stream.as_numpy_iterator())
