"""Starting from another tagger takes over what fits and names what does not."""

import dataclasses
import json
import logging
import shutil

import beside_the_graph
import keras_checks
import numpy as np
import pytest
import tiny_tagger
import tone_manifest
import tone_training

from experiments.runs import checkpoint, run_folder
from experiments.settings import baseline_config, flags
from experiments.training.transfer_learning import body_layers, transfer
from pipelines.reading import slice_reader, tf_data
from tftag import tags
from tftag.export import saved_model
from tftag.metrics import calibration
from tftag.models import averaged_tagger, dual_encoder, tagger
from tftag.models.backbones import backbone
from tftag.pretrained import published_taggers

SPEC = tone_manifest.SPEC
OLD_TAGS = tags.TagVocabulary(("calm", "high", "low"))
NEW_TAGS = tags.TagVocabulary(("high", "loud", "noise", "low"))


def make(tag_count, seed=0, width=1 / 64, blocks=2):
    tiny_tagger.seed_weights(seed)
    return tagger.Tagger(
        [f"tag {number}" for number in range(tag_count)],
        SPEC,
        tagger.TaggerConfig(backbone.BackboneConfig(width, blocks=blocks)),
    )


@pytest.fixture(scope="module")
def export_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports") / "tagger"
    model = make(3, seed=5)
    filters, *moved = model.front_end.get_weights()
    model.front_end.set_weights([filters, *(w + 0.5 for w in moved)])
    with beside_the_graph.alone():
        saved_model.export_tagger(
            model, SPEC, OLD_TAGS, calibration.identity(3), {}, folder
        )
    return folder, model


@pytest.mark.parametrize("version", ["", "1"])
def test_an_export_gives_its_body_and_the_head_of_shared_tags(
    export_folder, version
):
    folder, old = export_folder
    model = make(4, seed=9)
    untouched = model.head.get_weights()[0]
    shared = transfer.take_over(model, folder / version, NEW_TAGS, SPEC)
    assert shared == ("high", "low")
    keras_checks.check_same_body(model, old)
    kernel, bias = model.head.get_weights()
    old_kernel, old_bias = old.head.get_weights()
    for name in shared:
        here, there = NEW_TAGS.index(name), OLD_TAGS.index(name)
        np.testing.assert_array_equal(kernel[:, here], old_kernel[:, there])
        assert bias[here] == old_bias[there]
    for name in ("loud", "noise"):
        at = NEW_TAGS.index(name)
        np.testing.assert_array_equal(kernel[:, at], untouched[:, at])


def test_of_an_average_the_first_tagger_is_taken(export_folder, tmp_path):
    folder, old = export_folder
    shutil.copytree(folder, tmp_path / "average")
    average = averaged_tagger.AveragedTagger([old, make(3, 7)], [0.7, 0.3])
    # The names of the tags are those of the card, as in every export.
    average.save(tmp_path / "average/1/assets.extra/tagger.keras")
    model = make(4, seed=9)
    shared = transfer.take_over(model, tmp_path / "average", NEW_TAGS, SPEC)
    assert shared == ("high", "low")
    keras_checks.check_same_body(model, old)


def test_what_does_not_fit_is_named(export_folder, tmp_path):
    folder, _ = export_folder
    with pytest.raises(ValueError, match="`hop_samples`, 256. Received: 512"):
        other = dataclasses.replace(SPEC, hop_samples=256)
        transfer.take_over(make(4), folder, NEW_TAGS, other)
    with pytest.raises(ValueError, match="block_1.*--members"):
        transfer.take_over(make(4, width=1 / 32), folder, NEW_TAGS, SPEC)
    with pytest.raises(ValueError, match="--members"):
        transfer.take_over(make(4, blocks=3), folder, NEW_TAGS, SPEC)
    for missing in (tmp_path, tmp_path / "never"):
        with pytest.raises(
            FileNotFoundError, match="must be a pretrained model"
        ):
            transfer.take_over(make(4), missing, NEW_TAGS, SPEC)


def check_only_body(model, fresh, old):
    """The body is that of `old`, all else fresh; returns the body's paths."""
    keras_checks.check_same_body(model, old)
    parts = (model.front_end, model.backbone)
    body = {weight.path for part in parts for weight in part.weights}
    for a, b in zip(model.weights, fresh.weights, strict=True):
        if a.path not in body:
            np.testing.assert_array_equal(a, b)
    return body


def make_dual_encoder():
    tiny_tagger.seed_weights(4)
    return dual_encoder.DualEncoder(
        list("abcde"),
        np.random.default_rng(0).normal(size=(5, 3)),
        SPEC,
        dual_encoder.DualEncoderConfig(
            backbone.BackboneConfig(1 / 64, blocks=2), dim=4, text_units=8
        ),
    )


@pytest.mark.parametrize("frozen", [True, False])
def test_a_dual_encoder_takes_the_body_only(export_folder, frozen):
    folder, old = export_folder
    model, fresh = make_dual_encoder(), make_dual_encoder()
    transfer.take_over_body(model, folder, SPEC)
    if frozen:
        body_layers.freeze(model)
    copied = check_only_body(model, fresh, old)
    learned = {weight.path for weight in model.trainable_weights}
    assert learned.isdisjoint(copied) == frozen
    assert any("text_projection" in path for path in learned)


@pytest.mark.parametrize("group", ["best", "average", "model"])
def test_a_run_gives_the_weights_it_would_export(tmp_path, group):
    run = run_folder.RunDir(tmp_path, "baseline", "a")
    settings = tone_training.settings()
    run.write_json("config.json", flags.leaves(settings))
    run.write_json("data.json", {"tags": OLD_TAGS.names})
    old = make(3, seed=7)
    arrays = {"model": checkpoint.named(tagger.masked(make(3)).variables)}
    if group == "model":
        arrays["model"] = checkpoint.named(tagger.masked(old).variables)
    else:
        arrays[group] = checkpoint.named(old.weights)
    checkpoint.save(run.checkpoints, checkpoint.Progress(), arrays)
    model = make(4)
    transfer.take_over(model, run.path, NEW_TAGS, settings.audio)
    keras_checks.check_same_weights(model.backbone, old.backbone)


def fit_once(folder, **values):
    made = tone_manifest.make(folder / "data", train=4, validation=0)
    settings = tone_training.settings(epochs=1, **values)
    return tone_training.train(settings, made, folder)


@pytest.mark.usefixtures("no_graphs")
def test_a_frozen_body_stays_what_it_was(export_folder, tmp_path):
    folder, old = export_folder
    trained = fit_once(tmp_path, init_from=str(folder), freeze=True)
    keras_checks.check_same_body(trained.model, old)
    fresh = make(3, seed=0).head.get_weights()
    assert np.any(trained.model.head.get_weights()[0] != fresh[0])


@pytest.mark.usefixtures("no_graphs")
def test_an_unfrozen_body_is_trained_on(export_folder, tmp_path):
    folder, old = export_folder
    trained = fit_once(tmp_path, init_from=str(folder))
    kernel = trained.model.backbone.get_weights()[0]
    was = old.backbone.get_weights()[0]
    assert np.any(kernel != was)
    np.testing.assert_allclose(kernel, was, atol=0.1)


def test_a_damaged_model_card_is_one_clear_error(export_folder, tmp_path):
    shutil.copytree(export_folder[0], tmp_path / "tagger")
    (tmp_path / "tagger" / "1" / "assets" / "tftag.json").write_text("{}")
    with pytest.raises(ValueError, match="model card"):
        transfer.take_over(make(4), tmp_path / "tagger", NEW_TAGS, SPEC)


def test_the_stream_keeps_only_the_inputs_of_the_model(tmp_path):
    made = tone_manifest.make(tmp_path / "data", train=4, validation=0)
    stream = tf_data.training_dataset(
        made,
        SPEC,
        slice_reader.SliceReader(made, SPEC.clip_samples),
        batch_size=4,
        seed=0,
        epochs=1,
    )
    plain = make(3)
    kept, labels = next(iter(transfer.fitting(stream, plain)))
    assert set(kept) == {"waveform", "peak"}
    assert labels.shape == (4, len(made.vocabulary))
    kept, labels = next(iter(transfer.fitting(stream, tagger.masked(plain))))
    assert set(kept) == {"waveform", "peak", "mel_masks", "time_masks"}
    assert labels.shape == (4, 1, len(made.vocabulary))


def test_taking_over_says_how_much(export_folder, caplog):
    with caplog.at_level(logging.INFO):
        transfer.take_over(make(4), export_folder[0], NEW_TAGS, SPEC)
    assert "2 of 4 tags" in caplog.text


def test_a_body_is_copied_between_models_and_nothing_else():
    model, fresh, old = make_dual_encoder(), make_dual_encoder(), make(3, 5)
    before = old.get_weights()
    transfer.copy_body(model, old)
    check_only_body(model, fresh, old)
    # They share no weight: training one leaves the other as it is.
    for weight in model.weights:
        weight.assign(weight + 1.0)
    for a, b in zip(before, old.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_model_to_copy_a_body_from_is_named():
    with pytest.raises(ValueError, match="Received: .* in the wide one"):
        transfer.copy_body(make(3), make(3, width=1 / 32), "the wide one")


@pytest.mark.parametrize("version", ["", "1"])
def test_an_export_says_its_tags(export_folder, version):
    card = transfer.card(export_folder[0] / version)
    assert tuple(card["tags"]) == OLD_TAGS.names


def test_a_run_says_its_tags_and_recordings(tmp_path):
    data = {"tags": ["high", "low"], "recording_ids": ["one", "two"]}
    run_folder.RunDir(tmp_path, "baseline", "a").write_json("data.json", data)
    card = transfer.card(tmp_path / "baseline" / "a")
    assert card["tags"] == ["high", "low"]
    assert card["data"]["recording_ids"] == ["one", "two"]


def test_licences_go_from_model_to_run_to_model(tagger_folder, tmp_path):
    licence = tiny_tagger.LICENCE
    assert transfer.licences([str(tagger_folder)]) == [licence]
    run = tmp_path / "run"
    run.mkdir()
    text = json.dumps({"tags": ["x"], "licences": [licence]})
    (run / "data.json").write_text(text)
    assert transfer.licences([str(run)]) == [licence]
    (run / "data.json").write_text('{"tags": ["x"]}')
    for none in (str(run), "", "hub:somewhere"):
        assert transfer.licences([none]) == []


def test_licences_of_several_starts_are_there_once_each():
    found = transfer.licences(["", "msd_vgg+mtt_musicnn", "", "msd_vgg"])
    of = [each["of"] for each in found]
    assert of == ["the weights of msd_vgg", "the weights of mtt_musicnn"]


def test_what_is_no_model_has_no_card(tmp_path):
    with pytest.raises(FileNotFoundError, match="must be a pretrained model"):
        transfer.card(tmp_path)
    (tmp_path / "data.json").write_text('{"tags": ')
    with pytest.raises(ValueError, match="damaged"):
        transfer.card(tmp_path)


def test_what_is_known_of_a_start_is_said(tmp_path):
    test = tone_manifest.make(tmp_path / "data", train=0, validation=0, test=2)
    run = run_folder.RunDir(tmp_path, "baseline", "a")
    for data, said in ({}, "unknown"), ({"recording_ids": ["x"]}, "checked"):
        run.write_json("data.json", {"tags": ["high"], **data})
        assert transfer.check_start(str(run.path), ("noise",), test) == said
    for source, said in ("hub:somewhere", "unknown"), ("", None):
        assert transfer.check_start(source, ("noise",), test) == said
    heard = test.tracks[1]
    for name, value in (
        ("recording_ids", heard.track_id),
        ("audio_hashes", heard.audio_hash),
    ):
        known = {"tags": ["high"], "recording_ids": ["x"], name: [value]}
        run.write_json("data.json", known)
        with pytest.raises(ValueError, match=f"no recordings.*{value}"):
            transfer.check_start(str(run.path), (), test)


def test_presets_give_a_member_each_and_their_statistics_stay():
    """What a member says is what the published tagger's body says."""
    # A clip is a patch.
    settings = flags.replace(
        baseline_config.transfer(),
        {
            "init_from": "msd_musicnn+mtt_musicnn+msd_vgg",
            "architecture": "musicnn+musicnn+vgg",
            "members": 3,
            "clip_seconds": published_taggers.AUDIO.clip_seconds,
            "patch_frames": 0,
            "average_with": "",
        },
    )
    tiny_tagger.seed_weights(0)
    spec = settings.audio
    model = tagger.Tagger(NEW_TAGS.names, spec, settings.model)
    assert transfer.take_over(model, settings.init_from, NEW_TAGS, spec) == ()
    noise = np.random.default_rng(0).normal(size=(1, spec.clip_samples))
    wave = noise.astype("float32")
    found = np.asarray(model.body()(model_inputs(wave)))
    expected = [
        published_taggers.model(name).body()(model_inputs(wave))
        for name in ("msd_musicnn", "mtt_musicnn", "msd_vgg")
    ]
    np.testing.assert_allclose(found, np.hstack(expected), atol=1e-3)
    trainable = " ".join(weight.path for weight in model.trainable_weights)
    assert "moving" not in trainable
    assert "timbral" in trainable and "conv_5" in trainable
    assert {"jazz", "sitar"} <= set(transfer.card(settings.init_from)["tags"])
    assert len(transfer.licences(settings.starts)) == 3


def model_inputs(wave):
    return {"waveform": wave, "peak": np.abs(wave).max(axis=1)}


def test_a_name_near_a_preset_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="nearest.*'msd_musicnn'"):
        transfer.card("msd_musicn")


def test_a_hidden_layer_takes_the_body_alone(export_folder):
    folder, old = export_folder
    config = tagger.TaggerConfig(
        backbone.BackboneConfig(1 / 64, blocks=2), head_units=4
    )
    model = tagger.Tagger(NEW_TAGS.names, SPEC, config)
    assert transfer.take_over(model, folder, NEW_TAGS, SPEC) == ()
    keras_checks.check_same_weights(model.backbone, old.backbone)


def test_outputs_of_presets_that_are_named_like_unseen_tags_are_said(
    tmp_path, caplog
):
    test = tone_manifest.make(tmp_path / "data", train=0, validation=4)
    start = "msd_musicnn+mtt_musicnn"
    assert transfer.check_start(start, ("noise", "x"), test) == "unknown"
    with caplog.at_level("WARNING"):
        said = transfer.check_start(start, ("Hip Hop", "x", "soft"), test)
    assert said == "unknown; unseen tags that are outputs of it: hip hop, soft"
    assert "hip hop, soft" in caplog.text
