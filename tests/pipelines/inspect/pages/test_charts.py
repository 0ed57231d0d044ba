import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from pipelines.inspect.pages import charts


def read(svg):
    return ElementTree.fromstring(svg)


def counts(root):
    said = [t.text for t in root.iter("title")]
    return [int(text.rsplit(": ", 1)[1].replace(",", "")) for text in said]


@pytest.mark.parametrize("seed", range(5))
def test_every_value_is_in_a_bar(seed):
    generator = np.random.default_rng(seed)
    values = generator.normal(0, 10.0 ** (seed - 2), 1_000)
    values[:5] = -np.inf
    root = read(charts.histogram(values, "dB <", None))
    assert sum(counts(root)) == 1_000


@pytest.mark.parametrize(
    "values", [[0.0], [7.0] * 9, [-3.0, -3.0], [1e-9], [1e6, 2e6], [0, 0, 0.8]]
)
def test_any_values_have_an_axis(values):
    root = read(charts.histogram(np.array(values), "s"))
    assert sum(counts(root)) == len(values)
    width, height = map(float, root.get("viewBox").split()[2:])
    for bar in root.iter("rect"):
        x, y = float(bar.get("x")), float(bar.get("y"))
        assert 0 <= x <= width and 0 <= y <= height
        assert float(bar.get("height")) >= 2
    for text in root.iter("text"):
        assert 0 <= float(text.get("x")) <= width
        assert "-0" != text.text


@pytest.mark.parametrize(
    "values",
    [
        [-20.03, -20.01],
        [0.0, 30.0],
        [101.0, 101.9],
        [1e-4, 9e-4],
        [1e6, 2.5e6],
        [-90.0, -10.0],
    ],
)
def test_numbers_stand_where_they_are(values):
    root = read(charts.histogram(np.array(values), "dB"))
    *found, _, _ = root.iter("text")  # the unit and the median are the last
    numbers = [float(text.text.replace(",", "")) for text in found]
    # Those at both ends are moved inwards, where they would be cut.
    places = [float(text.get("x")) for text in found][1:-1]
    steps = np.diff(numbers)
    np.testing.assert_allclose(steps, steps[0])
    expected = np.interp(numbers[1:-1], [numbers[0], numbers[-1]], [14, 346])
    np.testing.assert_allclose(places, expected, atol=0.06)


def test_a_chart_is_read_aloud():
    root = read(charts.histogram(np.array([1.0, 2.0, 30.0]), "seconds"))
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Histogram in seconds, median 2"


def test_no_values_are_said_so():
    assert "No values" in charts.histogram(np.array([]), "s")
    assert "No values" in charts.histogram(np.array([-np.inf]), "s")


def test_tiny_values_do_not_fill_the_chart():
    root = read(charts.histogram(np.array([0, 1e-6]), "%", 0.0, 0.1))
    assert counts(root) == [2]


def test_the_median_is_marked():
    made = charts.histogram(np.array([1.0, 2.0, 30.0]), "s")
    assert "median 2<" in made


def test_bars_are_as_long_as_their_counts():
    rows = [
        ("<rock>", {"train": 30, "test": 10}, 'say "x"'),
        ("jazz", {"train": 20, "test": 0}, ""),
    ]
    root = read(charts.bars(rows))
    widths = [
        [float(i.get("style")[6:-1]) for i in bar.iter("i")]
        for bar in root.findall("div")
    ]
    assert widths == [[75.0, 25.0], [50.0]]
    assert root.find("div").get("title") == 'say "x"'
    assert root.find("div/span").text == "<rock>"


def test_recordings_without_split_have_a_colour():
    assert 'class="none"' in charts.bars([("a", {"": 3}, "")])
