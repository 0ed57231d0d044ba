import drawn_index
import numpy as np

from experiments.speed import drawn_library

REAL = drawn_index.vectors(300).astype(np.float64)


def test_drawn_recordings_spread_as_real_ones_do():
    draw = np.random.default_rng(0)
    space = drawn_library._Space(REAL, 20, draw)
    drawn = space.recordings(20_000, draw)
    np.testing.assert_allclose(np.linalg.norm(drawn, axis=1), 1, rtol=1e-5)
    length = np.linalg.norm(drawn.mean(axis=0))
    assert abs(length - np.linalg.norm(REAL.mean(axis=0))) < 0.1
    real = np.linalg.eigvalsh(np.cov(REAL.T))[::-1]
    found = np.linalg.eigvalsh(np.cov(drawn.T))[::-1][:12]
    # The further dimensions take their share of the length.
    ratio = found / real
    assert ratio.max() / ratio.min() < 2.5


def test_the_nearest_are_those_of_a_plain_sort(monkeypatch):
    monkeypatch.setattr(drawn_library, "_BLOCK_ROWS", 70)
    draw = np.random.default_rng(1)
    queries = draw.normal(size=(4, 2, 12))
    found = drawn_library.nearest(REAL, queries, 5)
    for words, rows in zip(queries, found, strict=True):
        unit = words / np.linalg.norm(words, axis=1, keepdims=True)
        products = REAL @ unit.T
        scores = (products / products.std(axis=0)).sum(axis=1)
        assert set(rows) == set(np.argsort(-scores)[:5])
