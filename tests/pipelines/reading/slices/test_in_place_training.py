"""A run on files as they lie is the run on their conversion."""

import pathlib

import numpy as np
import pytest
import soundfile
import tone_manifest

from experiments import run_baseline
from pipelines import manifest
from pipelines.prepare import command
from tftag.cli import command_line

SPLITS = ["train"] * 12 + ["validation"] * 8


def collection(folder):
    """Stereo FLAC at the rate that is asked for: nothing is resampled."""
    folder.mkdir()
    lines = ["path,tags,artist,split"]
    generator = np.random.default_rng(0)
    for number, split in enumerate(SPLITS):
        name = tone_manifest.TAGS[number % 2]
        hz = generator.uniform(1_500, 2_500) if name == "high" else 200 + number
        time = np.arange(12_000 + 500 * number) / tone_manifest.RATE_HZ
        left = 0.4 * np.sin(2 * np.pi * hz * time)
        wave = np.stack([left, generator.normal(0, 0.02, len(left))], axis=1)
        soundfile.write(
            folder / f"{number}.flac", wave, tone_manifest.RATE_HZ, "PCM_24"
        )
        lines.append(f"{number}.flac,{name},{split} {number},{split}")
    (folder / "tags.csv").write_text("\n".join(lines) + "\n")
    return folder / "tags.csv"


@pytest.mark.slow
@pytest.mark.usefixtures("no_graphs")
def test_training_and_scores_are_equal_to_the_bit(tmp_path, monkeypatch):
    table = collection(tmp_path / "music")

    def export_tagger(*arguments, **_):
        return pathlib.Path(arguments[-1]) / "1"

    # The export takes seconds and has its own tests.
    monkeypatch.setattr(
        run_baseline.saved_model, "export_tagger", export_tagger
    )
    scores = []
    for name, more in (("converted", []), ("in place", ["--in-place"])):
        line = ["--table", table, "--out", tmp_path / name, *more]
        line += ["--sample-rate-hz", tone_manifest.RATE_HZ]
        assert command_line.run(command.main, [str(a) for a in line]) == 0
        codecs = {
            t.codec for t in manifest.read_manifest(tmp_path / name).tracks
        }
        assert codecs == {"flac/pcm_24" if more else manifest.PREPARED}
        flags = tone_manifest.flags(
            data=tmp_path / name,
            runs=tmp_path / "runs",
            export=tmp_path / "saved",
            name=name.replace(" ", "_"),
        )
        assert command_line.run(run_baseline.main, flags) == 0
        run = tmp_path / "runs" / "baseline" / name.replace(" ", "_")
        with np.load(run / "scores.npz") as file:
            scores.append(file["scores"])
    np.testing.assert_array_equal(scores[0], scores[1])
    assert np.ptp(scores[0]) > 0
