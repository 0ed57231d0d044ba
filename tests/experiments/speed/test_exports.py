import os

import pytest

from experiments.speed import exports


@pytest.mark.parametrize(
    "kind",
    [
        "tagger_folder",
        pytest.param("encoder_folder", marks=pytest.mark.slow),
    ],
)
def test_an_export_is_asked_and_weighed(kind, request):
    folder = request.getfixturevalue(kind)
    found = exports.costs(str(folder), 1, 3)
    assert 0 < found["cpu_seconds"] < found["first_cpu_seconds"]
    files = [path for path in folder.rglob("*") if path.is_file()]
    held = sum(path.stat().st_size for path in files) / 1e6
    assert found["disk_mb"] == pytest.approx(held)
    assert found["peak_mb"] > 50


def test_a_model_is_a_line(monkeypatch, capsys, tagger_folder):
    found = {"disk_mb": 3.25, "first_cpu_seconds": 2.5, "cpu_seconds": 0.25}
    threads = ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS")
    asked = []

    def call(work, model, audio_seconds, rounds):
        asked.append((model, audio_seconds, *map(os.environ.get, threads)))
        return found | {"peak_mb": 1_050.0}

    monkeypatch.setattr(exports.own_process, "call", call)
    for name in threads:
        monkeypatch.setenv(name, "2")  # as it was, afterwards
    assert exports.main([str(tagger_folder), "--audio-seconds", "9"]) == 0
    assert asked == [(str(tagger_folder), 9, "1", "1")]
    *head, line = capsys.readouterr().out.splitlines()
    assert line == "| `1` | 3.2 MB | 2.5 s | 0.25 s | 1.05 GB |"
    assert len({row.count("|") for row in (*head, line)}) == 1
