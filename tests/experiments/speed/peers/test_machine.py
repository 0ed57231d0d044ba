import pytest

torch = pytest.importorskip("torch", reason="PyTorch is only compared with")

import machine  # noqa: E402


def test_amounts_are_those_of_the_work(monkeypatch):
    monkeypatch.setattr(machine, "SIZE", 10)
    monkeypatch.setattr(machine, "COPIED_BYTES", 500)
    ways, amounts = machine.ways()
    assert amounts["matrix product, bfloat16"] == 2_000 / 1e9
    assert amounts["copy of memory"] == 1_000 / 1e9
    assert ways["matrix product, float32"]().shape == (10, 10)
    assert ways["matrix product, bfloat16"]().dtype == torch.bfloat16
    assert ways["copy of memory"]().sum() == 500
