from concurrent import futures

import numpy as np
import pytest
import tensorflow as tf
import trap_audio

from pipelines.reading.slices import slice_decoders, tensorflow_io_decoder

# Of full scale. Both decode MP3 in float32, by other code.
LOSSY_ERROR = 4e-6
AVAILABLE = tensorflow_io_decoder.is_available()


@pytest.mark.skipif(AVAILABLE, reason="the kernels load")
def test_where_the_kernels_do_not_load_it_says_what_to_use():
    with pytest.raises(ValueError, match="use libsndfile"):
        tensorflow_io_decoder.TensorflowIoDecoder()


@pytest.fixture(scope="module")
def decoder():
    if not AVAILABLE:
        pytest.skip("tensorflow-io's kernels load up to TensorFlow 2.17")
    return tensorflow_io_decoder.TensorflowIoDecoder()


@pytest.mark.parametrize("kind", trap_audio.FORMATS)
def test_both_decoders_agree(tmp_path, decoder, kind):
    path = tmp_path / f"a.{trap_audio.suffix(kind)}"
    trap_audio.write(path, trap_audio.bursts(6, 22_050), 22_050, kind)
    codec, _, frames = slice_decoders.describe(path)
    error = 0 if kind in trap_audio.LOSSLESS else LOSSY_ERROR
    starts = np.random.default_rng(0).integers(0, frames, 12)
    for start in (0, frames - 500, *starts):
        asked = (path, codec, int(start), min(5_000, frames - int(start)))
        found = decoder(*asked)
        expected = slice_decoders.libsndfile(*asked)
        assert found.dtype == np.float32 and len(found) == asked[-1]
        np.testing.assert_allclose(found, expected, rtol=0, atol=error)


def test_it_reads_within_a_data_set(tmp_path, decoder):
    path = tmp_path / "a.flac"
    trap_audio.write(path, trap_audio.bursts(3, 8_000), 8_000, "flac")

    def read(start):
        return decoder(path, "flac/pcm_16", int(start), 100)

    starts = list(range(0, 20_000, 97))
    clips = tf.data.Dataset.from_tensor_slices(starts).map(
        lambda start: tf.numpy_function(read, [start], tf.float32), 4
    )
    expected = slice_decoders.libsndfile(path, "flac/pcm_16", 0, 24_000)
    for start, clip in zip(starts, clips, strict=True):
        np.testing.assert_array_equal(clip, expected[start : start + 100])


def test_a_file_that_is_another_by_now_is_undecodable(tmp_path, decoder):
    path = tmp_path / "a.mp3"
    path.write_bytes(b"no MP3" * 999)
    with pytest.raises(slice_decoders.Undecodable):
        decoder(path, "mp3/mpeg_layer_iii", 0, 100)
    with pytest.raises(slice_decoders.Undecodable):
        decoder(tmp_path / "gone.mp3", "mp3/mpeg_layer_iii", 0, 100)


def test_threads_never_read_each_others_files(tmp_path, decoder):
    """The kernels keep one open file per graph, shared by all its calls."""
    paths, expected = [], []
    for number in range(6):
        path = tmp_path / f"{number}.flac"
        wave = trap_audio.bursts(2, 8_000, channels=1, seed=number)
        trap_audio.write(path, wave, 8_000, "flac")
        paths.append(path)
        asked = (path, "flac/pcm_16", 3_000, 2_000)
        expected.append(slice_decoders.libsndfile(*asked))

    def read(number):
        return decoder(paths[number % 6], "flac/pcm_16", 3_000, 2_000)

    with futures.ThreadPoolExecutor(6) as pool:
        for number, found in enumerate(pool.map(read, range(240))):
            np.testing.assert_array_equal(found, expected[number % 6])
