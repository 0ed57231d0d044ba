"""The published taggers as a dual encoder for any words, without training.

A clip is what the two networks say of their 100 outputs, a text how near its
word vector is to the names of these outputs. Both are vectors of one space,
`[100]`, of unit length.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg

from tftag import words
from tftag.models import dual_encoder, named_outputs
from tftag.models.backbones import backbone
from tftag.pretrained import presets, published_taggers

# The logits of the second network are those above what it says of a recording
# like the mean of its own, and this many times as large.
_SECOND_SCALE = 0.7
# What names have in common is taken out within a network.
_RIDGE = 0.2


def model(word_vectors: words.WordVectors) -> dual_encoder.DualEncoder:
    """Builds the dual encoder; nothing in it was trained on words.

    Args:
        word_vectors: Vectors of unit length of the outputs' names, at least.

    Returns:
        A dual encoder for `published_taggers.AUDIO`, of all outputs' names.
    """
    networks = (presets.MSD, presets.MTT)
    arrays = [published_taggers.read(one.name) for one in networks]
    names = [word_vectors.embed(one.tags)[0] for one in networks]
    tags = presets.find(presets.DUAL_ENCODER).tags
    count = sum(map(len, names))
    built = dual_encoder.DualEncoder(
        tags,
        word_vectors.embed(tags)[0],
        published_taggers.AUDIO,
        dual_encoder.DualEncoderConfig(
            backbone.BackboneConfig(
                architecture="musicnn", pooling="embedding", members=2
            ),
            joint=True,
            dim=count,
            text_units=named_outputs.text_units(count),
        ),
    )
    published_taggers.fill(built, arrays)
    named_outputs.fill_projection(built, *_logits(arrays))
    weightings = [named_outputs.weighting(own, _RIDGE) for own in names]
    named_outputs.fill_text_tower(
        built.text_tower, np.concatenate(names), linalg.block_diag(*weightings)
    )
    return built


def _logits(
    members: list[dict[str, npt.NDArray[np.float32]]],
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Kernel `[400, 100]` and bias `[100]` of both networks' logits."""
    kernel, bias = published_taggers.logits(400, members)
    _, second = members
    count = len(bias) // 2
    kernel[:, count:] *= _SECOND_SCALE
    bias[count:] = -second["embedding_norm/beta"] @ kernel[-200:, count:]
    return kernel, bias
