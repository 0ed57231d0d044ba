import dataclasses

import numpy as np
import pytest
import soundfile
import tiny_dual_encoder
import tiny_tagger

from experiments import run_cross_data
from experiments.runs import run_folder
from pipelines.prepare import command as prepare
from tftag import metrics, tags
from tftag.cli import command_line

pytestmark = pytest.mark.slow


RATE = tiny_dual_encoder.SPEC.sample_rate_hz


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, encoder):
    """Eight recordings with a tag of the model, a new one and an unknown.

    The model's is in another spelling than its own.
    """
    folder = tmp_path_factory.mktemp("cross")
    (folder / "audio").mkdir()
    own = f"{encoder.tag_names[0].title()}!"
    lines = ["path,tags"]
    for seed in range(8):
        samples = tiny_tagger.music(RATE, seed) / 8
        soundfile.write(folder / "audio" / f"{seed}.wav", samples, RATE)
        tags = [own] * (seed % 2) + ["dreamy"] * (seed < 3) + ["zzqx"]
        lines.append(f"{seed}.wav,{'|'.join(tags[: 2 + (seed == 7)])}")
    (folder / "table.csv").write_text("\n".join(lines) + "\n")
    status = command_line.run(
        prepare.main,
        [
            *("--table", str(folder / "table.csv")),
            *("--audio", str(folder / "audio"), "--out", str(folder / "data")),
        ],
    )
    assert status == 0
    return folder


def run(prepared, encoder_folder, *more):
    argv = [
        *("--data", str(prepared / "data"), "--model", str(encoder_folder)),
        *("--runs", str(prepared / "runs"), *more),
    ]
    return command_line.run(run_cross_data.main, argv)


def test_tags_rank_recordings_by_their_words(
    prepared, encoder_folder, encoder, capsys
):
    assert run(prepared, encoder_folder, "--name", "a") == 0
    found = run_folder.RunDir(prepared / "runs", "cross_data", "a").read_json(
        "metrics.json"
    )
    assert found["tags_of_the_model"] == [f"{encoder.tag_names[0]}!"]
    assert found["tags_without_a_known_word"] == ["zzqx"]
    clips = np.stack(
        [
            encoder.embed_file(prepared / "audio" / f"{seed}.wav")
            for seed in range(8)
        ]
    )
    texts, _ = encoder.embed_texts(["dreamy", "zzqx"])
    seeds = np.arange(8)
    truth = np.stack([seeds < 3, _has_unknown(prepared)], axis=1)
    expected = metrics.summarize(truth, clips @ texts.T, draws=0)
    for name in ("map", "roc_auc"):
        assert found["no_tag_of_the_model"][name]["value"] == pytest.approx(
            expected[name]["value"]
        )
    assert "without a known word: zzqx" in capsys.readouterr().out


def test_a_limit_that_leaves_no_tag_is_told(prepared, encoder_folder, capsys):
    assert run(prepared, encoder_folder, "--least", "9") == 2
    assert "--least must leave a tag. Received: 9" in capsys.readouterr().err


def _has_unknown(prepared):
    lines = (prepared / "table.csv").read_text().splitlines()[1:]
    return ["zzqx" in line for line in lines]


def test_the_vocabulary_leaves_the_other_tags_out(prepared):
    manifest = run_cross_data.manifests.read_manifest(prepared / "data")
    every, truth = run_cross_data.labelled(manifest, 1)
    kept = dataclasses.replace(
        manifest, vocabulary=tags.TagVocabulary(every[:1])
    )
    names, found = run_cross_data.labelled(kept, 1, in_vocabulary=True)
    assert names == every[:1]
    np.testing.assert_array_equal(found, truth[:, :1])
