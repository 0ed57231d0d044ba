import json

import numpy as np
import pytest
import slow_musicnn

from tftag import audio, tags
from tftag.pretrained import musicnn_weights, presets
from tftag.serving import model_card, saved_tagger

NAMES = tuple(presets.PRESETS)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TFTAG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The folder of a preset, and what was said on the way."""
    said = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFTAG_CACHE", str(tmp_path_factory.mktemp("cache")))
        folder = presets.resolve("msd_musicnn", said.append)
        again = presets.resolve("msd_musicnn", said.append)
    assert folder == again
    return folder, said


def test_a_preset_is_exported_once_and_says_so(exported):
    folder, (line,) = exported
    assert line == f"msd_musicnn: exported once, to {folder}"
    assert [path.name for path in folder.iterdir()] == ["1"]


def test_an_exported_preset_answers_as_its_arrays_say(exported):
    tagger = saved_tagger.SavedTagger(exported[0])
    # Shorter than a clip: what is lacking is silence.
    samples = np.random.default_rng(0).normal(size=30_000) ** 3
    samples = audio.to_full_scale(samples).samples
    clip = np.zeros(musicnn_weights.AUDIO.clip_samples)
    clip[: len(samples)] = samples / audio.FULL_SCALE
    arrays = musicnn_weights.read("msd_musicnn")
    _, _, logits = slow_musicnn.features(slow_musicnn.log_mel(clip), arrays)
    np.testing.assert_allclose(
        tagger.tag_samples(samples).probabilities,
        1 / (1 + np.exp(-logits)),
        rtol=0,
        atol=2e-5,
    )
    assert tagger.tag_names == presets.MSD.tags
    assert set(tagger.thresholds) == {0.2}


def test_the_card_of_a_preset_says_whose_it_is(exported):
    card = model_card.read(exported[0] / "1")
    assert card["preset"] == "msd_musicnn"
    assert "Jordi Pons" in card["authors"] and "1909.06654" in card["citation"]
    assert card["published_figures"] == {
        "msd_musicnn": {"roc_auc": 0.880, "pr_auc": 0.289}
    }
    text = (exported[0] / "1" / "assets" / "licences.txt").read_text("utf-8")
    assert text == model_card.licence_text(card)
    assert "Music Technology Group, Universitat Pompeu Fabra 2019" in text
    assert "this permission notice appear in all copies" in text


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_can_say_what_it_is(name):
    preset = presets.find(name)
    json.dumps(preset.card(), allow_nan=False)
    for network in preset.networks:
        assert len(tags.TagVocabulary(network.tags)) == 50
        assert all(tags.clean_tag(tag) == tag for tag in network.tags)
        kernel = musicnn_weights.read(network.name)["tag_logits/kernel"]
        assert kernel.shape == (200, 50)


def test_outputs_have_the_published_order():
    assert presets.MSD.tags[:3] == ("rock", "pop", "alternative")
    assert presets.MSD.tags.index("hip-hop") == 33
    assert presets.MTT.tags[-2:] == ("female voice", "choral")


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
    with pytest.raises(ValueError, match="'MSD_musicn'.*nearest is 'msd_mus"):
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


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"TFTAG_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"TFTAG_CACHE": "", "XDG_CACHE_HOME": "/b"}, "/b/tftag"),
        (
            {"TFTAG_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "/c"},
            "/c/.cache/tftag",
        ),
    ],
)
def test_the_cache_is_the_users(monkeypatch, variables, folder):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(presets.cache_folder()) == folder
