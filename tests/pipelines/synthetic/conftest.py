"""What the tests of synthesised sets share."""

import numpy as np
import pytest

from pipelines.synthetic import music


@pytest.fixture
def quick_render(monkeypatch):
    """Each track is a moment of noise of its own."""
    monkeypatch.setattr(
        music,
        "render",
        lambda plan, rate: np.random.default_rng(plan.seed).normal(size=800),
    )
