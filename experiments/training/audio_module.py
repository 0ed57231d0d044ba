"""A tagger on a TF-Hub audio module in the shape of YAMNet."""

from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf

from tftag import audio, layers
from tftag.models import clip_model, front_end, tagger
from tftag.storage.remote import hub

HUB_RATE_HZ = 16_000
_asked_for: set[str] = set()


def hub_tagger(
    handle: str,
    spec: audio.AudioSpec,
    tag_count: int,
    tag_prior: np.ndarray | None = None,
    dropout: float = 0.0,
) -> clip_model.ClipModel:
    """A dense layer on the embeddings of a TF-Hub audio module, kept fixed.

    Args:
        handle: `hub:` and a handle or folder of a module in YAMNet's shape.
        spec: at 16 kHz, which such modules take.
        tag_count: number of tags.
        tag_prior: `[tags]`, as for `tagger.Tagger`.
        dropout: share of the embedding dropped in training.

    Returns:
        A model from `{"waveform", "peak"}` to float32 logits `[batch, tags]`.

    Raises:
        ValueError: `spec` is of another rate, or the module of another shape.
    """
    if spec.sample_rate_hz != HUB_RATE_HZ:
        raise ValueError(
            f"Audio modules take {HUB_RATE_HZ} Hz. "
            f"Received: `sample_rate_hz` {spec.sample_rate_hz}"
        )
    inputs = front_end.waveform_inputs()
    x = layers.WaveformNormalization(name="normalization")(**inputs)
    normalized = keras.Model(inputs, x, name="front_end")
    waveform = keras.Input((None,), name="normalized", dtype="float32")
    x = HubEmbedding(handle.removeprefix(hub.PREFIX), name="hub_embedding")(
        waveform
    )
    x = keras.layers.BatchNormalization(name="embedding_norm")(x)
    body = keras.Model(waveform, x, name="backbone")
    vector = keras.Input(body.output.shape[1:], name="clip_vector")
    x = keras.layers.Dropout(dropout, name="dropout")(vector)
    dense = keras.layers.Dense(tag_count, name="tag_logits", dtype="float32")
    head = keras.Model(vector, dense(x), name="head")
    if tag_prior is not None:
        dense.bias.assign(tagger.log_odds(tag_prior, tag_count))
    return clip_model.ClipModel(normalized, body, head, name="hub_tagger")


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
        _asked_for.add(handle)
        self.handle = handle
        self._module = hub.load(handle)
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

    def call(self, waveform: tf.Tensor) -> tf.Tensor:
        """Embeds `[batch, samples]` as `[batch, dim]`."""
        return tf.map_fn(
            self._embed,
            tf.cast(waveform, tf.float32),
            fn_output_signature=tf.TensorSpec([self._dim], tf.float32),
        )

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, int]:
        """Gives `[batch, dim]`."""
        return (input_shape[0], self._dim)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "handle": self.handle}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Makes the layer again, of a module that this process has asked for.

        A saved model may be a stranger's: reading it fetches nothing and runs
        nothing.

        Raises:
            ValueError: This process has not asked for the module.
        """
        handle = config.get("handle")
        if handle not in _asked_for:
            raise ValueError(
                "A saved model must not choose what is fetched and run. Make "
                "the layer yourself first, if you trust the module: "
                f"HubEmbedding({handle!r}). Received: a saved model that asks "
                "for it"
            )
        return cls(**config)

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
