import argparse
import subprocess

import numpy as np
import pytest
import soundfile

from experiments import run_benchmark
from experiments.speed import preparation
from pipelines import manifest
from tftag import audio


@pytest.mark.parametrize("kind", preparation.FORMATS)
def test_music_is_stereo_of_the_length_asked_for(tmp_path, kind):
    paths = preparation.write_music(tmp_path / kind, kind, 6, 0.05)
    assert [path.suffix for path in paths] == [f".{kind}"] * 6
    for path in paths:
        facts = soundfile.info(path)
        assert (facts.samplerate, facts.channels) == (44_100, 2)
        assert facts.duration == pytest.approx(3.0, abs=0.1)
    contents = [path.read_bytes() for path in paths]
    assert contents[4] == contents[0] != contents[1]


def test_tiny_files_are_all_different(tmp_path):
    paths = preparation.write_tiny(tmp_path / "tiny", 30)
    found = {audio.decode_file(p, 16_000).samples.tobytes() for p in paths}
    assert len(found) == 30


def test_the_command_itself_is_measured(tmp_path):
    paths = preparation.write_tiny(tmp_path / "tiny", 45)
    out = tmp_path / "out"
    seconds, most_mb = preparation.measure_prepare(paths, out, 2)
    assert seconds > 0.1
    made = manifest.read_manifest(out)
    assert len(made.tracks) == 45
    assert len({track.artist for track in made.tracks}) == 3
    for who in most_mb:  # none where there is no /proc
        assert 10 < most_mb[who] < 1_000
    (tmp_path / "tiny" / "none").mkdir()
    with pytest.raises(RuntimeError, match="The preparation failed: .*fail"):
        gone = [tmp_path / "tiny" / "none" / "a.wav"]
        preparation.measure_prepare(gone, tmp_path / "fail", 1)


def test_the_command_ends_where_its_measurement_does(tmp_path, monkeypatch):
    """What still writes would keep the folder from being removed."""
    paths = preparation.write_tiny(tmp_path / "tiny", 3)
    begun = []
    start = subprocess.Popen

    def interrupted(_):
        raise KeyboardInterrupt

    def started(*arguments, **options):
        begun.append(start(*arguments, **options))
        return begun[-1]

    monkeypatch.setattr(preparation.subprocess, "Popen", started)
    monkeypatch.setattr(preparation.time, "sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        preparation.measure_prepare(paths, tmp_path / "out", 1)
    assert [one.poll() is not None for one in begun] == [True]


def test_ffmpeg_converts_the_same_files(tmp_path):
    paths = preparation.write_music(tmp_path / "ogg", "ogg", 2, 0.05)
    assert preparation.measure_ffmpeg(paths, tmp_path / "out", 2) > 0
    for path in paths:
        x, rate_hz = soundfile.read(tmp_path / "out" / f"{path.stem}.wav")
        assert rate_hz == 16_000
        ours = audio.decode_file(path, rate_hz).samples
        both = min(len(x), len(ours))
        assert both / 16_000 == pytest.approx(3.0, abs=0.1)
        assert np.corrcoef(x[:both], ours[:both])[0, 1] > 0.99


@pytest.mark.slow
def test_the_benchmark_prints_both_and_the_memory(tmp_path, capsys):
    argv = ["prepare", "--files", "1", "--minutes", "0.05", "--rounds", "1"]
    argv += ["--formats", "ogg", "--rows", "9", "--folder", str(tmp_path)]
    assert run_benchmark.main(argv) == 0
    said = capsys.readouterr().out
    assert "ogg   prepare" in said
    assert "ratio" in said
    assert "9 rows in" in said
    assert not list(tmp_path.iterdir())


def test_refused_numbers(tmp_path):
    parser = argparse.ArgumentParser()
    preparation.add_flags(parser)
    with pytest.raises(ValueError, match="Received: 0"):
        preparation.prepare(parser.parse_args(["--files", "0"]))
