import json

import numpy as np
import pytest

from experiments.speed import drawn_library, library_search
from experiments.speed.processes import own_process
from tftag.search.index import ranking
from tftag.search.index.segments import segment


def _write_drawn(folder, rows):
    draw = np.random.default_rng(0)
    for name, shape in (
        *(("vectors", (rows, 8)), ("texts", (5, 2, 8))),
        ("audio", (5, 1, 8)),
    ):
        vectors = draw.normal(size=shape)
        vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
        np.save(folder / f"{name}.npy", vectors.astype(np.float32))


def _printed(capsys):
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    return {title: found for one in lines for title, found in one.items()}


def test_an_index_is_whole_and_of_the_vectors_that_were_drawn(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(library_search, "_AT_ONCE", 50)
    monkeypatch.setattr(library_search, "_CHANGED", 10)
    monkeypatch.setattr(own_process, "call", lambda work, *words: work(*words))
    monkeypatch.setattr(
        drawn_library,
        "write",
        lambda like, folder, count, dim, queries: _write_drawn(folder, count),
    )
    recording = library_search._recording

    def interrupted(at):
        if at == 70:
            raise KeyboardInterrupt
        return recording(at)

    out = ["--out", str(tmp_path)]
    drawn = [*out, "--like", "real.index", "--recordings"]
    with monkeypatch.context() as patched:
        patched.setattr(library_search, "_recording", interrupted)
        with pytest.raises(KeyboardInterrupt):
            library_search.main([*drawn, "100"])
    for words, rows in ((out, 100), ([*drawn, "150"], 150)):
        library_search.main(words)
        found = _printed(capsys)
        assert found["build"]["recordings"] == rows
        assert found["ask"]["text_recall_at_10"] == 1


@pytest.mark.slow
def test_a_small_library_is_measured(tmp_path, monkeypatch, capsys):
    pytest.importorskip("faiss")
    monkeypatch.setattr(segment, "LISTS_FROM_ROWS", 800)
    monkeypatch.setattr(ranking, "EXACT_ROWS", 500)
    monkeypatch.setattr(library_search, "_CHANGED", 10)
    _write_drawn(tmp_path, 1_000)
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
    assert list(_printed(capsys)) == ["ask", "change"]
