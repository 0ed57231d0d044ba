import shutil

import numpy as np
import onnxruntime
import pytest
import tiny_tagger

from tftag import audio
from tftag.export import onnx_file as onnx_file_lib
from tftag.models import averaged_tagger, backbone, descriptors, tagger
from tftag.serving import onnx_tagger, saved_tagger


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


def test_an_average_of_networks_and_of_what_is_written_down(tmp_path):
    tiny_tagger.seed_weights(3)
    spec = audio.AudioSpec(clip_seconds=10.0)
    config = tagger.TaggerConfig(
        backbone.BackboneConfig(
            architecture="descriptors", pooling="average", patch_frames=64
        )
    )
    described = tagger.Tagger(
        tiny_tagger.NAMES,
        audio.AudioSpec(
            **{**vars(descriptors.AUDIO), "clip_seconds": spec.clip_seconds}
        ),
        config,
    )
    blocks = backbone.BackboneConfig(1 / 32, blocks=3, members=2)
    learned = tagger.Tagger(
        tiny_tagger.NAMES, spec, tagger.TaggerConfig(blocks)
    )
    model = averaged_tagger.AveragedTagger([learned, described], [0.6, 0.4])
    folder = tiny_tagger.write(model, tmp_path / "both", spec=spec)
    file = tmp_path / "both.onnx"
    assert onnx_file_lib.write(folder, file) <= 1e-5
    music = tiny_tagger.music(20 * spec.sample_rate_hz)
    np.testing.assert_allclose(
        onnx_tagger.OnnxTagger(file).tag_samples(music).probabilities,
        saved_tagger.SavedTagger(folder).tag_samples(music).probabilities,
        atol=1e-5,
    )


def test_a_file_that_answers_otherwise_is_not_left(tagger_folder, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(tagger_folder, folder)
    other = tiny_tagger.build()
    kernel, bias = other.head.get_weights()
    other.head.set_weights([kernel, bias + 1e-3])
    other.save(folder / "assets.extra" / "tagger.keras")
    file = tmp_path / "x.onnx"
    file.write_text("before")
    with pytest.raises(ValueError, match=r"differ by 0\.000.*nothing was"):
        onnx_file_lib.write(folder, file)
    assert file.read_text() == "before"
    assert sorted(tmp_path.iterdir()) == [folder, file]


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
