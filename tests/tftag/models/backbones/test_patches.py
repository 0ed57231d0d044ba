import dataclasses

import numpy as np
import pytest
import tiny_tagger

from tftag import audio
from tftag.models import tagger
from tftag.models.backbones import backbone, descriptors

SPEC = audio.AudioSpec(clip_seconds=1.0)  # 32 frames
TINY = backbone.BackboneConfig(width=1 / 32, blocks=3)


def _log_mel(batch, frames):
    rng = np.random.default_rng(0)
    return rng.normal(size=(batch, frames, 128)).astype("float32")


def _plain_and_patched(patch_frames):
    """Backbones of the same weights; one sees patches."""
    tiny_tagger.seed_weights(0)
    plain = backbone.backbone(SPEC, TINY)
    patched = backbone.backbone(
        SPEC, dataclasses.replace(TINY, patch_frames=patch_frames)
    )
    patched.set_weights(plain.get_weights())
    return plain, patched


def test_patches_are_seen_alone_and_their_vectors_averaged():
    # Two of 15 frames in 32: one at the beginning, one at the end.
    plain, patched = _plain_and_patched(15)
    x = _log_mel(3, 32)
    expected = (plain(x[:, :15]) + plain(x[:, 17:])) / 2
    np.testing.assert_allclose(patched(x), expected, atol=1e-5)
    assert patched.input.shape == (None, 32, 128)


def test_silence_behind_a_short_recording_does_not_count():
    plain, patched = _plain_and_patched(15)
    x = _log_mel(3, 32)
    x[:2, 16:] = -3.0
    x[1] = -3.0  # nothing but silence
    both = [np.asarray(plain(x[:, cut])) for cut in (slice(15), slice(17, 32))]
    found = np.asarray(patched(x))
    np.testing.assert_allclose(found[0], both[0][0], atol=1e-5)
    np.testing.assert_allclose(found[1], both[0][1], atol=1e-5)
    np.testing.assert_allclose(
        found[2], (both[0][2] + both[1][2]) / 2, atol=1e-5
    )


def test_a_short_recording_is_the_same_alone_and_beside_others():
    # Silence differs in its last bits by its place in a batch.
    spec = dataclasses.replace(descriptors.AUDIO, clip_seconds=10.0)
    body = backbone.BackboneConfig(
        architecture="descriptors", pooling="average", patch_frames=64
    )
    vector = tagger.Tagger(
        ("a",), spec, tagger.TaggerConfig(dropout=0.0, backbone=body)
    ).body()
    for length in (1, spec.clip_samples // 3):
        clip = np.zeros((1, spec.clip_samples), "float32")
        clip[0, :length] = np.random.default_rng(0).normal(size=length)
        peak = np.abs(clip).max(axis=1)
        alone = vector({"waveform": clip, "peak": peak})
        beside = vector(
            {"waveform": np.repeat(clip, 8, 0), "peak": np.repeat(peak, 8)}
        )
        for one in np.asarray(beside):
            np.testing.assert_allclose(one, alone[0], atol=1e-4)


def test_a_patch_of_the_length_of_the_clip_is_the_clip():
    plain, patched = _plain_and_patched(32)
    x = _log_mel(2, 32)
    np.testing.assert_allclose(patched(x), plain(x), atol=1e-6)


@pytest.mark.parametrize(
    "frames, said", [(-1, ">= 0.*-1"), (33, "<= 32, the frames of a clip.*33")]
)
def test_patches_that_cannot_be_are_refused(frames, said):
    with pytest.raises(ValueError, match=f"`patch_frames` must be {said}"):
        backbone.backbone(SPEC, dataclasses.replace(TINY, patch_frames=frames))
