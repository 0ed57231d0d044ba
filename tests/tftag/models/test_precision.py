import keras
import pytest

from tftag.models import precision


def test_a_policy_holds_inside_and_not_after():
    before = keras.config.dtype_policy().name
    with pytest.raises(RuntimeError), precision.policy("mixed_bfloat16"):
        assert keras.layers.Dense(1).compute_dtype == "bfloat16"
        raise RuntimeError
    assert keras.config.dtype_policy().name == before
    with precision.policy():
        assert keras.config.dtype_policy().name == before


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_weights_of_16_bits_are_refused_with_the_way_out(name):
    with pytest.raises(ValueError, match="set_floatx.*keras.json.*" + name):
        with precision.policy(name):
            raise AssertionError
    for good in ("float32", "mixed_float16", "mixed_bfloat16"):
        with precision.policy(good):
            pass
