"""The picture of the baseline shows the network that is built."""

from matplotlib import image

from docs.scripts import draw_architecture
from tftag import audio, layers
from tftag.models.backbones import backbone


def test_sizes_are_those_of_the_network():
    spec = audio.AudioSpec(clip_seconds=5.0)
    for padding in backbone.POOL_PADDINGS:
        config = backbone.BackboneConfig(
            width=1 / 64, pooling="flatten", pool_padding=padding
        )
        model = backbone.backbone(spec, config)
        built = [
            layer.output.shape[1:]
            for layer in model.layers
            if isinstance(layer, layers.PooledReLU)
        ]
        assert built == draw_architecture.block_sizes(spec, config)
        drawn = draw_architecture.draw(spec, config)
        texts = [text.get_text() for text in drawn.axes[0].texts]
        assert f"{model.output.shape[1]} values" in texts


def test_the_picture_names_every_filter_count(tmp_path):
    drawn = draw_architecture.draw(audio.AudioSpec(), backbone.BackboneConfig())
    texts = [text.get_text() for text in drawn.axes[0].texts]
    assert [
        int(text.split()[0])
        for text in texts
        if text.removesuffix(" filters").isdigit()
    ] == list(backbone.FILTERS)
    assert "938 frames × 128 bands" in texts
    drawn.savefig(tmp_path / "baseline.png", dpi=50)
    assert image.imread(tmp_path / "baseline.png").shape[:2] == (230, 680)
