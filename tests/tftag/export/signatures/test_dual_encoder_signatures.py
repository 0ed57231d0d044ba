import json

import keras
import numpy as np
import pytest
import signature_inputs
import tensorflow as tf
import tiny_dual_encoder
import tiny_tagger
from alike import assert_alike

from tftag import tags, words
from tftag.export import saved_model
from tftag.export.signatures import dual_encoder_signatures

CLIP, NAMES = tiny_dual_encoder.CLIP, tiny_dual_encoder.NAMES
STRINGS = tiny_dual_encoder.STRINGS


@pytest.fixture(scope="module")
def signatures(encoder_signatures):
    return encoder_signatures


def test_it_answers_as_a_tagger(encoder_model, signatures):
    samples = tiny_tagger.music(CLIP * 5 // 2)
    answer = signatures["serving_default"](waveform=tf.constant(samples[None]))
    expected = tiny_tagger.reference(encoder_model, samples).mean(axis=0)
    np.testing.assert_allclose(answer["probabilities"][0], expected, atol=1e-5)
    names = answer["tags"].numpy()[0]
    assert tuple(name.decode() for name in names) == NAMES


@pytest.mark.parametrize("length", [1, CLIP, CLIP * 5 // 2, CLIP * 10])
def test_a_recording_is_the_mean_of_its_clips(
    encoder_model, signatures, length
):
    samples = tiny_tagger.music(length)
    answer = signatures["embed_audio"](waveform=tf.constant(samples[None]))
    embedding = answer["embedding"].numpy()[0]
    np.testing.assert_allclose(
        embedding,
        tiny_dual_encoder.live_embedding(encoder_model, samples),
        atol=1e-5,
    )
    np.testing.assert_allclose(np.linalg.norm(embedding), 1, atol=1e-6)


@pytest.mark.parametrize("filler", [0.0, np.nan])
def test_padding_and_neighbours_change_nothing(signatures, filler):
    lengths = [1, CLIP + 1, CLIP * 9, 7]
    rows = np.full((4, CLIP * 9), filler, np.float32)
    for row, length in enumerate(lengths):
        rows[row, :length] = tiny_tagger.music(length, row)
    together = signatures["embed_batch"](
        waveform=tf.constant(rows),
        length_samples=tf.constant(lengths, tf.int64),
    )["embedding"]
    for row, length in enumerate(lengths):
        alone = signatures["embed_audio"](
            waveform=tf.constant(rows[row : row + 1, :length])
        )["embedding"]
        assert_alike(together[row], alone[0])


def test_a_row_that_is_no_recording_costs_no_other_row(signatures):
    music = signature_inputs.wav_bytes(tiny_tagger.music(CLIP))
    silent = signature_inputs.wav_bytes(np.zeros(CLIP, np.float32))
    wavs = tf.constant([silent, music, b"ID3"])
    expected = [
        b"All samples are zero.",
        b"",
        b"The bytes must be a RIFF WAVE file. Received: 3 bytes that begin "
        b"with `ID3`. Convert it to WAV, or decode it and send the waveform.",
    ]
    embedded = signatures["embed_wav"](wav=wavs)
    scored = signatures["score_wav"](wav=wavs, strings=tf.constant(NAMES))
    for answer, name in ((embedded, "embedding"), (scored, "score")):
        assert list(answer["status"].numpy()) == expected
        values = answer[name].numpy()
        assert not values[[0, 2]].any()
        assert values[1].any()
    alone = signatures["embed_wav"](wav=tf.constant([music]))
    np.testing.assert_array_equal(
        embedded["embedding"][1], alone["embedding"][0]
    )


def test_strings_are_embedded_as_the_model_does(encoder_model, signatures):
    answer = signatures["embed_text"](strings=tf.constant(STRINGS))
    expected, _ = tiny_dual_encoder.live_texts(encoder_model, STRINGS)
    known_share = answer["known_share"].numpy()
    np.testing.assert_array_equal(
        known_share, np.float32(tiny_dual_encoder.KNOWN_SHARES)
    )
    known = known_share > 0
    embedding = answer["embedding"].numpy()
    np.testing.assert_allclose(embedding[known], expected[known], atol=1e-5)
    assert not embedding[~known].any()
    # The alias is its phrase, up to the rounding of another place in the batch.
    np.testing.assert_allclose(embedding[-1], embedding[1], atol=1e-6)


def test_bytes_that_are_no_text_are_an_unknown_word(signatures):
    answer = signatures["embed_text"](strings=tf.constant([b"\xff\xfe", b"\0"]))
    assert not answer["known_share"].numpy().any()
    assert not answer["embedding"].numpy().any()


@pytest.mark.parametrize("strings", [STRINGS, ()])
def test_a_score_is_the_cosine(signatures, strings):
    waveform = tf.constant([tiny_tagger.music(CLIP, row) for row in range(3)])
    texts = tf.constant(strings, tf.string)
    clips = signatures["embed_audio"](waveform=waveform)["embedding"].numpy()
    text = signatures["embed_text"](strings=texts)
    for asked in (texts, tf.tile(texts[None], [3, 1])):
        answer = signatures["score"](waveform=waveform, strings=asked)
        np.testing.assert_allclose(
            answer["score"], clips @ text["embedding"].numpy().T, atol=1e-6
        )
        np.testing.assert_array_equal(
            answer["known_share"], np.tile(text["known_share"], (3, 1))
        )


def test_scores_order_clips_as_the_logits_do(encoder_model, signatures):
    """One clip: the logit is scale times the mean of the members' cosines."""
    samples = tiny_tagger.music(CLIP)
    score = signatures["score"](
        waveform=tf.constant(samples[None]), strings=tf.constant(NAMES)
    )["score"].numpy()[0]
    probability = tiny_tagger.reference(encoder_model, samples)[0]
    logits = np.log(probability) - np.log1p(-probability)
    np.testing.assert_allclose(10.0 * score - 3.0, logits, atol=1e-3)


def test_no_rows_give_no_rows(signatures):
    none = tf.zeros([0, CLIP])
    assert signatures["embed_audio"](waveform=none)["embedding"].shape[0] == 0
    nothing = tf.constant([], tf.string)
    text = signatures["embed_text"](strings=nothing)
    assert text["embedding"].shape[0] == text["known_share"].shape[0] == 0
    score = signatures["score"](waveform=none, strings=tf.constant(["jazz"]))
    assert score["score"].shape == (0, 1)


def test_strings_of_another_number_of_rows_are_refused(signatures):
    with pytest.raises(tf.errors.InvalidArgumentError):
        signatures["score"](
            waveform=tf.ones([3, CLIP]), strings=tf.constant([["jazz"]] * 2)
        )


def test_the_card_says_what_it_is(encoder_folder):
    card = json.loads(
        (encoder_folder / "assets" / "tftag.json").read_text("utf-8")
    )
    assert card["kind"] == "dual_encoder"
    assert card["tags"] == list(NAMES)
    assert card["space"]["dim"] == 24
    vectors = tiny_dual_encoder.word_vectors()
    assert card["words"]["fingerprint"] == vectors.fingerprint
    assert card["words"]["source"] == vectors.source
    assert card["words"]["tag_share"] == 1.0
    phrases = (encoder_folder / "assets" / "phrases.txt").read_text("utf-8")
    assert set(phrases.splitlines()) == set(vectors.rows)
    restored = keras.saving.load_model(
        encoder_folder / "assets.extra" / "dual_encoder.keras"
    )
    assert restored.name == "dual_encoder"


@pytest.mark.slow
def test_a_process_without_tftag_embeds_and_scores(
    encoder_model, without_tftag
):
    _, samples, _, answer = without_tftag
    expected, known_share = tiny_dual_encoder.live_texts(
        encoder_model, ["dreamy piano", "Été", "zzqx"]
    )
    expected[2] = 0.0
    assert answer["known_share"] == known_share.tolist() == [1.0, 1.0, 0.0]
    np.testing.assert_allclose(answer["embed_text"], expected, atol=1e-5)
    embedding = tiny_dual_encoder.live_embedding(
        encoder_model, samples.astype(np.float32)
    )
    np.testing.assert_allclose(answer["score"], expected @ embedding, atol=1e-5)
    assert answer["tag_names"] == list(NAMES)


def test_other_words_than_those_of_the_training_are_refused(
    encoder_model, tmp_path
):
    other = tiny_dual_encoder.word_vectors(seed=1)
    narrow = words.WordVectors(("jazz",), np.ones((1, 1)), {}, "narrow")
    for vectors in (other, narrow):
        with pytest.raises(ValueError, match="must be those that the model"):
            tiny_dual_encoder.write(encoder_model, tmp_path / "none", vectors)
    assert not list(tmp_path.iterdir())


def test_a_tagger_is_refused(tmp_path):
    with pytest.raises(ValueError, match="must be a dual encoder"):
        saved_model.export_dual_encoder(
            tiny_tagger.build(),
            tiny_tagger.SPEC,
            tags.TagVocabulary(NAMES),
            tiny_tagger.CALIBRATION,
            tiny_dual_encoder.word_vectors(),
            {},
            tmp_path / "none",
        )


def test_one_member_is_built_as_an_ensemble_is():
    model = tiny_dual_encoder.build(members=1)
    module = dual_encoder_signatures.ExportedDualEncoder(
        model,
        tiny_dual_encoder.SPEC,
        NAMES,
        tiny_tagger.CALIBRATION,
        tiny_dual_encoder.word_vectors(),
        4,
    )
    samples = tiny_tagger.music(CLIP * 2)
    run = module.signature_functions()["embed_audio"]
    np.testing.assert_allclose(
        run(tf.constant(samples[None]))["embedding"][0],
        tiny_dual_encoder.live_embedding(model, samples),
        atol=1e-5,
    )
