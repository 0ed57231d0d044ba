import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is only compared with")

import front_ends  # noqa: E402


def test_those_that_do_not_need_another_library_give_the_projects(
    tmp_path, monkeypatch
):
    import log_mel_numpy

    draw = np.random.default_rng(0)
    waveform = draw.normal(size=(2, 3_000)).astype("float32")
    filterbank = draw.uniform(size=(513, 5)).astype("float32")
    expected = log_mel_numpy.log_mel(waveform, filterbank)
    np.savez(
        tmp_path / "x.npz",
        waveform=waveform,
        filterbank=filterbank,
        log_mel=expected,
    )
    for name in ("_librosa", "_nnaudio"):
        monkeypatch.setattr(front_ends, name, lambda clips: lambda: expected)
    ways, facts = front_ends.ways(2, str(tmp_path / "x.npz"))
    assert len(ways) == 4 and len(facts) == 4
    assert max(facts.values()) < 1e-4
    assert ways["PyTorch, torch.stft"]().shape == (2, 6, 5)
