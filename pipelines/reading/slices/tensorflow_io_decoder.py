"""Samples of a part of a compressed file, by the kernels of tensorflow-io."""

import importlib.util
import os
import threading

import numpy as np
import tensorflow as tf

from pipelines.reading.slices import slice_decoders

# Its kernels crash the process where a type does not fit the file (int16 of
# an MP3), so each codec has the type that is known to work. What is not here
# goes to libsndfile; so does FLAC of 24 bits, which now and then came out
# wrong as int32, and Ogg Vorbis, where they seek by what its pages state.
_TYPES = {
    "flac/pcm_16": tf.int16,
    "mp3/mpeg_layer_iii": tf.float32,
}
CODECS = frozenset(_TYPES)


def is_available() -> bool:
    """Whether the kernels load: they were built for TensorFlow up to 2.17."""
    version = tuple(map(int, tf.__version__.split(".")[:2]))
    is_there = importlib.util.find_spec("tensorflow_io") is not None
    return is_there and version < (2, 18)


class TensorflowIoDecoder:
    """A decoder as described in `slice_decoders`, in a TensorFlow graph.

    Its FLAC decoder never returns from damaged bytes, so it must only get files
    that libsndfile has accepted and that have not changed since: a manifest has
    no others, and a reader checks the size first. Safe in many threads, which
    take turns.
    """

    # Of the process: an open file is a resource under the name of its node,
    # which all graphs share. In two threads at once, one read the other's file
    # or a file that was closed, which ended the process.
    _turn = threading.Lock()

    def __init__(self):
        """Builds a graph for each type of samples.

        Raises:
            ValueError: The kernels do not load here.
        """
        if not is_available():
            raise ValueError(
                "tensorflow-io must be installed, and its kernels load up to "
                f"TensorFlow 2.17: use libsndfile. Received: TensorFlow "
                f"{tf.__version__}."
            )
        self._graphs = {each: _graph(each) for each in set(_TYPES.values())}

    def __call__(
        self, path: str | os.PathLike[str], codec: str, first: int, frames: int
    ) -> np.ndarray:
        """Reads a part of a file.

        Args:
            path: The file.
            codec: As in the manifest; those not in `CODECS` are read by
                `slice_decoders.libsndfile`.
            first: First frame.
            frames: How many.

        Returns:
            float32 `[frames, channels]`; fewer frames where it ends before.

        Raises:
            Undecodable: It cannot be read as what it was.
            OSError: It cannot be opened.
        """
        if codec not in CODECS:
            return slice_decoders.libsndfile(path, codec, first, frames)
        graph = self._graphs[_TYPES[codec]]
        try:
            with self._turn:
                samples = graph(
                    tf.constant(os.fsencode(path)),
                    tf.constant(first, tf.int64),
                    tf.constant(first + frames, tf.int64),
                )
                samples = samples.numpy()
        except tf.errors.OpError as error:
            raise slice_decoders.Undecodable(
                error.message.strip().splitlines()[-1]
            ) from error
        if len(samples) < frames:
            # They find nothing in FLAC that states no length, as from a pipe.
            return slice_decoders.libsndfile(path, codec, first, frames)
        return samples


def _graph(dtype: tf.DType) -> tf.types.experimental.ConcreteFunction:
    import tensorflow_io as tfio  # loads its kernels: only where it is used

    @tf.function(
        input_signature=[
            tf.TensorSpec([], tf.string),
            tf.TensorSpec([], tf.int64),
            tf.TensorSpec([], tf.int64),
        ]
    )
    def read(path, first, end):
        samples = tfio.IOTensor.graph(dtype).from_audio(path)[first:end]
        if dtype.is_integer:  # as libsndfile scales, exact in float32
            samples = tf.cast(samples, tf.float32) / -float(dtype.min)
        return samples

    return read.get_concrete_function()
