"""Whatever takes a place tells no password, and leaves none on the disk."""

import contextlib

import pytest
import tone_manifest

from experiments import (
    run_ablation,
    run_baseline,
    run_cross_data,
    run_cross_validation,
    run_dual_encoder,
    run_evaluate,
    run_few_shot,
    run_study,
)
from pipelines import copy_up
from pipelines.catalogue import command as catalogue
from pipelines.inspect import command as inspect
from pipelines.prepare import command as prepare
from pipelines.synthetic import tagged, unseen
from tftag.cli import command_line

PLACE = "PLACE"
TRAINED = (run_baseline, run_dual_encoder)
MADE = "a/data"
LINES = [
    *(
        (prepare, (flag, PLACE, "--out", "o"))
        for flag in (
            *("--table", "--pickles", "--magnatagatune", "--mtg-jamendo"),
            *("--gtzan", "--fma", "--4q"),
        )
    ),
    *(
        (prepare, ("--table", "t.csv", flag, PLACE, "--out", "o"))
        for flag in ("--audio", "--tags")
    ),
    (prepare, ("--pickles", ".", "--tag-names", PLACE, "--out", "o")),
    (prepare, ("--mirdata", "gtzan_genre", "--audio", PLACE, "--out", "o")),
    (prepare, ("--table", "t.csv", "--out", PLACE)),
    (inspect, (PLACE,)),
    (inspect, (MADE, "--quick", "--out", PLACE)),
    *((made, ("--tracks", "60", "--out", PLACE)) for made in (tagged, unseen)),
    (catalogue, ("--input", PLACE, "--output", "o")),
    (catalogue, ("--input", "a", "--output", PLACE)),
    (catalogue, ("--input", "a", "--output", "o", "--model", PLACE)),
    (copy_up, (PLACE, "s3://b/c")),
    (copy_up, (MADE, PLACE)),
    *(
        (run, ("--data", MADE, flag, PLACE))
        for run in TRAINED
        for flag in (
            *("--runs", "--export", "--copy-to", "--init-from"),
            *("--tag-weights", "--data"),
        )
    ),
    *(
        (run_dual_encoder, ("--data", MADE, "--unseen-count", "0", flag, PLACE))
        for flag in ("--words", "--unseen-draws")
    ),
    *(
        (run, ("--data", MADE, flag, PLACE))
        for run in (run_cross_validation, run_few_shot, run_cross_data)
        for flag in ("--data", "--runs")
    ),
    (run_few_shot, ("--data", MADE, "--scratch", PLACE)),
    (run_cross_data, ("--data", MADE, "--model", PLACE)),
    (run_study, ("features", "--data", PLACE)),
    (run_ablation, (PLACE,)),
    (run_evaluate, (PLACE, MADE)),
    (run_evaluate, ("m", PLACE)),
]


def name_of(line):
    return f"{line[0].__name__} {' '.join(line[1])}"


@pytest.mark.parametrize("line", LINES, ids=name_of)
def test_no_password_is_told_or_kept(
    line, tmp_path, monkeypatch, capfd, caplog
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("path,tags\nx.wav,y\n")
    tone_manifest.make(tmp_path / MADE, train=4, validation=4, seconds=0.1)
    command, words = line
    place = "FTP://KEY:SEC/RET@b/x"
    argv = [place if word == PLACE else word for word in words]
    with contextlib.suppress(SystemExit):
        assert command_line.run(command.main, argv) == 2
    said = " ".join((*capfd.readouterr(), caplog.text))
    names = map(str, tmp_path.rglob("*"))
    kept = [p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()]
    for secret in ("KEY", "RET"):
        assert secret not in said
        assert secret not in " ".join(names)
        assert not any(secret.encode() in each for each in kept)
