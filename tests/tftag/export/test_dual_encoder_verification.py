import numpy as np
import pytest
import tiny_dual_encoder

from tftag.export import dual_encoder_verification


def difference(loaded, model, vectors):
    return dual_encoder_verification.largest_difference(
        loaded,
        model,
        tiny_dual_encoder.SPEC,
        8,
        tiny_dual_encoder.NAMES,
        vectors,
    )


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("audio_tower", 0.05),
        ("comparison", 0.05),
        ("text_tower", 0.05),
        ("text_tower", np.nan),
    ],
)
def test_it_sees_another_model(encoder_loaded, part, change):
    other = tiny_dual_encoder.build()
    weight = getattr(other, part).weights[-1]
    shift = np.zeros(weight.shape)
    shift[..., 0] = change
    weight.assign(weight + shift)
    found = difference(encoder_loaded, other, tiny_dual_encoder.word_vectors())
    assert not found <= 1e-4


def test_it_sees_other_words(encoder_loaded):
    model = tiny_dual_encoder.build()
    other = tiny_dual_encoder.word_vectors(seed=1)
    assert difference(encoder_loaded, model, other) > 1e-2
