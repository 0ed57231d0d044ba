import shutil

import numpy as np
import pytest
import tiny_tagger

from tftag.inference.runtimes import c_runtime, python_runtime

STRINGS = np.array([b"calm", b"", "fl\u00fcte".encode(), b"x" * 1_000], object)


@pytest.fixture(scope="module")
def both(encoder_folder, rewritten_graphs):
    return (
        c_runtime.CRuntime(encoder_folder),
        python_runtime.PythonRuntime(encoder_folder),
    )


def inputs():
    music = np.stack(
        [tiny_tagger.music(tiny_tagger.CLIP * 3, seed) for seed in range(3)]
    )
    silent = music * [[1.0], [0.0], [1.0]]
    lengths = np.array([1, music.shape[1], -3])
    padded = {"waveform": music, "length_samples": lengths}
    return {
        "serving_default": {"waveform": music},
        "timeline": {"waveform": silent},
        "top_tags": {"waveform": music.astype(np.int16)[:1]},
        "tag_batch": padded,
        "embed_batch": padded,
        "embed_text": {"strings": STRINGS},
        "tag_clips": {
            "waveform": silent[:, : tiny_tagger.CLIP],
            "peak": np.array([1.0, 0.5, 0.1]),
        },
        "tag_names": {"row": np.zeros(0)},
        "score": {"waveform": music, "strings": STRINGS.reshape(1, -1)},
    }


# A kind each: rows, clips, strings, both, and names.
FAST = ("serving_default", "tag_clips", "embed_text", "score", "tag_names")


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param(name, marks=[pytest.mark.slow] * (name not in FAST))
        for name in inputs()
    ],
)
def test_the_answers_are_those_of_tensorflows_python(both, signature):
    found, expected = (
        each.run(signature, inputs()[signature]) for each in both
    )
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert found[name].shape == values.shape
        assert found[name].dtype == values.dtype
        np.testing.assert_array_equal(found[name], values)


def test_a_graph_left_as_it_is_answers_alike_but_for_rounding(
    both, encoder_folder
):
    as_it_is = c_runtime.CRuntime(encoder_folder, optimises=False)
    for signature, values in inputs().items():
        found, expected = (
            each.run(signature, values) for each in (as_it_is, both[0])
        )
        assert found.keys() == expected.keys()
        for name, numbers in expected.items():
            if numbers.dtype == object:
                np.testing.assert_array_equal(found[name], numbers)
            else:
                np.testing.assert_allclose(
                    found[name], numbers, rtol=1e-4, atol=1e-6
                )


def test_signatures_and_widths_are_those_of_tensorflows_python(both):
    ours, theirs = both
    assert ours.names >= theirs.names
    for name in theirs.names:
        outputs = theirs.saved_model.signatures[name].structured_outputs
        for output, tensor in outputs.items():
            if tensor.shape.rank:
                assert ours.width(name, output) == theirs.width(name, output)


def test_what_tensorflow_refuses_is_said_and_the_next_call_answers(both):
    for _ in range(2):
        with pytest.raises(ValueError, match="at least 1 sample"):
            both[0].run("serving_default", {"waveform": np.zeros((1, 0))})
        answer = both[0].run("tag_names", {"row": [1, 2]})
        assert len(answer["tags"]) == 2
    with pytest.raises(KeyError):
        both[0].run("none", {})


def test_a_model_that_is_damaged_is_refused(encoder_folder, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(encoder_folder, folder)
    c_runtime.CRuntime(folder)
    (weights,) = folder.glob("variables/*.data-*")
    content = weights.read_bytes()
    weights.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError):
        c_runtime.CRuntime(folder)
    shutil.rmtree(folder / "variables")
    with pytest.raises(ValueError, match="variables"):
        c_runtime.CRuntime(folder)
    shutil.copytree(encoder_folder / "variables", folder / "variables")
    content = (folder / "saved_model.pb").read_bytes()
    (folder / "saved_model.pb").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError):
        c_runtime.CRuntime(folder)
