"""Figures show the numbers they were given, in the units they name."""

import importlib

import matplotlib
import numpy as np
import pytest
from matplotlib import image

from experiments import figures
from experiments.figures import plots
from tftag import audio, metrics
from tftag.models import front_end
from tftag.pretrained import published_taggers


def _lines(axes):
    return {line.get_label(): line.get_xydata() for line in axes.lines}


def test_curves_show_every_known_epoch():
    history = [
        {"epoch": 1, "loss": 0.5, "train_map": 0.1, "validation_map": 0.1},
        {"epoch": 2, "loss": 0.4, "train_map": 0.3, "validation_map": 0.3},
        {"epoch": 3, "loss": 0.3, "train_map": None},
        {"epoch": 4, "loss": 0.2, "validation_map": float("nan")},
    ]
    loss, precision = plots.loss_and_map_curves(history).axes
    np.testing.assert_array_equal(
        _lines(loss)["training"], [[1, 0.5], [2, 0.4], [3, 0.3], [4, 0.2]]
    )
    curves = _lines(precision)
    np.testing.assert_array_equal(curves["training"], [[1, 0.1], [2, 0.3]])
    np.testing.assert_array_equal(curves["validation"], [[1, 0.1], [2, 0.3]])
    assert [text.get_text() for text in precision.texts] == [
        "best 0.300 (epoch 2)"
    ]


def test_the_weight_of_a_tag_is_no_curve_whatever_the_tag_is_called():
    row = {"epoch": 1, "loss": 1.0, "train_map": 0.5}
    row |= {"tag_weight heart loss": 2.0, "tag_weight treasure map": 2.0}
    labels = [
        [line.get_label() for line in axes.lines]
        for axes in plots.loss_and_map_curves([row]).axes
    ]
    assert labels == [["training"]] * 2


@pytest.mark.parametrize("epochs", [0, 1])
def test_curves_of_a_run_that_has_hardly_begun(epochs, tmp_path):
    history = [{"epoch": 1, "loss": 0.5, "validation_map": 0.1}][:epochs]
    drawn = plots.loss_and_map_curves(history)
    assert plots.save(drawn, tmp_path / "curves.png").stat().st_size > 0


@pytest.mark.parametrize("tags, panels", [(4, 1), (40, 3)])
def test_area_below_a_curve_is_the_average_precision(tags, panels):
    rng = np.random.default_rng(0)
    truth = rng.random((50, tags)) < 0.3
    truth[:, 1] = False
    scores = np.round(rng.normal(size=truth.shape) + truth, 1)
    names = [f"$tag_{tag}$" for tag in range(tags)]
    drawn = plots.precision_recall_curves(truth, scores, names)
    assert len(drawn.axes) == panels
    precision = metrics.average_precision(truth, scores)
    seen = []
    for axes in drawn.axes:
        for label, points in _lines(axes).items():
            if not label.startswith("$tag_"):
                continue
            tag = names.index(label.split(":")[0])
            area = np.sum(np.diff(points[:, 0]) * points[1:, 1])
            assert area == pytest.approx(precision[tag])
            assert f"{truth[:, tag].sum()} positives" in label
            seen.append(tag)
    ranked = [tag for tag in np.argsort(-precision) if tag != 1]
    assert len(seen) == len(set(seen)) == (3 if tags == 4 else 9)
    assert seen[0] == ranked[0]
    assert seen[-1] == ranked[-1]


def test_spectrogram_has_seconds_and_hz_at_its_axes():
    spec = audio.AudioSpec()
    picture = np.zeros((938, 128), np.float32)
    axes = plots.log_mel(picture, spec).axes[0]
    left, right, bottom, top = axes.images[0].get_extent()
    assert (left + right) / 2 == pytest.approx(468.5 * 512 / 16_000)
    assert (bottom, top) == (-0.5, 127.5)
    ticks = {
        label.get_text(): place
        for label, place in zip(
            axes.get_yticklabels(), axes.get_yticks(), strict=True
        )
    }
    mel = np.linspace(
        2595 * np.log10(1 + 20 / 700), 2595 * np.log10(1 + 8000 / 700), 130
    )
    centres_hz = 700 * (10 ** (mel[1:-1] / 2595) - 1)
    for text in ("100", "1,000", "4,000"):
        expected = np.interp(
            float(text.replace(",", "")), centres_hz, np.arange(128)
        )
        assert ticks[text] == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    "spec, compression",
    [
        (published_taggers.AUDIO, "log10(1 + power / 0.0001)"),
        (
            audio.AudioSpec(window_samples=4_096, mel_bands=60, min_hz=100.0),
            "Natural logarithm of power",
        ),
        (
            audio.AudioSpec(
                window_samples=4_096,
                mel_bands=60,
                min_hz=100.0,
                mel_scale="octave",
            ),
            "Natural logarithm of power",
        ),
    ],
    ids=["slaney", "htk", "octave"],
)
def test_its_axes_are_those_of_the_front_end(spec, compression):
    drawn = plots.log_mel(np.zeros((9, spec.mel_bands)), spec)
    axes, bar = drawn.axes
    assert bar.get_ylabel() == compression
    (place,) = (
        place
        for label, place in zip(
            axes.get_yticklabels(), axes.get_yticks(), strict=True
        )
        if label.get_text() == "1,000"
    )
    # A tone is loudest in the band whose centre is nearest.
    tone = np.sin(2 * np.pi * 1_000 * np.arange(16_000) / 16_000)
    seen = front_end.log_mel_layer(spec)(tone[np.newaxis].astype(np.float32))
    assert place == pytest.approx(np.argmax(seen[0, 20]), abs=0.6)


def test_spectrogram_of_another_spec_is_refused():
    with pytest.raises(ValueError, match=r"\[frames, 128\]"):
        plots.log_mel(np.zeros((128, 938)), audio.AudioSpec())


def test_saving_is_150_dpi_and_changes_nothing_global(tmp_path):
    before = dict(matplotlib.rcParams)
    drawn = plots.log_mel(np.zeros((30, 128)), audio.AudioSpec())
    path = plots.save(drawn, tmp_path / "mel.png")
    height, width, _ = image.imread(path).shape
    assert (width, height) == (1500, 540)
    assert dict(matplotlib.rcParams) == before


def test_what_a_matplotlibrc_says_does_not_count(tmp_path, monkeypatch):
    monkeypatch.setitem(matplotlib.rcParams, "text.usetex", True)
    importlib.reload(figures)
    drawn = plots.loss_and_map_curves([{"epoch": 1, "loss": 0.5}])
    assert plots.save(drawn, tmp_path / "curves.png").stat().st_size > 0
