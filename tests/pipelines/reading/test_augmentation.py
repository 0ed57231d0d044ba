"""What is drawn for training: mixed recordings, masks, rare tags."""

from unittest import mock

import numbered_audio
import numpy as np
import pytest
from numbered_streams import (
    EVERYTHING,
    SPEC,
    elements,
    train,
)

from pipelines.reading import augmentation as augmentations
from pipelines.reading import slice_reader, tf_data
from tftag import audio


def test_mixup_adds_neighbours_and_their_labels(manifest):
    """The same draws without mixup tell which clips were mixed."""
    apart = elements(train(manifest))
    mixed = elements(
        train(
            manifest, augmentation=augmentations.Augmentation(mixup_alpha=0.4)
        )
    )
    weights = []
    for (inputs, tags), (alone, alone_tags) in zip(mixed, apart, strict=True):
        assert inputs["waveform"].dtype == np.float32
        assert inputs["peak"].tolist() == [1.0] * 4
        waveform = alone["waveform"] / audio.FULL_SCALE
        for i in range(4):
            partner = waveform[i - 1]
            # Least squares for the one unknown.
            away = waveform[i] - partner
            weight = away @ (inputs["waveform"][i] - partner) / (away @ away)
            weights.append(weight)
            np.testing.assert_allclose(
                inputs["waveform"][i],
                weight * waveform[i] + (1 - weight) * partner,
                atol=1e-6,
            )
            np.testing.assert_allclose(
                tags[i],
                weight * alone_tags[i] + (1 - weight) * alone_tags[i - 1],
                atol=1e-4,
            )
    assert len(set(weights)) == len(weights)


def test_masks_lie_inside_the_spectrogram(manifest):
    for inputs, _ in elements(train(manifest, augmentation=EVERYTHING)):
        for name, masks, width, length in [
            ("mel_masks", 2, 4, SPEC.mel_bands),
            ("time_masks", 1, 3, SPEC.clip_frames),
        ]:
            drawn = inputs[name]
            assert drawn.shape == (4, masks, 2) and drawn.dtype == np.int32
            assert drawn.min() >= 0 and drawn[..., 1].max() <= width
            assert drawn.sum(axis=-1).max() <= length


def test_tag_balance_draws_a_rare_tag_far_more_often(tmp_path):
    track_tags = [("common",)] * 18 + [("rare", "common"), ()]
    manifest = numbered_audio.write_manifest(tmp_path, [120] * 20, track_tags)

    def share_of_rows(tag_balance):
        augmentation = augmentations.Augmentation(tag_balance=tag_balance)
        read = elements(train(manifest, epochs=50, augmentation=augmentation))
        rows = [numbered_audio.places(each["waveform"])[0] for each, _ in read]
        for row, (_, tags) in zip(rows, read, strict=True):
            np.testing.assert_array_equal(tags, manifest.labels()[row])
        return np.bincount(np.ravel(rows), minlength=20) / np.size(rows)

    assert share_of_rows(0)[18] == 1 / 20
    balanced = share_of_rows(1.0)
    # Half of the draws are for "rare", and 1/19 of the others falls on it.
    assert 0.45 < balanced[18] < 0.6
    assert 0 < balanced[19] < 0.06


@pytest.mark.parametrize(
    "wrong", [{"mel_masks": -1}, {"time_masks": 0.5}, {"mixup_alpha": np.nan}]
)
def test_augmentation_that_cannot_be_drawn_is_refused(wrong):
    with pytest.raises(ValueError, match="Received"):
        augmentations.Augmentation(**wrong)


@pytest.mark.parametrize(
    "parts, workers, augmentation",
    [(2, 2, augmentations.NONE), (4, 2, EVERYTHING)],
)
def test_the_parts_of_all_workers_are_the_batch(
    manifest, parts, workers, augmentation
):
    whole = elements(train(manifest, first_step=3, augmentation=augmentation))
    count = parts // workers
    shares = [
        elements(
            train(
                manifest,
                first_step=3,
                augmentation=augmentation,
                share=tf_data.Share(parts, worker * count, count),
            )
        )
        for worker in range(workers)
    ]
    for step, (inputs, tags) in enumerate(whole):
        found = [
            part
            for share in shares
            for part in share[step * count : (step + 1) * count]
        ]
        assert len(found) == parts
        for name, values in inputs.items():
            together = np.concatenate([part[name] for part, _ in found])
            np.testing.assert_array_equal(together, values)
        np.testing.assert_array_equal(
            np.concatenate([labels for _, labels in found]), tags
        )
    assert {len(share) for share in shares} == {len(whole) * count}


def test_a_worker_reads_its_share_and_what_it_is_mixed_with(manifest):
    share = tf_data.Share(2, 0, 1)
    for mixup_alpha, rows in [(0.0, 2), (0.4, 3)]:
        reader = slice_reader.SliceReader(manifest, SPEC.clip_samples)
        reader.read = mock.Mock(wraps=reader.read)
        elements(
            train(
                manifest,
                reader=reader,
                augmentation=augmentations.Augmentation(
                    mixup_alpha=mixup_alpha
                ),
                share=share,
            )
        )
        counts = {len(call.args[0]) for call in reader.read.call_args_list}
        assert counts == {rows}


def test_a_batch_that_cannot_be_shared_out_is_refused(manifest):
    with pytest.raises(ValueError, match="multiple of 3.*Received: 4"):
        train(manifest, share=tf_data.Share(3, 0, 1))


@pytest.mark.parametrize(
    ("wide", "message"),
    [
        ({"mel_masks": 1, "mel_mask_bands": 17}, "at most 16.*Received: 17"),
        (
            {"time_masks": 1, "time_mask_frames": SPEC.clip_frames + 1},
            f"time_mask_frames.*at most {SPEC.clip_frames}, the frames",
        ),
    ],
)
def test_a_mask_wider_than_the_spectrogram_is_refused(manifest, wide, message):
    with pytest.raises(ValueError, match=message):
        train(manifest, augmentation=augmentations.Augmentation(**wide))
    no_mask = augmentations.Augmentation(mel_mask_bands=17)
    train(manifest, augmentation=no_mask)
