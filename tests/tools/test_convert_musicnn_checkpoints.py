import numpy as np
import pytest
import tensorflow as tf

from tftag.pretrained import published_taggers
from tools import convert_musicnn_checkpoints


def _write(prefix, arrays):
    tf.raw_ops.SaveV2(
        prefix=str(prefix),
        tensor_names=list(arrays),
        shape_and_slices=[""] * len(arrays),
        tensors=[tf.constant(array) for array in arrays.values()],
    )


MUSICNN = (
    ("conv2d/kernel", "timbral_38/kernel"),
    ("batch_normalization/gamma", "input_norm/gamma"),
    ("batch_normalization_10/moving_mean", "embedding_norm/moving_mean"),
    ("dense_1/bias", "tag_logits/bias"),
)
VGG = (
    ("1CNN/kernel", "conv_1/kernel"),
    ("5CNN/bias", "conv_5/bias"),
    ("batch_normalization/gamma", "input_norm/gamma"),
    ("batch_normalization_5/moving_mean", "conv_5_norm/moving_mean"),
    ("dense/kernel", "tag_logits/kernel"),
)


@pytest.mark.parametrize(
    ("network", "named"), [("msd_musicnn", MUSICNN), ("msd_vgg", VGG)]
)
def test_arrays_keep_their_values_under_the_names_of_layers(
    tmp_path, network, named
):
    draw = np.random.default_rng(0)
    architecture = network.removeprefix("msd_")
    arrays = {
        name: draw.normal(size=(7, 2, 1, 3)).astype("float32")
        for name in convert_musicnn_checkpoints.names(architecture)
    }
    _write(
        tmp_path / "a",
        {
            **arrays,
            "dense/kernel/Adam_1": np.zeros(2, "float32"),
            "beta1_power": np.float32(0),
        },
    )
    read = convert_musicnn_checkpoints.read_checkpoint(
        str(tmp_path / "a"), architecture
    )
    assert set(read) == set(published_taggers.read(network))
    for there, here in named:
        np.testing.assert_array_equal(read[here], arrays[there])
    if architecture == "musicnn":
        np.testing.assert_array_equal(
            read["frames_1/kernel"], arrays["conv2d_5/kernel"][:, :, 0]
        )


def test_another_network_is_refused(tmp_path):
    _write(tmp_path / "a", {"1CNN/bias": np.zeros(2, "float32")})
    with pytest.raises(ValueError, match="with .'1CNN/bias'"):
        convert_musicnn_checkpoints.read_checkpoint(
            str(tmp_path / "a"), "musicnn"
        )


def test_another_wheel_is_refused(tmp_path):
    (tmp_path / "a.whl").write_bytes(b"")
    with pytest.raises(
        ValueError, match="SHA-256 must be f38a.*Received: e3b0"
    ):
        convert_musicnn_checkpoints.main(
            [str(tmp_path / "a.whl"), "--out", str(tmp_path)]
        )
    assert [path.name for path in tmp_path.iterdir()] == ["a.whl"]
