import ast
import shutil

import numpy as np
import other_process
import pytest
import soundfile
import tiny_dual_encoder
import tiny_tagger
from alike import assert_alike

from tftag import audio
from tftag.inference import saved_dual_encoder, saved_tagger

CLIP, NAMES = tiny_dual_encoder.CLIP, tiny_dual_encoder.NAMES
RATE = tiny_dual_encoder.SPEC.sample_rate_hz


def test_it_is_a_tagger_too(encoder, encoder_folder):
    samples = tiny_tagger.music(3 * CLIP)
    tagger = saved_tagger.SavedTagger(encoder_folder)
    assert encoder.tag_names == tagger.tag_names == NAMES
    np.testing.assert_array_equal(
        encoder.tag_samples(samples).probabilities,
        tagger.tag_samples(samples).probabilities,
    )
    assert encoder.dim == 24
    assert encoder.space == encoder.card["space"]["fingerprint"]


def test_the_network_may_wait_until_it_is_asked(encoder, encoder_folder):
    later = saved_dual_encoder.SavedDualEncoder(
        encoder_folder, opens_later=True
    )
    assert "_runtime" not in vars(later)
    assert (later.space, later.dim) == (encoder.space, encoder.dim)
    assert later.tag_names == encoder.tag_names
    samples = tiny_tagger.music(CLIP)
    np.testing.assert_array_equal(
        later.embed_batch([samples]), encoder.embed_batch([samples])
    )


def test_a_damaged_network_is_named_when_it_is_asked(encoder_folder, tmp_path):
    shutil.copytree(encoder_folder, tmp_path / "1")
    (tmp_path / "1" / "saved_model.pb").write_bytes(b"damaged")
    later = saved_dual_encoder.SavedDualEncoder(tmp_path, opens_later=True)
    with pytest.raises(ValueError, match="is damaged, or not one that"):
        later.embed_batch([tiny_tagger.music(CLIP)])


def test_a_file_is_embedded_as_the_model_embeds_it(
    encoder, encoder_model, tmp_path
):
    path = tmp_path / "song.flac"
    soundfile.write(path, tiny_tagger.music(44_100) / 8, 44_100)
    samples = audio.decode_file(path, RATE).samples.astype(np.float32)
    np.testing.assert_allclose(
        encoder.embed_file(path),
        tiny_dual_encoder.live_embedding(encoder_model, samples),
        atol=1e-5,
    )
    with pytest.raises(FileNotFoundError):
        encoder.embed_file(tmp_path / "absent.wav")


def test_many_are_each_alone_and_few_are_in_memory(encoder):
    counts = [1] * 9 + [10, 1, 7]
    read = []

    def recordings():
        for seed, count in enumerate(counts):
            read.append(seed)
            yield tiny_tagger.music(count * CLIP, seed)

    vectors = encoder.embed_each(recordings())
    first = next(vectors)
    assert len(read) == 9
    for samples, vector in zip(recordings(), [first, *vectors], strict=True):
        assert_alike(vector, encoder.embed_batch([samples])[0])
    assert encoder.embed_batch([]).shape == (0, 24)


def test_texts_and_scores(encoder, encoder_model):
    strings = tiny_dual_encoder.STRINGS
    vectors, known_share = encoder.embed_texts(strings)
    expected, _ = tiny_dual_encoder.live_texts(encoder_model, strings)
    expected[known_share == 0] = 0.0
    np.testing.assert_array_equal(
        known_share, np.float32(tiny_dual_encoder.KNOWN_SHARES)
    )
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    samples = tiny_tagger.music(2 * CLIP)
    scores, shares = encoder.score(samples, strings)
    np.testing.assert_allclose(
        scores,
        expected @ tiny_dual_encoder.live_embedding(encoder_model, samples),
        atol=1e-5,
    )
    np.testing.assert_array_equal(shares, known_share)
    assert encoder.embed_texts([])[0].shape == (0, 24)
    with pytest.raises(ValueError):
        encoder.embed_texts(["\ud800"])


def test_phrases_are_known_as_a_whole(encoder):
    for phrase in (*NAMES, "R&B", "Hang-Drum", "no vocals", "drum & bass"):
        assert encoder.is_known(phrase)
    for phrase in ("dreamy vocals", "zzqx", "", "no", "vocals jazz"):
        assert not encoder.is_known(phrase)


def test_unknown_words_come_with_the_nearest_spelling(encoder):
    assert encoder.unknown_words("handpann, zzqx dreamy") == {
        "handpann": "handpan",
        "zzqx": None,
    }
    assert encoder.unknown_words("drum and bass") == {}


def test_a_tagger_is_refused(tagger_folder):
    with pytest.raises(ValueError, match="must be a dual encoder.*own 12 tags"):
        saved_dual_encoder.SavedDualEncoder(tagger_folder)


@pytest.mark.slow
def test_no_model_code_is_imported(tagger_folder, encoder_folder):
    names = "print([n for n in sys.modules if n.startswith('tftag.')])"
    printed = other_process.printed_without_keras(
        [
            "from tftag.inference import saved_tagger",
            "saved_tagger.SavedTagger(sys.argv[1]).tag_samples([1.0])",
            names,
            "from tftag.inference import saved_dual_encoder as opened",
            "encoder = opened.SavedDualEncoder(sys.argv[2])",
            "encoder.score([1.0], ['jazz'])",
            "encoder.is_known('jazz')",
            names,
        ],
        tagger_folder,
        encoder_folder,
    )
    of_tagger, of_both = map(ast.literal_eval, printed.splitlines())
    rooms = {name.split(".")[1] for name in of_tagger}
    assert not rooms & {"layers", "losses", "models"}, rooms
    assert not [n for n in of_both if n.startswith("tftag.models")]


def test_a_long_recording_is_embedded_as_a_signature_does(encoder, monkeypatch):
    samples = tiny_tagger.music(int(CLIP * 21.4))
    samples[: 9 * CLIP] /= 100  # the level is that of the whole
    expected = encoder.embed_batch([samples])
    monkeypatch.setattr(saved_tagger, "_LONG_SECONDS", 0)
    run = encoder._run

    def run_clips(signature, **inputs):
        assert signature == "tag_clips", "passed as a whole"
        return run(signature, **inputs)

    monkeypatch.setattr(encoder, "_run", run_clips)
    np.testing.assert_allclose(
        encoder.embed_batch([samples]), expected, atol=1e-6
    )
