import json

import pytest

from tftag import tags
from tftag.pretrained import presets, published_taggers

NAMES = tuple(presets.PRESETS)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TFTAG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_can_say_what_it_is(name):
    preset = presets.find(name)
    json.dumps(preset.card(), allow_nan=False)
    for network in preset.networks:
        assert len(tags.TagVocabulary(network.tags)) == 50
        assert all(tags.clean_tag(tag) == tag for tag in network.tags)
        kernel = published_taggers.read(network.name)["tag_logits/kernel"]
        dim = 256 if network.architecture == "vgg" else 200
        assert kernel.shape == (dim, 50)


def test_outputs_have_the_published_order():
    assert presets.MSD.tags[:3] == ("rock", "pop", "alternative")
    assert presets.MSD.tags.index("hip-hop") == 33
    assert presets.MTT.tags[-2:] == ("female voice", "choral")
    assert presets.MSD_VGG.tags == presets.MSD.tags


def test_a_folder_is_taken_as_it_is(tmp_path, cache):
    assert presets.resolve(tmp_path) == tmp_path
    assert presets.resolve(str(tmp_path)) == tmp_path
    assert not cache.exists()


def test_a_folder_of_a_presets_name_is_written_with_a_dot(
    tmp_path, monkeypatch, cache
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "msd_musicnn").mkdir()
    monkeypatch.setattr(presets, "_export", lambda name, folder: None)
    assert presets.resolve("msd_musicnn").parent == cache
    assert (
        presets.resolve("./msd_musicnn").resolve() == tmp_path / "msd_musicnn"
    )


def test_what_is_no_preset_is_told_its_nearest(cache):
    with pytest.raises(ValueError, match="'MSD_m.*nearest preset is 'msd_mus"):
        presets.find("MSD_musicn")
    with pytest.raises(FileNotFoundError, match="neither. The nearest preset"):
        presets.resolve("mtt_musicn")
    with pytest.raises(FileNotFoundError, match="'saved_models/x'.*neither.$"):
        presets.resolve("saved_models/x")


def test_a_cache_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TFTAG_CACHE", str(tmp_path / "file"))
    with pytest.raises(ValueError, match="TFTAG_CACHE names another.*file"):
        presets.saved_model("msd_musicnn")


def test_an_export_that_fails_says_why(cache, monkeypatch):
    monkeypatch.setattr(presets, "_EXPORTER", "tftag.no_such_module")
    with pytest.raises(ValueError, match="could not be.*No module named"):
        presets.saved_model("msd_musicnn")
