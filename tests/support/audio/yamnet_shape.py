"""An audio module in the shape of YAMNet, without what was learned."""

import numpy as np
import tensorflow as tf


class YamnetShape(tf.Module):
    """Waveform [samples] at 16 kHz -> (scores, embeddings, spectrogram)."""

    def __init__(self, dim=12):
        super().__init__()
        self.kernel = tf.Variable(
            np.random.default_rng(0).normal(size=(160, dim)).astype("float32")
        )

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def __call__(self, waveform):
        padded = tf.pad(waveform, [[0, 7_680]])
        frames = tf.signal.frame(padded, 7_680, 7_680)
        spectrogram = tf.reduce_mean(
            tf.reshape(frames, [-1, 48, 160]) ** 2, axis=1
        )
        embeddings = tf.tanh(spectrogram @ self.kernel)
        return tf.nn.softmax(embeddings), embeddings, spectrogram
