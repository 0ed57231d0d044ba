"""The commands of docs/reproduce.md, on a miniature in the exact format."""

import csv
import json

import numpy as np
import pytest

from experiments import run_baseline
from experiments.settings import baseline_config
from pipelines.prepare import command as prepare
from pipelines.sources.published import magnatagatune
from tftag import audio
from tftag.cli import command_line
from tftag.models.backbones import backbone


def test_a_clip_of_the_data_set_is_read_in_sixteen_chunks():
    """As the protocol has it, from the first sample to the last."""
    spec = baseline_config.short_chunk().audio
    samples = round(29.12 * spec.sample_rate_hz)
    starts = audio.clip_starts(samples, spec)
    assert len(starts) == 16
    assert starts[0] == 0
    assert starts[-1] + spec.clip_samples == samples
    assert np.ptp(np.diff(starts)) <= 1


def test_the_network_has_the_shapes_of_the_paper():
    """Seven blocks leave one frame and one band, in 512 filters."""
    settings = baseline_config.short_chunk()
    model = backbone.backbone(settings.audio, settings.model.backbone)
    last = model.get_layer("block_7_relu").output
    assert last.shape == (None, None, 1, 512)
    filters = [
        model.get_layer(f"block_{number}_conv").filters
        for number in range(1, 8)
    ]
    assert filters == [128, 128, 256, 256, 256, 256, 512]
    assert model.output.shape == (None, 512)


def magnatagatune_copy(folder):
    """Thirteen noises in the folders of each split, and their tables."""
    tags = (*magnatagatune.TOP_50, *(f"rare {n}" for n in range(138)))
    annotations = [["clip_id", *tags, "mp3_path"]]
    info = [["clip_id", "artist", "segmentStart", "segmentEnd", "mp3_path"]]
    draw = np.random.default_rng(0)
    for number, name in enumerate("0123456789ab" + "cccc" + "dddd"):
        path = f"{name}/artist_{name}{number}-album-01-song-0-29.mp3"
        own = [int(n % 7 == number % 7 and n < 50) for n in range(len(tags))]
        annotations.append([number, *own, path])
        info.append([number, f"Artist {name}{number}", 0, 29, path])
        (folder / name).mkdir(exist_ok=True)
        audio.write_wav(
            (folder / path).with_suffix(".wav"),
            draw.integers(-9_000, 9_000, 16_000 * 4, np.int16),
            16_000,
        )
    for name, rows in (
        (magnatagatune.ANNOTATIONS, annotations),
        (magnatagatune.CLIP_INFO, info),
    ):
        with open(folder / name, "w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter="\t").writerows(rows)


@pytest.mark.slow
@pytest.mark.usefixtures("no_graphs")
def test_the_whole_way_from_the_archive_to_the_figures(tmp_path):
    copy = tmp_path / "magnatagatune"
    copy.mkdir()
    magnatagatune_copy(copy)
    prepared = tmp_path / "data"
    assert (
        command_line.run(
            prepare.main,
            ["--magnatagatune", str(copy), "--subset", "clean", "--partial"]
            + ["--out", str(prepared)],
        )
        == 0
    )
    status = command_line.run(
        run_baseline.main,
        ["--data", str(prepared), "--preset", "short_chunk", "--name", "mini"]
        + ["--runs", str(tmp_path / "runs"), "--batch-size", "4"]
        + ["--export", str(tmp_path / "saved"), "--width", "0.03125"]
        + ["--epochs", "1"],
    )
    assert status == 0
    run = tmp_path / "runs" / "baseline" / "mini"
    found = json.loads((run / "metrics.json").read_text())
    assert found["recordings"] == 4
    assert 0 <= found["map"]["value"] <= 1
    assert found["evaluated_on"].startswith("test")
