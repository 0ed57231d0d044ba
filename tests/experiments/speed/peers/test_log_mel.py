import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is only compared with")

import log_mel  # noqa: E402
import log_mel_numpy  # noqa: E402


@pytest.mark.parametrize("kind", ["LogMel", "StftLogMel"])
def test_both_are_the_one_in_numpy(kind):
    draw = np.random.default_rng(0)
    waveform = draw.normal(size=(2, 3_000)).astype("float32")
    filterbank = draw.uniform(size=(513, 5)).astype("float32")
    found = getattr(log_mel, kind)(filterbank)(torch.from_numpy(waveform))
    expected = log_mel_numpy.log_mel(waveform, filterbank)
    np.testing.assert_allclose(found, expected, atol=1e-4)
