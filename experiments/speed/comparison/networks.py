"""Front end, training step and inference, beside the peers' own."""

import functools
import pathlib
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf

from experiments.settings import baseline_config, flags
from experiments.speed.comparison import row as row_lib
from experiments.speed.comparison import step
from experiments.speed.processes import other_interpreter
from tftag import audio, layers, tags
from tftag.export import compute_precision, onnx_file, saved_model
from tftag.export.signatures import tagger_signatures
from tftag.inference import onnx_tagger
from tftag.metrics import calibration
from tftag.models import tagger

TAGS = 67
FRONT_END_BATCHES = (1, 2, 4, 8, 16)
# Width, clips of a training step, clips of an inference.
SIZES = ((1 / 8, 16, 8), (1.0, 2, 2))
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
        ways, facts = row_lib.peers_ways(
            ask,
            _milliseconds_per_clip(batch_size),
            "front_end",
            batch_size=batch_size,
            waveforms=str(file),
        )
        batch = tf.constant(given[:batch_size])
        run = log_mel.get_concrete_function(batch)

        def own(run: Callable = run, batch: tf.Tensor = batch) -> float:
            passed = step.seconds(lambda: run(batch).numpy())
            return 1e3 * passed / len(batch)

        yield row_lib.Row(
            f"log-mel, batch {batch_size}",
            "ms per clip",
            {row_lib.OWN: own, **ways},
            facts=facts,
        )


def network_rows(
    ask: other_interpreter.Ask, folder: pathlib.Path
) -> Iterator[row_lib.Row]:
    """Training step and inference at each width, with the same weights."""
    for width, of_step, at_once in SIZES:
        settings = flags.replace(
            baseline_config.seed(), {"width": width, "batch_size": of_step}
        )
        name = f"width {width:g}"
        files = {
            "network_file": str(folder / f"{name}.npz"),
            "onnx_file": str(folder / f"{name}.onnx"),
        }
        model = drawn_tagger(settings)
        write_network(files["network_file"], model, settings.audio)
        yield _training(ask, settings, name, files["network_file"])
        ask(
            row="onnx_file",
            network_file=files["network_file"],
            path=files["onnx_file"],
        )
        yield from _inference(
            ask, model, settings, at_once, name, files, folder
        )


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


def onnx_tagger_file(folder: pathlib.Path, name: str) -> pathlib.Path:
    """Where `tftag onnx` writes the network of a width."""
    return folder / f"{name}, tagger.onnx"


def exported_tagger(folder: pathlib.Path, name: str) -> pathlib.Path:
    """Where the export in float32 of the network of a width is."""
    return folder / name / "float32"


def waveforms(clips: int, spec: audio.AudioSpec) -> np.ndarray:
    """Noise as prepared files have it, float32 `[clips, samples]`."""
    draw = np.random.default_rng(0)
    samples = draw.uniform(-1, 1, (clips, spec.clip_samples))
    samples[:, 0] = 1.0
    return (np.round(samples * audio.FULL_SCALE) / audio.FULL_SCALE).astype(
        np.float32
    )


def _milliseconds_per_clip(clips: int) -> Callable[[str, float], float]:
    return lambda _, passed: 1e3 * passed / clips


def _seconds_per_clip(
    work: Callable[[], object], clips: int
) -> Callable[[], float]:
    return lambda: step.seconds(work) / clips


def _training(ask, settings, name, network_file) -> row_lib.Row:
    batch_size = settings.training.batch_size
    ways, facts = row_lib.peers_ways(
        ask,
        lambda _, passed: passed / batch_size,
        "training",
        batch_size=batch_size,
        network_file=network_file,
        learning_rate=settings.training.learning_rate,
    )
    own = step.ways(settings, TAGS)["training step"]
    return row_lib.Row(
        f"training step, {name}, batch {batch_size}",
        "s per clip",
        {row_lib.OWN: own, **ways},
        share=2.0,
        facts=facts,
    )


def _inference(
    ask, model, settings, at_once, name, files, folder
) -> Iterator[row_lib.Row]:
    spec = settings.audio
    given = tf.constant(waveforms(at_once, spec))
    whole, by_onnx = _exports(model, spec, folder, name)
    clips = {"waveform": given.numpy(), "peak": np.ones(at_once, np.float32)}
    spectrogram = model.front_end(
        {"waveform": given, "peak": tf.ones(at_once)}, training=False
    )
    networks = {row_lib.OWN: _alone(model)}
    if _BFLOAT16 in whole:
        networks[_BFLOAT16] = _alone(compute_precision.bfloat16_copy(model))
    of_waveforms: dict[str, Callable[[], object]] = {
        way: functools.partial(_answer, loaded, given)
        for way, loaded in whole.items()
    }
    of_waveforms[f"{row_lib.OWN} onnx"] = lambda: by_onnx(clips)
    of_spectrograms: dict[str, Callable[[], object]] = {
        way: functools.partial(_logits, network, spectrogram)
        for way, network in networks.items()
    }
    for from_waveform, owns in (
        (True, of_waveforms),
        (False, of_spectrograms),
    ):
        ways, facts = row_lib.peers_ways(
            ask,
            lambda _, passed: passed / at_once,
            "inference",
            batch_size=at_once,
            from_waveform=from_waveform,
            **files,
        )
        begin = "from the waveform" if from_waveform else "the network alone"
        yield row_lib.Row(
            f"inference {begin}, {name}, batch {at_once}",
            "s per clip",
            {
                **{
                    w: _seconds_per_clip(own, at_once)
                    for w, own in owns.items()
                },
                **ways,
            },
            share=2.0,
            facts=facts,
        )


def _alone(model: tagger.Tagger) -> Callable:
    """Backbone and head as an export has them."""
    logits = model.head(model.backbone.output)
    network = keras.Model(model.backbone.input, logits)
    return tf.function(tagger_signatures.frozen(network), autograph=False)


def _logits(network, spectrogram) -> np.ndarray:
    return network(spectrogram).numpy()


def _exports(model, spec, folder, name) -> tuple[dict, Callable]:
    """Signatures in each precision that the processor has, and the ONNX file.

    That in float32 is what the rows of whole commands tag with.
    """
    ways = {"float32": row_lib.OWN}
    if compute_precision.is_fast_here():
        ways["bfloat16"] = _BFLOAT16
    written = {
        precision: saved_model.export_tagger(
            model,
            spec,
            tags.TagVocabulary(model.tags),
            calibration.Calibration(1.0, np.zeros(TAGS), np.full(TAGS, 0.5)),
            {},
            exported_tagger(folder, name).with_name(precision),
            precision=precision,
        )
        for precision in ways
    }
    own_file = onnx_tagger_file(folder, name)
    onnx_file.write(written["float32"], own_file)
    loaded = {
        way: tf.saved_model.load(str(written[precision]))
        for precision, way in ways.items()
    }
    return loaded, onnx_tagger.OnnxTagger(own_file).run_clips


def _answer(loaded, waveform) -> np.ndarray:
    signature = loaded.signatures["serving_default"]
    return signature(waveform=waveform)["probabilities"].numpy()
