import dataclasses
import shutil

import numpy as np
import onnx
import onnxruntime
import pytest
import tiny_tagger

from tftag.export import onnx_file as onnx_file_lib
from tftag.models import averaged_tagger, tagger
from tftag.models.backbones import backbone, descriptors


def test_any_number_of_clips_goes_through_it_at_once(onnx_file, tagger_model):
    session = onnxruntime.InferenceSession(
        onnx_file, providers=["CPUExecutionProvider"]
    )
    for count in (1, 2, 5):
        clips = {
            "waveform": np.stack(
                [
                    tiny_tagger.music(tiny_tagger.CLIP, seed)
                    for seed in range(count)
                ]
            ),
            "peak": np.linspace(2, 5, count, dtype=np.float32),
        }
        (found,) = session.run(["probabilities"], clips)
        logits = np.array(tagger_model(clips, training=False))
        np.testing.assert_allclose(found, 1 / (1 + np.exp(-logits)), atol=1e-5)


@pytest.mark.slow
def test_averages_and_all_architectures_are_written():
    tiny_tagger.seed_weights(3)
    spec = dataclasses.replace(
        descriptors.AUDIO, clip_seconds=6.0, clip_step_seconds=3.0
    )
    patched = {"patch_frames": 64, "pooling": "average"}
    blocks = backbone.BackboneConfig(1 / 64, 3, members=2, **patched)
    described = backbone.BackboneConfig(architecture="descriptors", **patched)
    model = averaged_tagger.AveragedTagger(
        [
            tagger.Tagger(tiny_tagger.NAMES, spec, tagger.TaggerConfig(blocks)),
            tagger.Tagger(
                tiny_tagger.NAMES,
                spec,
                tagger.TaggerConfig(described, head_units=8, head_members=2),
            ),
        ],
        [0.6, 0.4],
    )
    session = onnxruntime.InferenceSession(
        onnx_file_lib.convert(model, spec, {}),
        providers=["CPUExecutionProvider"],
    )
    music = tiny_tagger.music(2 * spec.clip_samples).reshape(2, -1)
    # The end of a short recording: patches in which nothing sounds.
    music[1, spec.clip_samples // 2 :] = 0
    clips = {"waveform": music, "peak": np.abs(music).max(axis=1)}
    (found,) = session.run(["probabilities"], clips)
    logits = np.array(model(clips, training=False))
    assert np.ptp(logits) > 0.1
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-logits)), atol=1e-5)


def test_a_file_that_answers_otherwise_is_not_left(
    tagger_model, tagger_folder, onnx_file, tmp_path, monkeypatch
):
    other = onnx.load(onnx_file)
    kernel = tagger_model.head.get_weights()[0].ravel()
    for one in other.graph.initializer:
        values = onnx.numpy_helper.to_array(one)
        if np.array_equal(values.ravel(), kernel):
            moved = onnx.numpy_helper.from_array(1.01 * values, one.name)
            one.CopyFrom(moved)
    content = other.SerializeToString()
    monkeypatch.setattr(onnx_file_lib, "convert", lambda *_: content)
    file = tmp_path / "x.onnx"
    file.write_text("before")
    with pytest.raises(ValueError, match=r"differ by 0\.0.*nothing was"):
        onnx_file_lib.write(tagger_folder, file)
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_what_cannot_be_converted_is_refused(
    encoder_folder, tagger_folder, tmp_path
):
    with pytest.raises(ValueError, match="Only taggers"):
        onnx_file_lib.write(encoder_folder, tmp_path / "x.onnx")
    folder = tmp_path / "copy"
    shutil.copytree(tagger_folder, folder)
    shutil.rmtree(folder / "assets.extra")
    with pytest.raises(ValueError, match=r"without assets\.extra/tagger\.ker"):
        onnx_file_lib.write(folder, tmp_path / "x.onnx")
    assert list(tmp_path.iterdir()) == [folder]
