import importlib.util

import pytest
import tone_manifest

from experiments import run_benchmark
from experiments.settings import baseline_config
from pipelines.reading import slice_reader, tf_data
from tftag.cli import command_line

FEW = ["--rounds", "2"]
SHORT = [*FEW, "--files", "8", "--minutes", "0.01", "--clip-seconds", "0.2"]


@pytest.fixture
def no_torch(monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "torch" else find_spec(name, *rest),
    )


def test_pipeline_says_how_to_get_what_it_is_compared_with(no_torch, capsys):
    assert run_benchmark.main(["pipeline", *SHORT, "--seconds", "0.1"]) == 0
    said = capsys.readouterr().out
    assert "8 files of 0.01 min" in said and "tftag, batches of 8" in said
    assert "torch==2.13.0" in said and "--torch-python" in said


@pytest.mark.slow
def test_formats_reports_every_kind_of_file(no_torch, capsys):
    few = ["--rounds", "1", "--files", "2", "--seconds", "0.02"]
    assert run_benchmark.main(["formats", *SHORT, *few]) == 0
    said = capsys.readouterr().out
    for name in ("prepared WAV", "WAV", "FLAC", "MP3", "Ogg Vorbis", "NumPy"):
        assert f"{name}, tftag" in said
    assert "soxr" in said


def test_a_clip_longer_than_the_files_is_one_clear_line(capsys):
    arguments = ["pipeline", *SHORT, "--clip-seconds", "1"]
    assert command_line.run(run_benchmark.main, arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and "--minutes 0.01" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("flag", ["--files", "--rounds", "--minutes"])
@pytest.mark.parametrize("value", ["0", "-1", "nan", "many"])
def test_numbers_that_make_no_sense_are_refused(flag, value, capsys):
    with pytest.raises(SystemExit) as end:
        run_benchmark.main(["pipeline", flag, value])
    assert end.value.code == 2
    assert flag in capsys.readouterr().err


def test_frontend_reports_milliseconds(capsys):
    arguments = ["frontend", *FEW, "--batch-size", "2", "--clip-seconds", "1"]
    assert run_benchmark.main(arguments) == 0
    said = capsys.readouterr().out
    assert "per clip of 1 s, batches of 2" in said
    median, lowest, highest = map(float, said.split()[-3:])
    assert 0 < lowest <= median <= highest


@pytest.mark.slow
def test_step_times_training_and_inference_of_a_preset(capsys):
    arguments = "step --preset strong --clip-seconds 1 --width 0.02 --blocks 2"
    small = ["--batch-size", "2", "--tags", "3", "--members", "1", *FEW]
    assert run_benchmark.main([*arguments.split(), *small]) == 0
    said = capsys.readouterr().out
    # Without a GPU the preset's float16 is not what training uses.
    assert "preset strong, float32, clips of 1 s, batches of 2" in said
    assert "training step" in said and "inference" in said


def test_what_a_step_does_not_depend_on_is_no_flag_of_it(capsys):
    with pytest.raises(SystemExit):
        run_benchmark.main(["step", "--help"])
    said = capsys.readouterr().out
    assert "--width" in said and "--batch-size" in said
    assert "--epochs" not in said and "--data" not in said
    with pytest.raises(SystemExit):
        run_benchmark.main(["step", "--epochs", "3"])


@pytest.mark.slow
def test_the_seed_preset_takes_a_step_and_an_epoch_of_data_on_a_cpu(
    tmp_path, capsys
):
    few = ["--batch-size", "2", "--rounds", "1"]
    assert run_benchmark.main(["step", "--preset", "seed", *few]) == 0
    assert "preset seed, float32, clips of 30 s" in capsys.readouterr().out
    settings = baseline_config.seed()
    made = tone_manifest.make(
        tmp_path / "data", train=40, validation=0, seconds=32, rate_hz=16_000
    )
    stream = tf_data.training_dataset(
        made,
        settings.audio,
        slice_reader.SliceReader(made, settings.audio.clip_samples),
        batch_size=settings.training.batch_size,
        seed=settings.seed,
        epochs=1,
        augmentation=settings.augmentation,
    )
    shapes = [inputs["waveform"].shape for inputs, _ in stream]
    assert shapes == [(16, 480_000)] * 2


def test_ways_take_turns():
    order = []
    found = run_benchmark.take_turns(
        {
            "one": lambda: order.append("one") or 1.0,
            "two": lambda: order.append("two") or 2.0,
        },
        rounds=3,
    )
    assert order == ["one", "two"] * 3
    assert found == {"one": [1.0] * 3, "two": [2.0] * 3}


def test_the_table_has_median_lowest_highest():
    said = run_benchmark.table({"way": [3.0, 1.0, 200.0]})
    assert said.splitlines()[1].split() == ["way", "3", "1", "200"]
