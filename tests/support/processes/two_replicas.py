"""Trains two steps on one replica and on two; run in a process of its own.

Prints, as JSON, the largest difference in any weight and in the loss, with
replicas that gather and with ones that do not.
"""

import json

import keras
import numpy as np
import tensorflow as tf

from tftag import audio, losses
from tftag.models import dual_encoder
from tftag.models.backbones import backbone

SPEC = audio.AudioSpec(
    sample_rate_hz=4_000,
    clip_seconds=0.25,
    window_samples=128,
    hop_samples=64,
    mel_bands=8,
    max_hz=2_000.0,
)
# Two batches: three clips on each replica, then three on one and two on the
# other. Keras builds a model on the first batch only where its parts are equal.
CLIPS, BATCH = 11, 6
TAGS = 6


def batches():
    draw = np.random.default_rng(0)
    inputs = {
        "waveform": draw.normal(size=(CLIPS, 1_000)).astype("float32"),
        "peak": np.full(CLIPS, 4.0, "float32"),
        "mel_masks": np.zeros((CLIPS, 0, 2), "int32"),
        "time_masks": np.zeros((CLIPS, 0, 2), "int32"),
    }
    labels = draw.uniform(size=(CLIPS, 1, TAGS)) < 0.4
    data = tf.data.Dataset.from_tensor_slices((inputs, labels * 1.0))
    return data.batch(BATCH)


class BothLosses(keras.losses.Loss):
    """All that compares clips with each other, in one training."""

    def call(self, y_true, y_pred):
        info_nce = losses.MultiPositiveInfoNCE()
        triplet = losses.TripletMargin(losses.negatives.hard)
        return info_nce.call(y_true, y_pred) + triplet.call(y_true, y_pred)


def train(strategy, gather=True):
    """Returns the loss and the weights after two steps of plain descent."""
    config = dual_encoder.DualEncoderConfig(
        backbone.BackboneConfig(1 / 32, blocks=2, members=2),
        dim=4,
        text_units=8,
        text_dropout=0.0,
        initial_scale=1.0,
        initial_bias=0.0,
    )
    with strategy.scope():
        keras.utils.set_random_seed(3)
        words = np.random.default_rng(1).normal(size=(TAGS, 5))
        model = dual_encoder.DualEncoder(list("abcdef"), words, SPEC, config)
        for part in (model.front_end, model.backbone):
            part.trainable = False  # no statistics of the batch
        training = dual_encoder.masked(model)
        if not gather:
            training = keras.Model(training.input, training.output)
        training.compile(keras.optimizers.SGD(1.0), BothLosses())
    history = training.fit(batches(), verbose=0, shuffle=False)
    return history.history["loss"][0], model.get_weights()


def difference(one, other):
    weights = zip(one[1], other[1], strict=True)
    apart = max(np.abs(a - b).max() for a, b in weights)
    return {"weights": float(apart), "loss": abs(one[0] - other[0])}


def main():
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )
    alone = train(tf.distribute.get_strategy())
    two = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    found = {
        "gathered": difference(alone, train(two)),
        "apart": difference(alone, train(two, gather=False)),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
