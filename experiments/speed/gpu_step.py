"""The training step of the reference experiment, on a GPU or whatever is there.

    python -m experiments.speed.gpu_step --precision mixed_float16
    PYTHONPATH=. python experiments/speed/gpu_step.py --backend jax

How long a step of the preset `seed` takes on clips that lie on the device,
which share of the device's matrix product its arithmetic comes to, how much of
it is the spectrogram, and whether the input keeps up. Run as a file it needs
Keras and any of its backends, and measures no input without TensorFlow.
"""

import argparse
import importlib
import json
import os
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tftag.cli import command_line

BACKENDS = ("tensorflow", "jax", "torch")
PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")
TAGS = 67
LEARNING_RATE = 0.001
_CROP_FILES, _CROP_MINUTES, _READING_SECONDS = 32, 4, 3.0


def main(argv: list[str] | None = None) -> int:
    """Prints one JSON object of what was measured."""
    parser = command_line.Parser(description=__doc__)
    parser.add_argument("--backend", choices=BACKENDS, default=BACKENDS[0])
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--clip-seconds", type=float, default=30.0)
    parser.add_argument(
        "--matrix-rows", type=int, default=8_192, help="of the product (8192)"
    )
    parser.add_argument("--rounds", type=int, default=10, help="how many (10)")
    asked = parser.parse_args(argv)
    # Before Keras is imported; `python -m` has chosen TensorFlow already.
    os.environ.setdefault("KERAS_BACKEND", asked.backend)
    if os.environ["KERAS_BACKEND"] != asked.backend:
        raise ValueError(
            "Keras' backend is chosen before it is imported: run this file, "
            f"not its module, for --backend {asked.backend}. Received: "
            f"KERAS_BACKEND={os.environ['KERAS_BACKEND']}"
        )
    print(json.dumps(measure(asked), indent=1))
    return 0


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    """Measures what `main`'s flags ask for."""
    import keras

    model = seed_tagger(asked.width, asked.clip_seconds, asked.precision)
    generator = np.random.default_rng(0)
    samples = model.audio_spec.clip_samples
    shape = (asked.batch_size, samples)
    clips = {
        "waveform": generator.integers(-32_767, 32_768, shape, np.int16),
        "peak": np.full(asked.batch_size, 32_767, np.float32),
    }
    labels = generator.integers(0, 2, (asked.batch_size, TAGS))
    on_device = keras.tree.map_structure(keras.ops.convert_to_tensor, clips)
    targets = keras.ops.convert_to_tensor(labels.astype(np.float32))
    inputs = model.input
    spectrogram = keras.Model(
        inputs, keras.ops.mean(model.front_end(inputs), axis=(1, 2))
    )
    seconds = {
        name: median_seconds(work, asked.rounds)
        for name, work in {
            "step": lambda: model.train_on_batch(on_device, targets),
            "spectrogram": lambda: spectrogram.predict_on_batch(on_device),
            "product": _product(asked.matrix_rows, asked.precision),
        }.items()
    }
    flop = 3 * asked.batch_size * forward_flop(model)
    product_rate = 2 * asked.matrix_rows**3 / seconds["product"]
    found = {
        "backend": keras.backend.backend(),
        "device": str(keras.distribution.list_devices()),
        "precision": asked.precision,
        "batch_size": asked.batch_size,
        "step_seconds": seconds["step"],
        "step_tflops": flop / seconds["step"] / 1e12,
        "matrix_product_tflops": product_rate / 1e12,
        "share_of_matrix_product": flop / seconds["step"] / product_rate,
        "spectrogram_share_of_step": seconds["spectrogram"] / seconds["step"],
        "clips_per_second": asked.batch_size / seconds["step"],
    }
    if keras.backend.backend() == "tensorflow":
        read = read_clips_per_second(asked.clip_seconds)
        found["input_clips_per_second"] = read
        found["is_input_bound"] = read < found["clips_per_second"]
    return found


def seed_tagger(width: float, clip_seconds: float, precision: str) -> Any:
    """The tagger of the preset `seed`, compiled as the experiment does.

    Args:
        width: Multiplies the filters; the preset has 1.
        clip_seconds: Length of a clip; the preset has 30.
        precision: Policy of the layers.
    """
    import keras

    from tftag import audio, losses
    from tftag.models import tagger
    from tftag.models.backbones import backbone

    model = tagger.Tagger(
        [f"tag {number}" for number in range(1, TAGS + 1)],
        audio.AudioSpec(clip_seconds=clip_seconds),
        tagger.TaggerConfig(
            backbone.BackboneConfig(
                width=width, pooling="flatten", pool_padding="valid"
            )
        ),
        dtype=precision,
    )
    model.compile(
        keras.optimizers.SGD(LEARNING_RATE),
        losses.BinaryCrossentropy(),
        # As in training. JAX does nothing else.
        jit_compile=keras.backend.backend() == "jax",
    )
    return model


def forward_flop(model: Any) -> int:
    """Multiplications and additions of a clip, in all layers with kernels."""
    spec = model.audio_spec
    cells = spec.clip_frames, spec.mel_bands
    flop, channels = 0, 1
    for filters in model.config.backbone.filters:
        flop += 2 * 9 * channels * filters * cells[0] * cells[1]
        cells, channels = (cells[0] // 2, cells[1] // 2), filters
    return flop + 2 * cells[0] * cells[1] * channels * TAGS


def median_seconds(work: Callable[[], Any], rounds: int) -> float:
    """The median of some rounds, after one that traces and compiles."""
    found = []
    for _ in range(rounds + 1):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return statistics.median(found[1:])


def read_clips_per_second(clip_seconds: float) -> float:
    """What training reads of prepared files in the cache, with TensorFlow."""
    from tftag import audio

    reading = importlib.import_module("experiments.speed.crops.reading")
    spec = audio.AudioSpec(clip_seconds=clip_seconds)
    samples = round(_CROP_MINUTES * 60 * spec.sample_rate_hz)
    with tempfile.TemporaryDirectory() as folder:
        manifest = reading.noise_files(
            pathlib.Path(folder), _CROP_FILES, samples, spec
        )
        return reading.own_way(manifest, spec, 32, _READING_SECONDS)()


def _product(rows, precision) -> Callable[[], float]:
    from keras import ops

    dtype = precision.removeprefix("mixed_")
    matrix = ops.ones((rows, rows), dtype)

    def work():
        # A number on the host: by then the device has done its work.
        return float(ops.matmul(matrix, matrix)[0, 0])

    return work


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
