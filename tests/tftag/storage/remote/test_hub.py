import sys

import pytest
import tensorflow as tf

from tftag.storage.remote import hub


class _Doubling(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def __call__(self, x):
        return 2.0 * x


@pytest.mark.parametrize("prefix", ["", hub.PREFIX])
def test_a_module_is_loaded_with_and_without_its_prefix(prefix, tmp_path):
    pytest.importorskip("tensorflow_hub")
    tf.saved_model.save(_Doubling(), str(tmp_path))
    assert hub.load(f"{prefix}{tmp_path}")([3.0]).numpy().tolist() == [6.0]


def test_a_module_that_cannot_be_called_is_refused(tmp_path):
    pytest.importorskip("tensorflow_hub")
    tf.saved_model.save(tf.Module(), str(tmp_path))
    with pytest.raises(ValueError, match="can be called"):
        hub.load(str(tmp_path))


def test_without_tensorflow_hub_the_error_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_hub", None)
    with pytest.raises(ValueError, match="hub: needs tensorflow-hub"):
        hub.load("hub:anything")
