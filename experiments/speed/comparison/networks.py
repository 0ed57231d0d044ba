"""Front end, training step and inference, beside the peers' own."""

import functools
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from experiments.settings import baseline_config, flags
from experiments.speed.comparison import row as row_lib
from experiments.speed.comparison import step
from experiments.speed.processes import other_interpreter
from tftag import audio, layers, tags
from tftag.export import compute_precision, onnx_file, saved_model
from tftag.export.signatures import frozen_network
from tftag.inference import onnx_tagger
from tftag.metrics import calibration
from tftag.models import tagger

TAGS = 67
FRONT_END_BATCHES = (1, 2, 4, 8, 16)
# Width, clips of a training step, clips of an inference.
SIZES = ((1 / 8, 16, 8), (1.0, 2, 2))
# In the folder of a network: weights and answers, and PyTorch's ONNX file; the
# export in float32, and what `tftag onnx` makes of it.
FOR_PEERS = ("network.npz", "network.onnx")
EXPORT, ONNX_TAGGER = "float32", "tagger.onnx"
_BFLOAT16 = f"{row_lib.OWN}, bfloat16"
_CLIPS = 2  # that answers are compared for


def front_end_rows(
    ask: other_interpreter.Ask, folder: pathlib.Path
) -> Iterator[row_lib.Row]:
    """Log-mel spectrograms of the same waveforms, a row per batch size."""
    spec = audio.AudioSpec()
    layer = layers.LogMelSpectrogram()
    log_mel = tf.function(layer, autograph=False)
    given = waveforms(max(FRONT_END_BATCHES), spec)
    file = folder / "waveforms.npz"
    np.savez(
        file,
        waveform=given[:_CLIPS],
        log_mel=log_mel(given[:_CLIPS]),
        filterbank=layer.filterbank,
    )
    for batch_size in FRONT_END_BATCHES:
        batch = tf.constant(given[:batch_size])
        run = log_mel.get_concrete_function(batch)
        yield _compared(
            ask,
            f"log-mel, batch {batch_size}",
            "ms per clip",
            1e3 / batch_size,
            {
                row_lib.OWN: functools.partial(
                    _figure, 1e3 / batch_size, run, batch
                )
            },
            row="front_end",
            batch_size=batch_size,
            waveforms=str(file),
        )


def network_rows(
    ask: other_interpreter.Ask, folder: pathlib.Path
) -> Iterator[row_lib.Row]:
    """Training step and inference at each width, with the same weights.

    Each width gets a folder with `FOR_PEERS`, `EXPORT` and `ONNX_TAGGER`.
    """
    for width, of_step, at_once in SIZES:
        settings = flags.replace(
            baseline_config.seed(), {"width": width, "batch_size": of_step}
        )
        made = folder / width_name(width)
        made.mkdir()
        network_file, onnx = (str(made / name) for name in FOR_PEERS)
        model = drawn_tagger(settings)
        write_network(network_file, model, settings.audio)
        yield _training(ask, settings, made.name, network_file)
        ask(row="onnx_file", network_file=network_file, path=onnx)
        yield from _inference(ask, model, settings, at_once, made)


def drawn_tagger(settings: baseline_config.BaselineConfig) -> tagger.Tagger:
    """A tagger of random weights, none of which is without effect."""
    names = [f"tag {number}" for number in range(1, TAGS + 1)]
    model = tagger.Tagger(names, settings.audio, settings.model)
    draw = np.random.default_rng(0)
    for weight in model.weights:
        if "variance" in weight.name or "gamma" in weight.name:
            weight.assign(draw.uniform(0.5, 2.0, weight.shape))
        elif "mean" in weight.name or "beta" in weight.name:
            weight.assign(draw.normal(0, 0.1, weight.shape))
    return model


def write_network(
    path: str, model: tagger.Tagger, spec: audio.AudioSpec
) -> None:
    """Writes what the peers build the same network of."""
    parts = (model.front_end, model.backbone, model.head)
    norm = parts[0].get_layer("mel_norm")
    weights = [norm.moving_mean, norm.moving_variance]
    for layer in parts[1].layers:
        if isinstance(layer, keras.layers.Conv2D):
            weights.append(layer.kernel)
        elif isinstance(layer, keras.layers.BatchNormalization):
            weights += [layer.gamma, layer.beta]
            weights += [layer.moving_mean, layer.moving_variance]
    weights += model.head.get_layer("tag_logits").weights
    kernel, bias = (np.asarray(weight) for weight in weights[-2:])
    arrays = [*map(np.asarray, weights[:-2]), kernel.reshape(-1, TAGS), bias]
    given = waveforms(_CLIPS, spec)
    np.savez(
        path,
        **{f"weights_{i}": array for i, array in enumerate(arrays)},
        filterbank=parts[0].get_layer("log_mel").filterbank,
        waveform=given,
        logits=model.predict_on_batch(given),
    )


def width_name(width: float) -> str:
    """What rows and folders of the networks of a width are called."""
    return f"width {width:g}"


def waveforms(clips: int, spec: audio.AudioSpec) -> np.ndarray:
    """Noise as prepared files have it, float32 `[clips, samples]`."""
    draw = np.random.default_rng(0)
    samples = draw.uniform(-1, 1, (clips, spec.clip_samples))
    samples[:, 0] = 1.0
    return (np.round(samples * audio.FULL_SCALE) / audio.FULL_SCALE).astype(
        np.float32
    )


def _compared(
    ask: other_interpreter.Ask,
    name: str,
    unit: str,
    per_second: float,
    own: dict[str, Callable[[], float]],
    share: float = 1.0,
    **question: Any,
) -> row_lib.Row:
    """This project's ways, and those of the peers from the same arrays."""
    theirs, facts = row_lib.peers_ways(ask, per_second=per_second, **question)
    return row_lib.Row(name, unit, own | theirs, share=share, facts=facts)


def _figure(
    per_second: float, run: Callable[[tf.Tensor], Any], given: tf.Tensor
) -> float:
    # By the time that its answer is an array, a network has run.
    return per_second * step.seconds(lambda: np.asarray(run(given)))


def _training(ask, settings, name, network_file) -> row_lib.Row:
    batch_size = settings.training.batch_size
    return _compared(
        ask,
        f"training step, {name}, batch {batch_size}",
        "s per clip",
        1 / batch_size,
        {row_lib.OWN: step.ways(settings, TAGS)["training step"]},
        share=2.0,
        row="training",
        batch_size=batch_size,
        network_file=network_file,
        learning_rate=settings.training.learning_rate,
    )


def _inference(ask, model, settings, at_once, made) -> Iterator[row_lib.Row]:
    given = tf.constant(waveforms(at_once, settings.audio))
    clips = {"waveform": given, "peak": tf.ones(at_once)}
    spectrogram = model.front_end(clips, training=False)
    whole, by_onnx = _exports(model, settings.audio, made)
    networks = {row_lib.OWN: _alone(model)}
    if _BFLOAT16 in whole:
        networks[_BFLOAT16] = _alone(compute_precision.bfloat16_copy(model))
    arrays = {key: value.numpy() for key, value in clips.items()}
    for begin, of_what, owns in (
        (
            "from the waveform",
            given,
            {**whole, f"{row_lib.OWN} onnx": lambda _: by_onnx(arrays)},
        ),
        ("the network alone", spectrogram, networks),
    ):
        yield _compared(
            ask,
            f"inference {begin}, {made.name}, batch {at_once}",
            "s per clip",
            1 / at_once,
            {
                way: functools.partial(_figure, 1 / at_once, run, of_what)
                for way, run in owns.items()
            },
            share=2.0,
            row="inference",
            batch_size=at_once,
            from_waveform=of_what is given,
            network_file=str(made / FOR_PEERS[0]),
            onnx_file=str(made / FOR_PEERS[1]),
        )


def _alone(model: tagger.Tagger) -> Callable:
    """Backbone and head as an export has them."""
    logits = model.head(model.backbone.output)
    network = keras.Model(model.backbone.input, logits)
    return tf.function(frozen_network.frozen(network), autograph=False)


def _exports(model, spec, made) -> tuple[dict, Callable]:
    """Signatures in each precision that the processor has, and the ONNX file.

    That in float32 is what the rows of whole commands tag with.
    """
    ways = {EXPORT: row_lib.OWN}
    if compute_precision.is_fast_here():
        ways["bfloat16"] = _BFLOAT16
    written = {
        precision: saved_model.export_tagger(
            model,
            spec,
            tags.TagVocabulary(model.tags),
            calibration.Calibration(1.0, np.zeros(TAGS), np.full(TAGS, 0.5)),
            {},
            made / precision,
            precision=precision,
        )
        for precision in ways
    }
    onnx_file.write(written[EXPORT], made / ONNX_TAGGER)
    answers = {
        way: functools.partial(
            _probabilities, tf.saved_model.load(str(written[precision]))
        )
        for precision, way in ways.items()
    }
    return answers, onnx_tagger.OnnxTagger(made / ONNX_TAGGER).run_clips


def _probabilities(loaded, waveform) -> tf.Tensor:
    signature = loaded.signatures["serving_default"]
    return signature(waveform=waveform)["probabilities"]
