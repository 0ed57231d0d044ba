import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is only compared with")

import numbered_audio  # noqa: E402

from experiments import torch_loader  # noqa: E402


@pytest.mark.parametrize("read", torch_loader.READS)
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
