import numpy as np
import pytest
import tiny_tagger

import tftag
from tftag.inference import loading, saved_dual_encoder, saved_tagger
from tftag.pretrained import presets


def test_a_tagger_is_opened_by_its_name_and_by_a_version(tagger_folder):
    for folder in (tagger_folder.parent, str(tagger_folder)):
        opened = tftag.load(folder)
        assert type(opened) is saved_tagger.SavedTagger
        assert opened.folder == tagger_folder
    samples = tiny_tagger.music(5_000)
    found = opened.tag_samples(samples)
    (same,) = opened.tag_batch([samples])
    np.testing.assert_allclose(
        same.probabilities, found.probabilities, rtol=0, atol=1e-5
    )


def test_the_card_says_that_it_is_a_dual_encoder(encoder_folder):
    opened = tftag.load(encoder_folder.parent)
    assert type(opened) is saved_dual_encoder.SavedDualEncoder
    cosines, known = opened.score(tiny_tagger.music(5_000), ["dreamy", "zzqx"])
    assert -1 <= cosines[0] <= 1 and known.tolist() == [1, 0]


def test_the_name_of_a_preset_is_opened_from_where_it_is_exported_to(
    tagger_folder, monkeypatch
):
    asked = []

    def exported(name, say):
        asked.append(name)
        return tagger_folder.parent

    monkeypatch.setattr(presets, "saved_model", exported)
    name = next(iter(presets.PRESETS))
    assert tftag.load(name).folder == tagger_folder
    assert asked == [name]


def test_what_is_no_model_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="one of the presets.*never"):
        loading.load(tmp_path / "never")
