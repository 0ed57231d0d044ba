import stat
import sys

import numpy as np
import pytest

from experiments.speed.crops import reading
from tftag import audio

SPEC = audio.AudioSpec(clip_seconds=0.05)
# Stands in for a Python with torch: same questions, set answers.
ANSWERS = """#!{python}
import json, sys
for line in sys.stdin:
    if asked := json.loads(line):
        read = {{"fromfile": 100, "soundfile": 50, "batches": 200}}
        parts = read[asked["read"]], asked["batch_size"], asked["workers"]
        files = len(asked["files"]["paths"])
        asked = {{"clips_per_second": sum(parts) + files}}
    print(json.dumps(asked), flush=True)
"""


@pytest.fixture
def manifest(tmp_path):
    return reading.noise_files(tmp_path, 9, 2_000, SPEC)


def stand_in(folder, text):
    path = folder / "python"
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


def test_noise_files_hold_different_noise_of_one_length(manifest):
    read = [
        audio.decode_file(manifest.wav_path(track), SPEC.sample_rate_hz)
        for track in manifest.tracks
    ]
    assert [len(each.samples) for each in read] == [2_000] * 9
    assert np.corrcoef(read[0].samples, read[1].samples)[0, 1] < 0.2


def test_own_ways_count_crops(manifest):
    ways = reading.own_ways(manifest, SPEC, seconds=0.05)
    assert list(ways) == ["tftag, batches of 8", "tftag, batches of 32"]
    assert all(measure() > 100 for measure in ways.values())


def test_the_other_process_is_asked_for_every_way(manifest, tmp_path):
    python = stand_in(tmp_path, ANSWERS.format(python=sys.executable))
    with reading.torch_process(python) as ask:
        ways = reading.torch_ways(ask, manifest, SPEC, 0.01)
        found = {name: measure() for name, measure in ways.items()}
    assert len(found) == 18
    name = "PyTorch, clip by clip, soundfile, 2 workers, 32 in batch"
    assert found[name] == 50 + 32 + 2 + 9


def test_a_python_without_torch_is_named_before_it_is_asked(tmp_path):
    text = "#!/bin/sh\necho 'No module named torch' >&2; exit 1\n"
    with pytest.raises(ValueError, match="--torch-python.*python .No module"):
        with reading.torch_process(stand_in(tmp_path, text)):
            pass


def test_ratios_take_the_best_median_of_each_kind():
    found = {
        "tftag, batches of 8": [100.0, 900.0, 300.0],
        "tftag, batches of 32": [200.0, 200.0, 200.0],
        "PyTorch, clip by clip, np.fromfile": [100.0, 90.0, 110.0],
        "PyTorch, clip by clip, soundfile": [10.0, 10.0, 500.0],
        "PyTorch, __getitems__, 0 workers": [200.0, 200.0, 200.0],
    }
    clip, batch = reading.ratios(found)
    assert clip.endswith("clip by clip: 3.00")
    assert batch.endswith("__getitems__: 1.50")
