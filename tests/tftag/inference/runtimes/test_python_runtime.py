import numpy as np
import pytest
import tiny_tagger

from tftag.inference.runtimes import python_runtime


def test_answers_are_those_of_the_signature(tagger_folder):
    runtime = python_runtime.PythonRuntime(tagger_folder)
    music = tiny_tagger.music(tiny_tagger.CLIP)[np.newaxis]
    found = runtime.run("serving_default", {"waveform": music.tolist()})
    signature = runtime.saved_model.signatures["serving_default"]
    expected = signature(waveform=music.astype(np.float32))
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values.numpy())
    assert found["status"].tolist() == [b""]
    assert "timeline" in runtime.names
    width = runtime.width("serving_default", "probabilities")
    assert width == len(tiny_tagger.NAMES)
    with pytest.raises(KeyError):
        runtime.width("none", "probabilities")
