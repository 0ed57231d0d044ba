"""The whole pipeline on the direct runner, in the environment of Beam.

`make test-catalogue` makes it; in others Apache Beam is not installed.
"""

import json

import numpy as np
import pytest

pytest.importorskip(
    "apache_beam", reason="Apache Beam is in an environment of its own"
)

import tiny_tagger  # noqa: E402

from pipelines.catalogue import command, shards  # noqa: E402
from tftag import audio  # noqa: E402
from tftag.cli import command_line  # noqa: E402
from tftag.serving import saved_dual_encoder, saved_tagger  # noqa: E402

FILES = 7


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """Seven recordings, and a bad file among those of each shard."""
    folder = tmp_path_factory.mktemp("music")
    for number in range(FILES):
        made = audio.to_full_scale(
            tiny_tagger.music(3_000 + 500 * number, number)
        )
        audio.write_wav(folder / f"{number}.wav", made.samples, 8_000)
    for number in (0, 3, 6):
        (folder / f"{number} bad.mp3").write_bytes(b"no audio at all" * 100)
    return folder


def call(music, output, model, *more):
    line = ["--input", music, "--output", output, "--model", model]
    line += ["--files-per-shard", "4", "--processes", "2", *more]
    return command_line.run(command.main, list(map(str, line)))


@pytest.fixture(scope="module")
def described(music, encoder_folder, tmp_path_factory):
    output = tmp_path_factory.mktemp("catalogue") / "out"
    assert call(music, output, encoder_folder) == 1  # there are bad files
    return output


def test_every_file_is_described_once_or_rejected_with_its_reason(
    music, described
):
    names = [row["name"] for row, _ in shards.read(described)]
    assert sorted(names) == [f"{number}.wav" for number in range(FILES)]
    rejected = [
        json.loads(line)
        for path in (described / shards.REJECTED).iterdir()
        for line in path.read_text().splitlines()
    ]
    assert sorted(one["name"] for one in rejected) == [
        f"{number} bad.mp3" for number in (0, 3, 6)
    ]
    assert all(one["reason"] for one in rejected)
    assert len(list((described / shards.DESCRIBED).iterdir())) == 3


def test_answers_are_those_of_the_model(music, described, encoder_folder):
    encoder = saved_dual_encoder.SavedDualEncoder(encoder_folder)
    for row, vector in shards.read(described):
        path = music / row["name"]
        np.testing.assert_allclose(vector, encoder.embed_file(path), atol=1e-3)
        calibrated = encoder.tag_file(path).calibrated
        given = np.flatnonzero(calibrated >= encoder.thresholds)
        assert row["tags"] == [encoder.tag_names[place] for place in given]
        assert row["size_bytes"] == path.stat().st_size
        assert row["seconds"] == pytest.approx(
            (3_000 + 500 * int(path.stem)) / 8_000, abs=1e-3
        )


def test_what_is_finished_is_not_done_again(
    music, described, encoder_folder, capsys
):
    parts = list(described.rglob("*.*"))
    before = {path: path.stat().st_mtime_ns for path in parts}
    assert call(music, described, encoder_folder) == 0
    assert "3 done before" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in parts} == before


def test_only_a_lost_part_is_done_again(music, described, encoder_folder):
    lost = min((described / shards.REJECTED).iterdir())
    kept = {
        path: path.stat().st_mtime_ns
        for path in described.rglob("*.jsonl")
        if path.name != lost.name
    }
    content = lost.read_bytes()
    lost.unlink()
    call(music, described, encoder_folder)
    assert lost.read_bytes() == content
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_a_tagger_gives_its_likeliest_tags(music, tagger_folder, tmp_path):
    call(music, tmp_path / "out", tagger_folder, "--top", "2")
    tagger = saved_tagger.SavedTagger(tagger_folder)
    for row, vector in shards.read(tmp_path / "out"):
        assert vector is None
        found = row["probabilities"]
        calibrated = tagger.tag_file(music / row["name"]).calibrated
        best = np.argsort(-calibrated, kind="stable")[:2]
        assert list(found) == [tagger.tag_names[place] for place in best]
        np.testing.assert_allclose(
            list(found.values()), calibrated[best], atol=1e-4
        )


def test_a_model_that_is_not_there_is_refused(music, tmp_path, capsys):
    assert call(music, tmp_path / "out", tmp_path / "no model") == 2
    assert "no model" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
