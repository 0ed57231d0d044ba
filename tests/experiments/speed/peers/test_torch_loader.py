import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is only compared with")

import numbered_audio  # noqa: E402
import soundfile  # noqa: E402
import torch_loader  # noqa: E402


@pytest.mark.parametrize("read", ("fromfile", "soundfile", "batches"))
def test_every_way_to_read_gives_random_slices(tmp_path, read):
    manifest = numbered_audio.write_manifest(tmp_path, [140] * 3)
    files = {
        "paths": [str(manifest.wav_path(track)) for track in manifest.tracks],
        "samples": 140,
        "data_offset": manifest.tracks[0].data_offset,
        "clip_samples": 100,
    }
    crops = torch_loader.crops_of(files, read)
    starts = set()
    for _ in range(200):
        if read == "batches":
            clips = crops.__getitems__([2, 0]).numpy()
        else:
            clips = np.stack([crops[2].numpy(), crops[0].numpy()])
        rows, first = numbered_audio.places(clips)
        assert rows.tolist() == [2, 0] and clips.dtype == np.int16
        assert (np.diff(clips, axis=1) == 1).all()
        starts |= set(first)
    assert min(starts) == 0 and max(starts) == 40


def test_files_of_another_rate_give_clips_of_the_asked_one(tmp_path):
    pytest.importorskip("soxr")
    tone = np.sin(np.arange(9_000) / 20).astype(np.float32) / 2
    soundfile.write(tmp_path / "a.flac", tone, 2_000)
    np.save(tmp_path / "a.npy", (32_767 * np.stack([tone] * 2)).astype("<i2"))
    for name in ("a.flac", "a.npy"):
        files = {
            "paths": [str(tmp_path / name)],
            "samples": 4_500,
            "clip_samples": 1_000,
            "rate_hz": 2_000,
            "target_hz": 1_000,
        }
        clip = torch_loader.crops_of(files, "resampled")[0].numpy()
        assert clip.dtype == np.int16 and clip.shape == (1_000,)
        crossings = np.count_nonzero(np.diff(np.sign(clip[50:-50])))
        assert crossings == pytest.approx(900 / 10 / np.pi, abs=2)
