import sys

import numpy as np
import onnx
import pytest
import tiny_tagger
from onnx import helper

import tftag
from tftag.inference import onnx_tagger, saved_tagger

CLIP = tiny_tagger.CLIP


@pytest.fixture(scope="module")
def by_onnx(onnx_file):
    return onnx_tagger.OnnxTagger(onnx_file)


def lengths():
    return [1, 2, CLIP // 3, CLIP - 1, CLIP, CLIP + 1, int(CLIP * 10.5)]


@pytest.mark.parametrize("samples", lengths())
def test_files_of_any_length_get_the_answers_of_the_savedmodel(
    by_onnx, tagger, samples
):
    music = tiny_tagger.music(int(CLIP * 10.5))[:samples]
    quiet_end = np.where(np.arange(samples) < samples / 3 + 1, music, 0)
    for given in (music, (music * 5_000).astype(np.int16), quiet_end):
        found, expected = (
            each.tag_samples(given) for each in (by_onnx, tagger)
        )
        for name in ("probabilities", "calibrated"):
            ours, theirs = getattr(found, name), getattr(expected, name)
            assert ours.dtype == theirs.dtype
            np.testing.assert_allclose(ours, theirs, atol=1e-5)
        drawn, right = (
            each.timeline_samples(given) for each in (by_onnx, tagger)
        )
        np.testing.assert_array_equal(drawn.start_seconds, right.start_seconds)
        np.testing.assert_allclose(
            drawn.calibrated, right.calibrated, atol=1e-5
        )


@pytest.mark.slow
def test_an_hour_gets_the_answer_of_the_savedmodel(by_onnx, tagger):
    hour = np.tile(tiny_tagger.music(8_000 * 60), 60)
    np.testing.assert_allclose(
        by_onnx.tag_samples(hour).probabilities,
        tagger.tag_samples(hour).probabilities,
        atol=1e-5,
    )


def test_a_recording_is_tagged_alike_alone_and_among_others(by_onnx):
    batch = [tiny_tagger.music(n, seed=n) for n in lengths()]
    alone = [by_onnx.tag_samples(one) for one in batch]
    for found in (by_onnx.tag_batch(batch), list(by_onnx.tag_each(batch))):
        for one, other in zip(found, alone, strict=True):
            np.testing.assert_array_equal(
                one.probabilities, other.probabilities
            )
    assert by_onnx.tag_batch([]) == []


def test_what_is_no_recording_is_refused_in_the_same_words(by_onnx, tagger):
    music = tiny_tagger.music(CLIP)
    for wrong in (np.zeros(CLIP), np.array([]), [np.nan], [[1.0]]):
        said = []
        for each in (by_onnx, tagger):
            for ask in (each.tag_samples, each.timeline_samples):
                with pytest.raises(ValueError) as refused:
                    ask(wrong)
                said.append(str(refused.value))
        assert len(set(said)) == 1
    said = []
    for each in (by_onnx, tagger):
        with pytest.raises(ValueError, match="row 1: All samples") as refused:
            each.tag_batch([music, np.zeros(3), music])
        said.append(str(refused.value))
    assert said[0] == said[1]


def test_load_opens_it_as_a_tagger(onnx_file, tagger):
    found = tftag.load(onnx_file)
    assert isinstance(found, saved_tagger.SavedTagger)
    assert found.tag_names == tagger.tag_names
    np.testing.assert_array_equal(found.thresholds, tagger.thresholds)
    assert found.folder == onnx_file
    assert not found.signatures


def later(model):
    model.opset_import[0].version = 9_999


def of_others(model):
    model.graph.node.append(
        helper.make_node("Run", ["peak"], ["y"], domain="com.stranger")
    )


def with_other_clips(model):
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 7


def without_a_tag(model):
    (card,) = model.metadata_props
    card.value = card.value.replace('"rock",', "")


@pytest.mark.parametrize(
    "change", [later, of_others, with_other_clips, without_a_tag]
)
def test_what_does_not_fit_is_refused_by_name(change, onnx_file, tmp_path):
    model, path = onnx.load(onnx_file), tmp_path / "bad.onnx"
    change(model)
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ValueError, match=r"bad\.onnx"):
        onnx_tagger.OnnxTagger(path)


def test_without_onnx_runtime_the_way_out_is_said(onnx_file, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ValueError, match=r"install tftag\[onnx\]"):
        onnx_tagger.OnnxTagger(onnx_file)


@pytest.mark.parametrize("count", [0, 1, 8, 9, 20])
def test_clips_go_through_the_network_a_few_at_a_time(by_onnx, count):
    clips = {
        "waveform": tiny_tagger.music(CLIP * 20).reshape(20, CLIP)[:count],
        "peak": np.ones(count, np.float32),
    }
    found = by_onnx.run_clips(clips)["probabilities"]
    assert found.shape == (count, len(by_onnx.tag_names))
    for at in range(count):
        one = {name: value[at : at + 1] for name, value in clips.items()}
        np.testing.assert_allclose(
            found[at], by_onnx.run_clips(one)["probabilities"][0], atol=1e-6
        )
