import json

import numpy as np
import pytest

from experiments.speed import drawn_library, library_search
from tftag.search.index import ranking
from tftag.search.index.segments import segment


def test_a_small_library_is_measured(tmp_path, monkeypatch, capsys):
    pytest.importorskip("faiss")
    monkeypatch.setattr(segment, "LISTS_FROM_ROWS", 800)
    monkeypatch.setattr(ranking, "EXACT_ROWS", 500)
    monkeypatch.setattr(library_search, "_CHANGED", 10)
    draw = np.random.default_rng(0)

    def unit(*shape):
        rows = draw.normal(size=shape)
        rows /= np.linalg.norm(rows, axis=-1, keepdims=True)
        return rows.astype(np.float32)

    for name, shape in (
        *(("vectors", (1_000, 8)), ("texts", (5, 2, 8))),
        ("audio", (5, 1, 8)),
    ):
        np.save(tmp_path / f"{name}.npy", unit(*shape))
    drawn = drawn_library.read(tmp_path)
    place = tmp_path / "library.index"
    built = library_search.build(place, drawn)
    assert built["recordings"] == 1_000 and built["index_mb"] > 0.04
    assert 0 < built["own_peak_mb"] <= built["peak_mb"]
    asked = library_search.ask(place, tmp_path)
    # 64 of 126 cells are looked into.
    assert asked["text_recall_at_10"] > 0.8
    assert asked["audio_recall_at_10"] > 0.8
    before = sorted(path.name for path in place.iterdir())
    changed = library_search.change(place, drawn)
    assert changed["add_seconds"] > 0 and changed["remove_seconds"] > 0
    assert sorted(path.name for path in place.iterdir()) == before
    assert library_search.main(["--out", str(tmp_path)]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [list(each) for each in found] == [["ask"], ["change"]]
