import base64
import io
import json
import re

import numpy as np
import pytest
from matplotlib import image

from pipelines.inspect import tag_figures
from pipelines.inspect.pages import heat_map


def layers(made):
    """The two masks as arrays, 0 to 1."""
    found = re.findall(r"data:image/png;base64,([^\"]+)", made)
    return [
        np.asarray(image.imread(io.BytesIO(base64.b64decode(text)), "png"))
        for text in found
    ]


def table(tags_count, recordings=300, seed=0):
    labels = np.random.default_rng(seed).random((recordings, tags_count)) < 0.3
    labels[:, 1] = labels[:, 0]
    labels[:, 2] = ~labels[:, 0]
    return labels.astype(int).T @ labels.astype(int)


def test_cells_are_as_strong_as_the_correlation():
    together = table(6)
    more, less = layers(heat_map.draw(list("abcdef"), together, 300))
    linked = tag_figures.correlation(together, 300)
    np.fill_diagonal(linked, 0)
    assert more.shape == less.shape == (6, 6)
    assert more[0, 1] == more[1, 0] == 1 and less[0, 2] == less[1, 2] == 1
    assert np.array_equal(more > 0, linked.clip(0) ** 0.8 > 0.5 / 255)
    assert np.allclose(
        more - less, np.sign(linked) * abs(linked) ** 0.8, atol=0.01
    )


@pytest.mark.parametrize("count", [3, 45, 148, heat_map.MAX_TAGS])
def test_labels_can_be_read_at_any_number(count):
    names = [f"tag {i}" for i in range(count)]
    made = heat_map.draw(names, table(count), 300)
    font = int(re.search(r'font-size="(\d+)"', made).group(1))
    assert font >= 9
    assert made.count("<text") == 2 * count


def test_names_cannot_leave_their_place():
    names = ["</script><script>alert(1)</script>", "a&b", '"c"']
    made = heat_map.draw(names, table(3), 300)
    assert "alert(1)</script>" not in made and "<script>alert" not in made
    facts = re.search(r'class="facts">(.*?)</script>', made, re.DOTALL).group(1)
    read = json.loads(facts)
    assert read["names"] == names
    assert read["together"] == table(3).tolist() and read["recordings"] == 300


def test_tags_that_never_meet_are_drawn():
    made = heat_map.draw(["a", "b"], np.zeros((2, 2), int), 5)
    for layer in layers(made):
        assert not layer.any()
