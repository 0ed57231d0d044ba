"""Starting from another tagger, or from a TF-Hub audio module."""

import json
import logging
import os
import pathlib

import keras
import numpy as np
import tensorflow as tf

from experiments import config, training_state
from tftag import audio, layers, model_card, tags
from tftag.models import tagger

_log = logging.getLogger(__name__)

HUB = "hub:"
HUB_RATE_HZ = 16_000
BODY = ("mel_norm", "backbone")
HEAD = "tag_logits"
# What makes one picture of a sound; another one would be noise to the blocks.
_FRONT_END = (
    "sample_rate_hz",
    "window_samples",
    "hop_samples",
    "mel_bands",
    "min_hz",
    "max_hz",
    "log_floor",
)


def take_over(
    model: keras.Model,
    source: str | os.PathLike,
    vocabulary: tags.TagVocabulary,
    spec: audio.AudioSpec,
) -> tuple[str, ...]:
    """Copies another tagger's body, and its head for tags of the same name.

    Args:
        model: the tagger to change.
        source: a run folder, or an export with or without its version.
        vocabulary: of `model`.
        spec: of `model`.

    Returns:
        The tags whose part of the head was copied.

    Raises:
        FileNotFoundError: `source` is neither.
        ValueError: the two differ in front end or architecture.
    """
    other, other_tags, other_spec = _open(pathlib.Path(source))
    for name in _FRONT_END:
        if getattr(spec, name) != getattr(other_spec, name):
            raise ValueError(
                f"A tagger to start from must have the same `{name}`, "
                f"{getattr(spec, name)}. Received: {getattr(other_spec, name)} "
                f"in {source}"
            )
    for name in BODY:
        _copy(model.get_layer(name), other.get_layer(name), source)
    head, other_head = model.get_layer(HEAD), other.get_layer(HEAD)
    kernel, bias = map(np.array, head.get_weights())
    other_kernel, other_bias = other_head.get_weights()
    shared = tuple(n for n in vocabulary.names if n in other_tags.names)
    for name in shared:
        here, there = vocabulary.index(name), other_tags.index(name)
        kernel[:, here] = other_kernel[:, there]
        bias[here] = other_bias[there]
    head.kernel.assign(kernel)
    head.bias.assign(bias)
    _log.info(
        "start from %s: its body, and the head of %d of %d tags",
        source,
        len(shared),
        len(vocabulary),
    )
    return shared


def freeze(model: keras.Model) -> None:
    """Keeps all but the last layer as it is, moving statistics too."""
    for name in BODY:
        model.get_layer(name).trainable = False


def training_model(model: keras.Model) -> keras.Model:
    """The tagger with SpecAugment where it has a spectrogram to mask."""
    own = any(layer.name == "backbone" for layer in model.layers)
    return tagger.masked(model) if own else model


def fitting(stream: tf.data.Dataset, model: keras.Model) -> tf.data.Dataset:
    """The training data without the inputs that the model does not have."""
    names = set(model.input)
    return stream.map(
        lambda inputs, labels: (
            {name: inputs[name] for name in inputs if name in names},
            labels,
        )
    )


def hub_tagger(
    handle: str,
    spec: audio.AudioSpec,
    tag_count: int,
    tag_prior: np.ndarray | None = None,
    dropout: float = 0.0,
) -> keras.Model:
    """A dense layer on the embeddings of a TF-Hub audio module, kept fixed.

    Args:
        handle: `hub:` and a handle or folder of a module in YAMNet's shape.
        spec: at 16 kHz, which such modules take.
        tag_count: number of tags.
        tag_prior: `[tags]`, as for `tagger.tagger`.
        dropout: share of the embedding dropped in training.

    Returns:
        A model from `{"waveform", "peak"}` to float32 logits `[batch, tags]`.
    """
    if spec.sample_rate_hz != HUB_RATE_HZ:
        raise ValueError(
            f"Audio modules take {HUB_RATE_HZ} Hz. "
            f"Received: `sample_rate_hz` {spec.sample_rate_hz}"
        )
    inputs = tagger.waveform_inputs()
    x = layers.WaveformNormalization(name="normalization")(**inputs)
    x = HubEmbedding(handle.removeprefix(HUB), name="hub_embedding")(x)
    x = keras.layers.BatchNormalization(name="embedding_norm")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    head = keras.layers.Dense(tag_count, name=HEAD, dtype="float32")
    outputs = head(x)
    if tag_prior is not None:
        head.bias.assign(tagger.log_odds(tag_prior, tag_count))
    return keras.Model(inputs, outputs, name="hub_tagger")


@keras.saving.register_keras_serializable(package="tftag")
class HubEmbedding(keras.layers.Layer):
    """A TF-Hub audio module per example, averaged over its frames.

    The module takes one waveform `[samples]` and returns `(scores,
    embeddings [frames, dim], spectrogram)` like YAMNet, or `[frames, dim]`
    like VGGish. Its weights are the layer's, and are never trained.

    Args:
        handle: handle or folder of the module.
    """

    def __init__(self, handle: str, **kwargs):
        """Loads the module."""
        super().__init__(**kwargs)
        self.handle = handle
        self._module = _load_module(handle)
        traced = tf.function(self._embed).get_concrete_function(
            tf.TensorSpec([None], tf.float32)
        )
        # The module's own variables under a second name, not copies: so they
        # are saved and exported with the model.
        self.module_weights = [
            keras.Variable(
                variable,
                trainable=False,
                autocast=False,
                dtype=variable.dtype.name,
                name=f"module_{place}",
            )
            for place, variable in enumerate(traced.variables)
        ]
        self._dim = int(traced(tf.zeros([HUB_RATE_HZ])).shape[-1])

    def call(self, waveform):
        """Embeds `[batch, samples]` as `[batch, dim]`."""
        return tf.map_fn(
            self._embed,
            tf.cast(waveform, tf.float32),
            fn_output_signature=tf.TensorSpec([self._dim], tf.float32),
        )

    def compute_output_shape(self, input_shape):
        """Gives `[batch, dim]`."""
        return (input_shape[0], self._dim)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "handle": self.handle}

    def _embed(self, samples):
        answer = self._module(samples)
        frames = answer[1] if isinstance(answer, (tuple, list)) else answer
        if getattr(frames, "shape", None) is None or frames.shape.rank != 2:
            raise ValueError(
                "An audio module must return (scores, embeddings, spectrogram) "
                "or embeddings [frames, dim]. Received: "
                f"{type(answer).__name__} from {self.handle}"
            )
        return tf.reduce_mean(tf.cast(frames, tf.float32), axis=0)


def _load_module(handle):
    try:
        import tensorflow_hub
    except ImportError as error:
        raise ValueError(
            f"{HUB} needs tensorflow-hub and setuptools<81. Received: {error}"
        ) from error
    module = tf.saved_model.load(tensorflow_hub.resolve(handle))
    if not callable(module):
        raise ValueError(
            "An audio module must be one of TensorFlow 2, which can be called. "
            f"Received: {handle}"
        )
    return module


def _open(source):
    """Model, tags and signal of a run folder or an export."""
    if (source / "config.json").is_file():
        return _open_run(source)
    versions = [source] if (source / "assets.extra").is_dir() else []
    if source.is_dir() and not versions:
        versions = sorted(
            (p for p in source.iterdir() if p.name.isdigit()),
            key=lambda path: int(path.name),
        )
    if versions and (versions[-1] / "assets.extra" / "tagger.keras").is_file():
        return _open_export(versions[-1])
    raise FileNotFoundError(
        "`init_from` must be a run folder, an export with "
        f"assets.extra/tagger.keras, or {HUB} and a module. Received: {source}"
    )


def _open_run(source):
    about = json.loads((source / "config.json").read_text())
    vocabulary = tags.TagVocabulary(
        tuple(json.loads((source / "data.json").read_text())["tags"])
    )
    if about["init_from"].startswith(HUB):
        raise ValueError(
            "A run on an audio module has no blocks to start from. "
            f"Received: {source}"
        )
    settings = config.from_leaves(about)
    saved = training_state.load(source / "checkpoint")
    if saved is None:
        raise FileNotFoundError(
            f"A run to start from must have a checkpoint. Received: {source}"
        )
    model = tagger.tagger(settings.audio, settings.model, len(vocabulary))
    groups = saved[1]
    for group in ("best", "average"):
        if groups.get(group):
            training_state.restore(model.weights, groups[group], group)
            return model, vocabulary, settings.audio
    training_state.restore(
        tagger.masked(model).variables, groups["model"], "model"
    )
    return model, vocabulary, settings.audio


def _open_export(source):
    card = model_card.read(source)
    model = keras.saving.load_model(
        source / "assets.extra" / "tagger.keras", compile=False
    )
    return (
        model,
        tags.TagVocabulary(tuple(card["tags"])),
        audio.AudioSpec(**card["audio"]),
    )


def _copy(layer, other, source):
    for here, there in zip(layer.weights, other.weights, strict=False):
        if here.shape != there.shape:
            raise ValueError(
                f"A tagger to start from must have {here.path} of shape "
                f"{tuple(here.shape)}. Received: {tuple(there.shape)} in "
                f"{source}; set --width and --blocks to its values"
            )
    if len(layer.weights) != len(other.weights):
        raise ValueError(
            f"A tagger to start from must have the {len(layer.weights)} arrays "
            f"of {layer.name}. Received: {len(other.weights)} in {source}; set "
            "--width and --blocks to its values"
        )
    layer.set_weights(other.get_weights())
