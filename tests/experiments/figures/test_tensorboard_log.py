"""TensorBoard's own readers find what was written."""

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorboard.backend.event_processing import (
    data_provider,
    plugin_event_multiplexer,
)
from tensorboard.context import RequestContext
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.plugins.pr_curve import metadata as pr_metadata
from tensorboard.plugins.projector import projector_config_pb2

from experiments.figures import plots, tensorboard_log
from tftag import audio


@pytest.fixture
def written(tmp_path):
    """Runs what writes, then returns a reader by plugin."""

    def write(function, *args, **kwargs):
        writer = tf.summary.create_file_writer(str(tmp_path))
        function(writer, *args, **kwargs)
        writer.close()
        multiplexer = plugin_event_multiplexer.EventMultiplexer()
        multiplexer.AddRunsFromDirectory(str(tmp_path))
        multiplexer.Reload()
        return Reader(multiplexer)

    return write


class Reader:
    """What a plugin of TensorBoard sees in the log."""

    def __init__(self, multiplexer):
        self.multiplexer = multiplexer
        self.provider = data_provider.MultiplexerDataProvider(
            multiplexer, "log"
        )

    def _ask(self, question, plugin, **kwargs):
        found = getattr(self.provider, question)(
            RequestContext(), experiment_id="", plugin_name=plugin, **kwargs
        )
        return found.get(".", {})

    def scalars(self):
        return {
            tag: {point.step: point.value for point in points}
            for tag, points in self._ask(
                "read_scalars", "scalars", downsample=100
            ).items()
        }

    def tensors(self, plugin):
        return {
            tag: {point.step: point.numpy for point in points}
            for tag, points in self._ask(
                "read_tensors", plugin, downsample=100
            ).items()
        }

    def series(self, plugin):
        return self._ask("list_tensors", plugin)

    def blobs(self, plugin):
        return self._ask("list_blob_sequences", plugin)


def test_scalars_are_read_back(written):
    def write(writer):
        tensorboard_log.scalars(
            writer, 1, {"loss": 0.5, "map/validation": 0.25}
        )
        tensorboard_log.scalars(writer, 2, {"loss": 0.25})

    assert written(write).scalars() == {
        "loss": {1: 0.5, 2: 0.25},
        "map/validation": {1: 0.25},
    }


def test_a_figure_becomes_an_image_of_its_size(written):
    drawn = plots.log_mel(np.zeros((9, 128)), audio.AudioSpec())
    reader = written(tensorboard_log.figure, 3, "mel", drawn)
    assert list(reader.blobs("images")) == ["mel"]
    (event,) = reader.multiplexer.Tensors(".", "mel")
    width, height, png = event.tensor_proto.string_val
    assert (width, height, event.step) == (b"1000", b"360", 3)
    pixels = tf.io.decode_png(png).numpy()
    assert pixels.shape == (360, 1000, 3)
    assert (pixels[0, 0] == 255).all()


def test_a_picture_is_the_file(written, tmp_path):
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    tf.io.write_file(f"{tmp_path}/a.png", tf.io.encode_png(pixels))
    reader = written(tensorboard_log.picture, 1, "a", tmp_path / "a.png")
    (event,) = reader.multiplexer.Tensors(".", "a")
    shown = tf.io.decode_png(event.tensor_proto.string_val[2])
    np.testing.assert_array_equal(shown, pixels)


def test_audio_is_heard_as_it_was_and_has_its_tags(written):
    samples = np.array([0, 32_767, -32_767, 16_384], np.int16)
    reader = written(
        tensorboard_log.audio_with_tags,
        5,
        "one",
        samples,
        8_000,
        ["rock", "live"],
        {"pop|rock": 0.25, "rock": 0.75},
    )
    (event,) = reader.multiplexer.Tensors(".", "recording/one")
    wav = event.tensor_proto.string_val[0]
    heard, rate = tf.audio.decode_wav(wav)
    assert int(rate) == 8_000
    np.testing.assert_allclose(heard[:, 0] * 32_768, samples, atol=2, rtol=1e-4)
    text = reader.tensors("text")["recording_tags/one"][5].item().decode()
    assert text.splitlines() == [
        "**Tags:** rock, live",
        "",
        "| model says | probability | recording carries it |",
        "|-|-|-|",
        "| rock | 0.75 | yes |",
        "| pop\\|rock | 0.25 | no |",
        "",
        "**Missed:** live",
    ]
    metadata = reader.multiplexer.SummaryMetadata(".", "recording/one")
    assert metadata.summary_description == text


def test_pr_curves_count_at_every_threshold(written):
    truth = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 0]])
    scores = np.array([[0.9, 1.0], [0.6, 0.2], [0.4, 0.0], [0.1, 0.3]])
    scores = np.column_stack([scores, [0.5] * 4])
    reader = written(
        tensorboard_log.pr_curves,
        2,
        truth,
        scores,
        ["rock", "pop/r&b", "none"],
        11,
    )
    curves = reader.tensors("pr_curves")
    assert set(curves) == {"pr_curve/rock", "pr_curve/pop/r&b"}
    points = curves["pr_curve/rock"][2]
    assert points.shape == (6, 11)
    for index, level in enumerate(np.linspace(0, 1, 11)):
        given = scores[:, 0] >= level
        hits = (given & (truth[:, 0] > 0)).sum()
        np.testing.assert_array_equal(
            points[:4, index],
            [hits, given.sum() - hits, 2 - (given.sum() - hits), 2 - hits],
        )
        assert points[pr_metadata.RECALL_INDEX, index] == hits / 2
        assert points[pr_metadata.PRECISION_INDEX, index] == pytest.approx(
            hits / max(given.sum(), 1)
        )
    series = reader.series("pr_curves")["pr_curve/rock"]
    content = pr_metadata.parse_plugin_metadata(series.plugin_content)
    assert content.num_thresholds == 11
    assert series.display_name == "rock"
    assert series.description == "2 positives, chance 0.500"


def test_hparams_hold_settings_of_every_kind_and_the_figures(written):
    reader = written(
        tensorboard_log.hparams,
        {"rate": 0.5, "blocks": 7, "mixup": True, "clip": None, "t": (1, 2)},
        {"map": 0.25},
        "a run",
    )
    contents = [
        plugin_data_pb2.HParamsPluginData.FromString(series.plugin_content)
        for series in reader.series("hparams").values()
    ]
    (session,) = [
        content.session_start_info
        for content in contents
        if content.HasField("session_start_info")
    ]
    assert session.group_name
    assert session.hparams["rate"].number_value == 0.5
    assert session.hparams["blocks"].number_value == 7
    assert session.hparams["mixup"].bool_value is True
    assert session.hparams["clip"].string_value == "null"
    assert session.hparams["t"].string_value == "[1, 2]"
    (experiment,) = [
        content.experiment
        for content in contents
        if content.HasField("experiment")
    ]
    assert [metric.name.tag for metric in experiment.metric_infos] == [
        "final/map"
    ]
    assert reader.scalars() == {"final/map": {0: 0.25}}


def test_projector_files_have_a_row_per_point(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(3, 4))
    rows = [
        {"name": f"track\t{row}", "tags": "rock,\nlive"} for row in range(3)
    ]
    tensorboard_log.projector(tmp_path / "log", "songs", vectors, rows)
    config = text_format.Parse(
        (tmp_path / "log" / "projector_config.pbtxt").read_text(),
        projector_config_pb2.ProjectorConfig(),
    ).embeddings[0]
    assert config.tensor_name == "songs"
    np.testing.assert_allclose(
        np.loadtxt(tmp_path / "log" / config.tensor_path, delimiter="\t"),
        vectors,
        rtol=1e-5,
    )
    lines = (tmp_path / "log" / config.metadata_path).read_text().splitlines()
    assert lines == ["name\ttags"] + [
        f"track {row}\trock, live" for row in range(3)
    ]


def test_projector_writes_no_header_above_a_single_column(tmp_path):
    two_rows = [{"n": "a"}, {"n": "b"}]
    tensorboard_log.projector(tmp_path, "songs", np.zeros((2, 3)), two_rows)
    rows = (tmp_path / "embeddings_rows.tsv").read_text()
    assert rows == "a\nb\n"
    with pytest.raises(ValueError, match="2 rows"):
        tensorboard_log.projector(tmp_path, "songs", np.zeros((3, 3)), two_rows)
