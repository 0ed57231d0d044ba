"""The picture of the dual encoder shows the network that is built."""

import numpy as np

from docs.scripts import draw_dual_encoder
from tftag.models import dual_encoder
from tftag.models.backbones import backbone


def test_the_picture_names_the_sizes_of_the_settings(tmp_path):
    config = dual_encoder.DualEncoderConfig(
        backbone.BackboneConfig(width=1 / 64), dim=48, text_units=96
    )
    drawn = draw_dual_encoder.draw(config, 32)
    texts = [text.get_text() for text in drawn.axes[0].texts]
    assert "32 values" in texts and "48 values" in texts
    assert sum("96 units" in text for text in texts) == 2
    words = np.random.default_rng(0).normal(size=(2, 32))
    tower = dual_encoder.DualEncoder(
        ["calm", "loud"], words, config=config
    ).text_tower
    assert tower.input_shape == (None, 32)
    assert tower.output_shape == (None, 48)
    drawn.savefig(tmp_path / "dual_encoder.png", dpi=50)
