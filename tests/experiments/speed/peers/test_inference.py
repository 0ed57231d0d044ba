import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is only compared with")

import inference  # noqa: E402
import network  # noqa: E402


@pytest.mark.parametrize("from_waveform", [True, False])
def test_a_runtime_that_fails_or_differs_is_named(monkeypatch, from_waveform):
    class Tagger(torch.nn.Module):
        log_mel = torch.nn.Identity()
        network = torch.nn.Identity()

    arrays = {"waveform": np.ones((2, 3), "f4"), "logits": np.ones((2, 3))}
    monkeypatch.setattr(network, "read", lambda _: (Tagger(), arrays))
    monkeypatch.setattr(torch, "compile", lambda made, options: made)
    monkeypatch.setattr(
        inference,
        "_runtimes",
        lambda _: {"other": lambda x: x + 1, "broken": lambda x: x @ x},
    )
    ways, facts = inference.ways(4, "n.npz", "n.onnx", from_waveform)
    assert list(ways) == ["PyTorch", "torch.compile", "other"]
    assert facts["other differs by"] == 1 and facts["PyTorch differs by"] == 0
    assert "shapes" in facts["broken fails"]
    assert ways["PyTorch"]().shape == (4, 3)
