import numpy as np
import pytest
import soundfile
import tag_files


@pytest.mark.parametrize("seconds, clips", [(1, 1), (30, 1), (40, 2), (61, 3)])
def test_clips_reach_both_ends_at_full_scale(tmp_path, seconds, clips):
    rate_hz = 8_000
    wave = np.zeros(seconds * rate_hz, np.float32)
    wave[:100], wave[-100:] = 0.25, -0.25
    soundfile.write(tmp_path / "a.wav", np.stack([wave, wave], 1), rate_hz)
    found = tag_files.clips_of(str(tmp_path / "a.wav"))
    assert found.shape == (clips, 480_000) and found.dtype == np.float32
    assert np.abs(found).max() == 1
    last = found[-1, : 16_000 * min(seconds, 30)]
    assert found[0, :150].max() > 0.9 and last[-150:].min() < -0.9
