"""What stands beside the graph: the card, tags, Keras model and requests."""

import dataclasses
import io
import os
import pathlib
import platform
import wave
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

import tftag
from tftag import audio, tags
from tftag.export import verification, warmup
from tftag.inference import model_card
from tftag.metrics import calibration


def asset_texts(
    card: dict[str, Any],
    own: dict[str, Any],
    audio_spec: audio.AudioSpec,
    vocabulary: tags.TagVocabulary,
    calibrated: calibration.Calibration,
    clips_at_once: int,
) -> dict[str, str]:
    """Writes the model card, the tags and the licences.

    Args:
        card: What the caller says of the model.
        own: What the export says of this kind of model.
        audio_spec: What the model was trained on.
        vocabulary: The tags, in the order of the model's outputs.
        calibrated: The calibration of the model's probabilities.
        clips_at_once: How many clips the network sees at a time.

    Returns:
        Texts by file name.

    Raises:
        ValueError: `card` says what the export says itself, or has a licence
            without text.
        TypeError: A value has no form in JSON.
    """
    own = {
        **own,
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
    texts = {
        model_card.FILE_NAME: model_card.to_text({**own, **card}),
        "tags.txt": lines(vocabulary.names),
    }
    if licences := model_card.licence_text(card):
        texts[model_card.LICENCES_FILE_NAME] = licences
    return texts


def write_assets(folder: str, texts: dict[str, str]) -> list[str]:
    """Writes texts by file name; returns the paths."""
    paths = [os.path.join(folder, name) for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        pathlib.Path(path).write_text(text, encoding="utf-8")
    return paths


def lines(texts: tuple[str, ...]) -> str:
    """Returns the texts, a line each."""
    return "".join(f"{text}\n" for text in texts)


def write_extra(
    folder: pathlib.Path,
    model: keras.Model,
    file_name: str,
    served_name: str,
    requests: dict[str, dict[str, npt.NDArray[Any]]],
) -> None:
    """Writes `assets.extra`, of which TensorFlow takes no notice.

    Args:
        folder: The folder of the version.
        model: The Keras model, to go on training.
        file_name: Its file, `*.keras`.
        served_name: The name under which the model is served.
        requests: Warm-up requests: signature name to its inputs by name.
    """
    extra = folder / "assets.extra"
    extra.mkdir()
    model.save(extra / file_name)
    warmup.write_requests(extra / warmup.FILE_NAME, served_name, requests)


def tagger_requests(
    audio_spec: audio.AudioSpec,
) -> dict[str, dict[str, npt.NDArray[Any]]]:
    """Makes a warm-up request for each signature of a tagger.

    Args:
        audio_spec: What the model was trained on.

    Returns:
        Signature name to its inputs by name: a tenth of a second of a sine,
        and for `tag_clips` a clip of zeros.
    """
    samples = max(1, audio_spec.sample_rate_hz // 10)
    sine = verification.signals(audio_spec, samples)[-1:]
    wav = io.BytesIO()
    with wave.open(wav, "wb") as writer:
        writer.setparams((1, 2, audio_spec.sample_rate_hz, 0, "NONE", ""))
        writer.writeframes((sine * audio.FULL_SCALE).astype("<i2").tobytes())
    length = np.array([samples], np.int64)
    clip = np.zeros((1, audio_spec.clip_samples), np.float32)
    wav_input = {"wav": np.array([wav.getvalue()], object)}
    return {
        "serving_default": {"waveform": sine},
        "tag_batch": {"waveform": sine, "length_samples": length},
        "tag_wav": wav_input,
        "top_tags": {"waveform": sine},
        "top_tags_wav": wav_input,
        "timeline": {"waveform": sine},
        "timeline_wav": wav_input,
        "tag_clips": {"waveform": clip, "peak": np.ones(1, np.float32)},
        "tag_names": {"row": np.zeros(1, np.int64)},
    }


def dual_encoder_requests(
    audio_spec: audio.AudioSpec,
) -> dict[str, dict[str, npt.NDArray[Any]]]:
    """Makes a warm-up request for each signature of a dual encoder.

    Args:
        audio_spec: What the model was trained on.

    Returns:
        Signature name to its inputs by name.
    """
    requests = tagger_requests(audio_spec)
    waveform, wav = requests["serving_default"], requests["tag_wav"]
    string = np.array([b"calm piano"], object)
    return {
        **requests,
        "embed_audio": waveform,
        "embed_batch": requests["tag_batch"],
        "embed_text": {"strings": string},
        "embed_wav": wav,
        "score": {**waveform, "strings": string[np.newaxis]},
        "score_wav": {**wav, "strings": string[np.newaxis]},
    }
