"""From a trained model to a SavedModel that needs nothing but TensorFlow."""

import hashlib
import logging
import os
import pathlib
import tempfile
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tftag import audio, tags, words
from tftag.export import assets as exported_files
from tftag.export import (
    compute_precision,
    dual_encoder_verification,
    verification,
)
from tftag.export.signatures import dual_encoder_signatures, tagger_signatures
from tftag.inference import model_card, version_folder
from tftag.metrics import calibration
from tftag.models import dual_encoder
from tftag.storage import plain_path

# Largest difference between the live model and the SavedModel.
TOLERANCE = 1e-5
# By what an export computes in. A graph joins operations that the live model
# rounds to 8 bits one by one.
PRECISIONS = {"float32": TOLERANCE, "bfloat16": 2e-2}
# Of sound that the network sees at a time, and of clips: where there is less of
# it, it costs as much, and more at a time saves a processor nothing.
_SECONDS_AT_ONCE = 30
_MOST_AT_ONCE = 10

logger = logging.getLogger(__name__)


def export_tagger(
    model: keras.Model,
    audio_spec: audio.AudioSpec,
    vocabulary: tags.TagVocabulary,
    calibrated: calibration.Calibration,
    card: dict[str, Any],
    folder: str | os.PathLike[str],
    *,
    version: int | None = None,
    clips_at_once: int | None = None,
    precision: str = "float32",
) -> pathlib.Path:
    """Writes `<folder>/<version>/`, as TensorFlow Serving wants it.

    The SavedModel is written beside its place, loaded again, compared with
    the model and only then renamed. It computes in float32, whatever the
    precision of training was, unless another one is asked for.

    Args:
        model: `{"waveform" [batch, samples], "peak" [batch]}` to logits
            `[batch, tags]`.
        audio_spec: What the model was trained on.
        vocabulary: The tags, in the order of the model's outputs.
        calibrated: The calibration of the model's probabilities.
        card: What else to say of the model, as JSON has it: metrics, the
            fingerprint of the data, the command. NaN becomes null. Its
            `licences` (`model_card.licence_text`) become an asset too.
        folder: The model's folder, such as `saved_models/baseline`; its last
            part is the name under which the model is served.
        version: A number that is not taken. `None` is the next one.
        clips_at_once: How many clips the network sees at a time. Fewer cost
            as much as that. None is as many as make 30 s, which answers a lone
            recording soonest; a GPU is only busy with more.
        precision: One of `PRECISIONS`. bfloat16 has 8 bits: probabilities
            move in the third digit, and only processors with instructions for
            it gain by it.

    Returns:
        The folder of the version.

    Raises:
        ValueError: Arguments do not fit, or the SavedModel answers otherwise
            than the model; nothing is left behind then.
    """
    if clips_at_once is None:
        clips_at_once = clips_at_once_of(audio_spec)
    _check(model, vocabulary, calibrated, clips_at_once)
    _check_precision(precision)
    texts = exported_files.asset_texts(
        card,
        {"precision": precision},
        audio_spec,
        vocabulary,
        calibrated,
        clips_at_once,
    )
    exact, is_mixed = compute_precision.float32_copy(model)
    live = exact if is_mixed else model
    answering = exact
    if precision == "bfloat16":
        answering = live = compute_precision.bfloat16_copy(model)

    def fill(written: pathlib.Path) -> float:
        _save(
            tagger_signatures.ExportedTagger(
                *(answering, audio_spec, vocabulary.names),
                *(calibrated, clips_at_once),
            ),
            texts,
            written,
        )
        exported_files.write_extra(
            written,
            exact,
            "tagger.keras",
            _served_name(folder),
            exported_files.tagger_requests(audio_spec),
        )
        return verification.largest_difference(
            _loaded(written), live, audio_spec, clips_at_once
        )

    return _write(folder, version, fill, PRECISIONS[precision])


def clips_at_once_of(spec: audio.AudioSpec) -> int:
    """How many clips an export sees at a time unless it is told."""
    seconds = spec.clip_samples / spec.sample_rate_hz
    return max(1, min(_MOST_AT_ONCE, round(_SECONDS_AT_ONCE / seconds)))


def export_dual_encoder(
    model: keras.Model,
    audio_spec: audio.AudioSpec,
    vocabulary: tags.TagVocabulary,
    calibrated: calibration.Calibration,
    word_vectors: words.WordVectors,
    card: dict[str, Any],
    folder: str | os.PathLike[str],
    *,
    version: int | None = None,
    clips_at_once: int | None = None,
) -> pathlib.Path:
    """Writes a dual encoder as `export_tagger` writes a tagger.

    It answers like a tagger of the tags it was trained with, and embeds and
    compares recordings and any string; all word vectors are inside.

    Args:
        model: A `models.dual_encoder.DualEncoder`.
        audio_spec: As for `export_tagger`, and so are the others but
            `word_vectors`.
        vocabulary: The tags the model was trained with.
        calibrated: The calibration of their probabilities.
        word_vectors: What the model was trained on: the vectors of its tags
            are compared.
        card: What else to say of the model.
        folder: The model's folder, such as `saved_models/dual_encoder`.
        version: A number that is not taken. `None` is the next one.
        clips_at_once: As for `export_tagger`.

    Returns:
        The folder of the version.

    Raises:
        ValueError: As `export_tagger`, or the word vectors are others.
    """
    if clips_at_once is None:
        clips_at_once = clips_at_once_of(audio_spec)
    _check(model, vocabulary, calibrated, clips_at_once)
    _check_words(model, vocabulary, word_vectors)
    exact, is_mixed = compute_precision.float32_copy(model)
    own = {
        "kind": model_card.DUAL_ENCODER,
        "space": {
            "dim": exact.audio_tower.output_shape[-1],
            "fingerprint": _space_fingerprint(exact, audio_spec),
        },
        "words": _words_card(word_vectors, vocabulary),
    }
    texts = exported_files.asset_texts(
        card, own, audio_spec, vocabulary, calibrated, clips_at_once
    )
    texts[model_card.PHRASES_FILE_NAME] = exported_files.lines(
        tuple(word_vectors.rows)
    )
    live = exact if is_mixed else model

    def fill(written: pathlib.Path) -> float:
        _save(
            dual_encoder_signatures.ExportedDualEncoder(
                *(exact, audio_spec, vocabulary.names),
                *(calibrated, word_vectors, clips_at_once),
            ),
            texts,
            written,
        )
        exported_files.write_extra(
            written,
            exact,
            "dual_encoder.keras",
            _served_name(folder),
            exported_files.dual_encoder_requests(audio_spec),
        )
        return dual_encoder_verification.largest_difference(
            _loaded(written),
            live,
            audio_spec,
            clips_at_once,
            vocabulary.names,
            word_vectors,
        )

    return _write(folder, version, fill, TOLERANCE)


def _check(
    model: keras.Model,
    vocabulary: tags.TagVocabulary,
    calibrated: calibration.Calibration,
    clips_at_once: int,
) -> None:
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "Keras' backend must be TensorFlow to write a SavedModel: set "
            "KERAS_BACKEND=tensorflow. "
            f"Received: {keras.backend.backend()}."
        )
    counts = {
        "outputs of `model`": model.output_shape[-1],
        "tags of `vocabulary`": len(vocabulary),
        "tags of `calibrated`": len(calibrated.offsets),
    }
    if len(set(counts.values())) > 1:
        raise ValueError(
            "Model, vocabulary and calibration must have the same number of "
            f"tags. Received: {counts}."
        )
    if clips_at_once < 1:
        raise ValueError(
            f"`clips_at_once` must be >= 1. Received: {clips_at_once}."
        )


def _check_precision(precision: str) -> None:
    if precision not in PRECISIONS:
        raise ValueError(
            f"`precision` must be one of {', '.join(PRECISIONS)}. "
            f"Received: {precision!r}."
        )
    if precision == "bfloat16" and compute_precision.is_fast_here() is False:
        logger.warning(
            "This processor has no instructions for bfloat16 (avx512_bf16, "
            "amx_bf16): here the export will be slower than one in float32."
        )


def _check_words(
    model: keras.Model,
    vocabulary: tags.TagVocabulary,
    word_vectors: words.WordVectors,
) -> None:
    """Strings must reach the text tower as its tags did in training."""
    if not isinstance(model, dual_encoder.DualEncoder):
        raise ValueError(
            "`model` must be a dual encoder; `export_tagger` takes a tagger. "
            f"Received: {model.name!r}."
        )
    learned = model.word_vectors
    given, _ = word_vectors.embed(vocabulary.names)
    if learned.shape != given.shape:
        raise ValueError(
            "`word_vectors` must be those that the model was trained on. "
            f"Received: {given.shape[1]} numbers a word, not "
            f"{learned.shape[1]}: {word_vectors.source}."
        )
    differences = np.abs(learned - given).max(axis=1)
    if not differences.max() <= TOLERANCE:
        tag = vocabulary.names[int(np.argmax(differences))]
        raise ValueError(
            "`word_vectors` must be those that the model was trained on. "
            f"Received: another vector for {tag!r}, from {word_vectors.source}."
        )


def _space_fingerprint(model: keras.Model, audio_spec: audio.AudioSpec) -> str:
    """Returns 16 hex digits that change with whatever moves an embedding."""
    digest = hashlib.sha256(repr(audio_spec).encode())
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()[:16]


def _words_card(
    word_vectors: words.WordVectors, vocabulary: tags.TagVocabulary
) -> dict[str, Any]:
    coverage = word_vectors.coverage(vocabulary.names)
    return {
        "source": word_vectors.source,
        "fingerprint": word_vectors.fingerprint,
        "dim": word_vectors.dim,
        "phrases": len(word_vectors.rows),
        "tag_share": coverage.tag_share,
        "unknown": {tag: list(them) for tag, them in coverage.unknown.items()},
    }


def _served_name(folder: str | os.PathLike[str]) -> str:
    return os.path.basename(os.path.abspath(folder))


def _save(
    module: tagger_signatures.ExportedTagger,
    texts: dict[str, str],
    written: pathlib.Path,
) -> None:
    with (
        tempfile.TemporaryDirectory() as scratch,
        plain_path.plain(written) as path,
    ):
        module.keep_files(exported_files.write_assets(scratch, texts))
        tf.saved_model.save(module, path, module.signature_functions())


def _loaded(written: pathlib.Path) -> tf.Module:
    with plain_path.plain(written) as path:
        return tf.saved_model.load(path)


def _write(
    folder: str | os.PathLike[str],
    version: int | None,
    fill: Callable[[pathlib.Path], float],
    tolerance: float,
) -> pathlib.Path:
    """Writes a version if what `fill` returns, a difference, is small."""
    difference = None

    def fill_and_check(written: pathlib.Path) -> None:
        nonlocal difference
        difference = fill(written)
        if not difference <= tolerance:
            raise ValueError(
                "The SavedModel must answer as the model does, to "
                f"{tolerance:g}; a layer may not keep its configuration, or "
                f"the model gives NaN. Received: a difference of {difference}. "
                "Nothing was written."
            )

    written = version_folder.write(folder, version, fill_and_check)
    logger.info(
        "%s: answers as the model does, within %.1e",
        pathlib.Path(folder, written.name),
        difference,
    )
    return written
