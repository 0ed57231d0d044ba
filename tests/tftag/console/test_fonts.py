"""Figures show tags in any script, or say once which font is lacking."""

import warnings

import numpy as np
import pytest
from fontTools import fontBuilder
from fontTools.pens import ttGlyphPen
from matplotlib import figure, font_manager, text

from experiments.figures import plots, space_plots, tag_plots
from tftag.console import fonts

# Hieroglyphs, which the font of the figures does not have.
LETTERS = "\U00013000\U00013001"


def write_font(path, letters):
    """A font whose letters are squares."""
    pen = ttGlyphPen.TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 800), (800, 800), (800, 0)):
        pen.lineTo(corner)
    pen.closePath()
    square = pen.glyph()
    names = {letter: f"letter{place}" for place, letter in enumerate(letters)}
    order = [".notdef", *names.values()]
    builder = fontBuilder.FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap({ord(k): name for k, name in names.items()})
    builder.setupGlyf(dict.fromkeys(order, square))
    builder.setupHorizontalMetrics(dict.fromkeys(order, (1000, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable(
        {"familyName": "Squares of a test", "styleName": "Regular"}
    )
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)


@pytest.fixture
def system(monkeypatch):
    """Sets the fonts of the system; forgets what was found before."""
    listed = list(font_manager.fontManager.ttflist)
    fonts._families_with.cache_clear()

    def has(*paths):
        monkeypatch.setattr(
            font_manager, "findSystemFonts", lambda: list(map(str, paths))
        )

    yield has
    font_manager.fontManager.ttflist = listed
    fonts._families_with.cache_clear()


def drawn_with(label):
    drawn = figure.Figure()
    drawn.subplots().set_yticks([0, 1], ["rock", label], parse_math=False)
    return drawn


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_font_of_the_system_is_taken(system, tmp_path, caplog, ending):
    write_font(tmp_path / "squares.ttf", LETTERS)
    (tmp_path / "no_font.ttf").write_bytes(b"no font")
    system(tmp_path / "no_font.ttf", tmp_path / "squares.ttf")
    drawn = drawn_with(LETTERS)
    plots.save(drawn, tmp_path / f"figure.{ending}")
    assert not caplog.records
    rock, other = drawn.axes[0].get_yticklabels()
    assert "Squares of a test" in other.get_fontfamily()
    assert "Squares of a test" not in rock.get_fontfamily()
    # Without the filter: nothing is missing.
    drawn.draw_without_rendering()


@pytest.mark.parametrize(
    ("label", "package"),
    [
        ("音楽", "fonts-noto-cjk"),
        ("록 음악", "fonts-noto-cjk"),
        (LETTERS, "fonts-noto-core"),
    ],
)
def test_a_font_that_is_lacking_is_one_line(
    system, tmp_path, caplog, label, package
):
    system()
    for name in ("one.png", "two.png"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            plots.save(drawn_with(label), tmp_path / name)
    (record,) = caplog.records
    assert package in record.getMessage()
    assert label[0] in record.getMessage()
    with pytest.warns(UserWarning, match="missing from"):
        drawn_with(label).draw_without_rendering()


def test_letters_that_are_there_ask_for_no_font(system, tmp_path, monkeypatch):
    system()
    monkeypatch.setattr(font_manager, "findSystemFonts", pytest.fail)
    plots.save(drawn_with("été, джаз, ελληνικά\n$x$"), tmp_path / "a.png")


def figures_of(names):
    draw = np.random.default_rng(0)
    truth = draw.random((40, len(names))) < 0.5
    truth[0] = True
    scores = draw.random(truth.shape)
    points = draw.normal(size=(40 + len(names), 6))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    space = (truth, points[:40], points[40:], names, names[:2])
    rows = [
        {"tag": name, "ap": 0.5, "chance_ap": 0.2, "count": 3} for name in names
    ]
    return {
        "precision_recall": plots.precision_recall_curves(truth, scores, names),
        "confusion": tag_plots.tag_confusion(truth, scores, names),
        "per_tag": tag_plots.average_precision_per_tag(rows),
        "similarity": space_plots.similarity(*space),
        "space": space_plots.space(*space),
    }


def test_tags_of_200_letters_stay_inside_the_figure(system):
    system()
    ordinary = [f"tag {place}" for place in range(6)]
    long = [letter * 200 for letter in "xWi音"] + ["rock", "a b " * 50]
    usual = figures_of(ordinary)
    for name, drawn in figures_of(long).items():
        with fonts.covering(drawn):
            drawn.draw_without_rendering()
            shown = drawn.findobj(lambda one: is_tag(one, "xWi音"))
            assert shown
            for label in shown:
                box = label.get_window_extent()
                assert box.x0 >= -1 and box.y0 >= -1
                assert box.x1 <= drawn.bbox.width + 1
                assert box.y1 <= drawn.bbox.height + 1
        assert all(drawn.get_size_inches() >= usual[name].get_size_inches())


def is_tag(one, letters):
    return isinstance(one, text.Text) and one.get_text()[:5] in {
        letter * 5 for letter in letters
    }


def test_a_tag_loses_its_middle_alone():
    assert fonts.short("rock") == "rock"
    tag = "".join(f"{number:03}" for number in range(70))
    start, end = fonts.short(tag).split("…")
    assert tag.startswith(start) and tag.endswith(end)
    assert len(start) > len(end) > 3
    assert 16 < fonts.width_ems(fonts.short(tag)) <= 18
    assert fonts.width_ems(fonts.short("音" * 99)) <= 18
