import re

import numpy as np
import pytest
import slow_musicnn

from tftag import audio
from tftag.export import preset_export
from tftag.inference import model_card, saved_dual_encoder, saved_tagger
from tftag.pretrained import presets, published_taggers

# Networks of their full size.
pytestmark = pytest.mark.slow


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
    folder, (before, after) = exported
    assert before.startswith(f"msd_musicnn: exporting it to {folder}, once")
    assert re.fullmatch(r"msd_musicnn: exported in \d+ s", after)
    assert [path.name for path in folder.iterdir()] == ["1"]


def test_an_exported_preset_answers_as_its_arrays_say(exported):
    tagger = saved_tagger.SavedTagger(exported[0])
    # Shorter than a clip: what is lacking is silence.
    samples = np.random.default_rng(0).normal(size=30_000) ** 3
    samples = audio.to_full_scale(samples).samples
    clip = np.zeros(published_taggers.AUDIO.clip_samples)
    clip[: len(samples)] = samples / audio.FULL_SCALE
    arrays = published_taggers.read("msd_musicnn")
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


def test_the_preset_of_words_finds_by_any_words(tmp_path):
    folder = tmp_path / "words"
    preset_export.export_preset("musicnn_words", folder)
    encoder = saved_dual_encoder.SavedDualEncoder(folder)
    assert encoder.tag_names == presets.find("musicnn_words").tags
    card = model_card.read(folder / "1")
    assert card["note"].startswith("Nothing was trained on these words")
    assert len(card["licences"]) == 2
    vectors, known_share = encoder.embed_texts(["sad piano", "zzqx"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 0], 1e-5)
    assert known_share.tolist() == [1, 0]
