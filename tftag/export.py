"""From a trained tagger to a SavedModel that needs nothing but TensorFlow."""

import contextlib
import dataclasses
import io
import logging
import os
import pathlib
import platform
import shutil
import tempfile
import uuid
import wave

import keras
import numpy as np
import tensorflow as tf

import tftag
from tftag import (
    audio,
    calibration,
    comparison,
    exported_tagger,
    model_card,
    tags,
    warmup,
)

# Largest difference between the live model and the SavedModel.
TOLERANCE = 1e-5

logger = logging.getLogger(__name__)


def export_tagger(
    model: keras.Model,
    audio_spec: audio.AudioSpec,
    vocabulary: tags.TagVocabulary,
    calibrated: calibration.Calibration,
    card: dict,
    folder: str | os.PathLike,
    *,
    version: int | None = None,
    clips_at_once: int = 8,
) -> pathlib.Path:
    """Writes `<folder>/<version>/`, as TensorFlow Serving wants it.

    The SavedModel is written beside its place, loaded again, compared with
    the model and only then renamed. It computes in float32, whatever the
    precision of training was.

    Args:
        model: `{"waveform" [batch, samples], "peak" [batch]}` to logits
            `[batch, tags]`.
        audio_spec: What the model was trained on.
        vocabulary: The tags, in the order of the model's outputs.
        calibrated: The calibration of the model's probabilities.
        card: What else to say of the model, as JSON has it: metrics, the
            fingerprint of the data, the command. NaN becomes null.
        folder: The model's folder, such as `saved_models/baseline`; its last
            part is the name under which the model is served.
        version: A number that is not taken. `None` is the next one.
        clips_at_once: How many clips the network sees at a time. Fewer cost
            as much as that, so 1 answers a lone clip soonest.

    Returns:
        The folder of the version.

    Raises:
        ValueError: Arguments do not fit, or the SavedModel answers otherwise
            than the model; nothing is left behind then.
    """
    folder = pathlib.Path(os.path.abspath(folder))
    _check(model, vocabulary, calibrated, clips_at_once)
    _check_version(folder, version)
    card_text = _card_text(
        card, audio_spec, vocabulary, calibrated, clips_at_once
    )
    exact, is_mixed = _float32_copy(model)
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    # TensorFlow Serving passes over what is not a number.
    written = folder / f".writing-{uuid.uuid4().hex}"
    try:
        written.mkdir()
        with tempfile.TemporaryDirectory() as scratch:
            tagger = exported_tagger.ExportedTagger(
                exact,
                audio_spec,
                vocabulary.names,
                calibrated,
                _assets(scratch, card_text, vocabulary),
                clips_at_once,
            )
            signatures = tagger.signature_functions()
            tf.saved_model.save(tagger, os.fspath(written), signatures)
        _write_extra(written / "assets.extra", exact, audio_spec, folder.name)
        difference = comparison.largest_difference(
            written, exact if is_mixed else model, audio_spec, clips_at_once
        )
        if not difference <= TOLERANCE:
            raise ValueError(
                "The SavedModel must answer as the model does, to "
                f"{TOLERANCE:g}; a layer may not keep its configuration, or "
                f"the model gives NaN. Received: a difference of {difference}. "
                "Nothing was written."
            )
        place = _rename(written, folder, version)
    except BaseException:
        shutil.rmtree(written, ignore_errors=True)
        if is_new:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise
    logger.info("%s: equal to the model within %.1e", place, difference)
    return place


def _check(model, vocabulary, calibrated, clips_at_once):
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


def _check_version(folder, version):
    if version is not None and (
        version < 0 or (folder / str(version)).exists()
    ):
        raise ValueError(
            "`version` must be a whole number that is not taken, or None for "
            f"the next one. Received: {version} in {folder}."
        )


def _card_text(card, audio_spec, vocabulary, calibrated, clips_at_once):
    own = {
        "audio": dataclasses.asdict(audio_spec),
        "clips_at_once": clips_at_once,
        "tags": list(vocabulary.names),
        "tags_fingerprint": vocabulary.fingerprint,
        "calibration": calibrated.to_dict(),
        "versions": {
            "tftag": tftag.__version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }
    taken = sorted(own.keys() & card.keys())
    if taken:
        raise ValueError(
            "`card` must leave to the export what it writes itself. "
            f"Received: {', '.join(taken)}."
        )
    return model_card.to_text({**own, **card})


def _float32_copy(model):
    """Returns the model without its optimizer, computing in float32.

    Returns:
        The copy, and whether `model` computes in anything else.
    """

    def in_float32(config):
        match config:
            case {"class_name": "DTypePolicy"}:
                return {**config, "config": {"name": "float32"}}
            case dict():
                return {key: in_float32(item) for key, item in config.items()}
            case list() | tuple():
                return type(config)(in_float32(item) for item in config)
        return config

    config = model.get_config()
    exact_config = in_float32(config)
    copy = type(model).from_config(exact_config)
    copy.set_weights(model.get_weights())
    return copy, exact_config != config


def _assets(folder, card_text, vocabulary):
    """Writes the card, and the tags a line each; returns the paths."""
    texts = {
        model_card.FILE_NAME: card_text,
        "tags.txt": "".join(f"{name}\n" for name in vocabulary.names),
    }
    paths = [os.path.join(folder, name) for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        pathlib.Path(path).write_text(text, encoding="utf-8")
    return paths


def _write_extra(folder, model, audio_spec, model_name):
    """Writes the Keras model, and a warm-up request per signature."""
    folder.mkdir()
    model.save(folder / "tagger.keras")
    samples = max(1, audio_spec.sample_rate_hz // 10)
    sine = comparison.signals(audio_spec, samples)[-1:]
    wav = io.BytesIO()
    with wave.open(wav, "wb") as writer:
        writer.setparams((1, 2, audio_spec.sample_rate_hz, 0, "NONE", ""))
        writer.writeframes((sine * audio.FULL_SCALE).astype("<i2").tobytes())
    length = np.array([samples], np.int64)
    warmup.write_requests(
        folder / warmup.FILE_NAME,
        model_name,
        {
            "serving_default": {"waveform": sine},
            "tag_batch": {"waveform": sine, "length_samples": length},
            "tag_wav": {"wav": np.array([wav.getvalue()], object)},
            "top_tags": {"waveform": sine},
            "timeline": {"waveform": sine},
        },
    )


def _rename(written, folder, version):
    """Gives the folder its number: the next one, unless it is asked for."""
    taken = [int(path.name) for path in folder.iterdir() if path.name.isdigit()]
    number = max(taken, default=0) + 1 if version is None else version
    while True:
        try:
            return written.rename(folder / str(number))
        except OSError:
            # Another export may have been faster.
            if version is not None or not (folder / str(number)).exists():
                raise
            number += 1
