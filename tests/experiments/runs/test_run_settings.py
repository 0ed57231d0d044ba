"""A run goes on with the settings and the data that it began with."""

import math

import pytest

from experiments.runs import run_folder, run_settings
from experiments.settings import (
    baseline_config,
    dual_encoder_config,
    flags,
)

DATA = {"fingerprint": "1", "tags": ["a"]}


@pytest.fixture
def run(tmp_path):
    return run_folder.RunDir(tmp_path, "baseline", "a")


def begin(run, part="checkpoints"):
    (run.path / part).mkdir()
    (run.path / part / "first").touch()


def test_the_command_line_has_places_and_every_setting(capsys):
    parser = run_settings.parser(
        "baseline", "Says.\nMore.", baseline_config.PRESETS
    )
    arguments = parser.parse_args(["--epochs", "3"])
    assert (arguments.runs, arguments.copy_to) == ("runs", None)
    assert flags.from_arguments(
        arguments, baseline_config.PRESETS
    ) == flags.replace(baseline_config.demo(), {"epochs": 3})
    with pytest.raises(SystemExit):
        parser.parse_args(["--help"])
    said = capsys.readouterr().out
    assert "experiments.run_baseline" in said
    assert "Says." in said and "More." not in said


def test_what_a_run_is_about_is_written_once(run):
    run_settings.keep(run, {"epochs": 1, "max_hz": math.inf}, DATA)
    assert run.read_json("config.json") == {"epochs": 1, "max_hz": None}
    assert run.read_json("data.json") == DATA
    begin(run)
    run_settings.keep(run, {"epochs": 1, "max_hz": math.inf}, DATA)
    run_settings.keep(run, {"epochs": 1, "max_hz": None, "name": "x"}, DATA)
    assert "name" not in run.read_json("config.json")


def test_a_run_that_was_refused_before_it_began_may_be_changed(run):
    run_settings.keep(run, {"epochs": 1}, DATA)
    run_settings.keep(run, {"epochs": 2}, {**DATA, "fingerprint": "2"})
    assert run.read_json("config.json") == {"epochs": 2}
    assert run.read_json("data.json")["fingerprint"] == "2"


@pytest.mark.parametrize(
    ("config", "setting"),
    [
        (baseline_config, "mel_scale"),
        (dual_encoder_config, "mel_scale"),
        # The dual encoder alone has it.
        (dual_encoder_config, "word_noise"),
        # The two have different defaults.
        (baseline_config, "loss"),
        (dual_encoder_config, "loss"),
    ],
)
def test_a_run_from_before_a_setting_goes_on_with_its_default(
    run, config, setting
):
    defaults = {
        baseline_config: baseline_config.BaselineConfig,
        dual_encoder_config: dual_encoder_config.DualConfig,
    }[config]()
    settings = flags.leaves(defaults)
    before = {k: v for k, v in settings.items() if k != setting}
    run_settings.keep(run, before, DATA, defaults)
    begin(run)
    run_settings.keep(run, settings, DATA, defaults)
    # The default is that of the kind of config, whatever this one says.
    for config_of_run in (config.demo(), config.strong()):
        run_settings.keep(run, settings, DATA, config_of_run)
    with pytest.raises(ValueError, match=f"{setting}: .* -> 'other'"):
        run_settings.keep(run, {**settings, setting: "other"}, DATA, defaults)


def test_a_run_that_does_not_say_its_artists_goes_on(run):
    run_settings.keep(run, {"epochs": 1})
    begin(run)
    run_settings.keep(run, {"epochs": 1, "artists": "a"})
    run.write_json("config.json", {"epochs": 1, "artists": "a"})
    with pytest.raises(ValueError, match="artists: 'a' -> 'b'"):
        run_settings.keep(run, {"epochs": 1, "artists": "b"})


@pytest.mark.parametrize(
    "part", ["checkpoints", "draws", "folds", "tagger", "averaged_with"]
)
def test_other_settings_are_refused_once_there_is_work(run, part):
    run_settings.keep(run, {"epochs": 1})
    assert run.read_json("data.json") is None
    begin(run, part)
    with pytest.raises(ValueError, match="--name.*epochs: 1 -> 2 in .*a$"):
        run_settings.keep(run, {"epochs": 2})
    assert run.read_json("config.json") == {"epochs": 1}


def test_other_data_are_refused_when_it_is_finished(run):
    run_settings.keep(run, {"epochs": 1}, DATA)
    run.write_json("metrics.json", {})
    with pytest.raises(ValueError, match="data: 1 -> 2"):
        run_settings.keep(run, {"epochs": 1}, {**DATA, "fingerprint": "2"})
    assert run.read_json("data.json") == DATA
