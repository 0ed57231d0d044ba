import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is only compared with")

import network  # noqa: E402
import training  # noqa: E402


class Line(torch.nn.Module):
    """A model that a step moves."""

    def __init__(self):
        super().__init__()
        self.dense = torch.nn.Linear(5, 3)

    def forward(self, waveform):
        return self.dense(waveform)


def test_a_step_lowers_the_loss(monkeypatch):
    arrays = {"waveform": np.zeros((2, 5)), "logits": np.zeros((2, 3))}
    monkeypatch.setattr(network, "read", lambda _: (Line(), arrays))
    # Takes longer than all else, and is PyTorch's own.
    monkeypatch.setattr(torch, "compile", lambda made: made)
    ways, _ = training.ways(4, "x", learning_rate=0.1)
    losses = [ways["PyTorch"]() for _ in range(20)]
    assert losses[-1] < losses[0] and set(ways) == {"PyTorch", "torch.compile"}
