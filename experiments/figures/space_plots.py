"""Figures of the space that recordings and tags share."""

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib import figure, transforms

from experiments.figures import plots
from tftag.console import fonts

_MOST_TAGS = 40
# Of a label about its dot, right and up; the first is the usual one.
_LABEL_PLACES = (
    (1, 1),
    (1, -1),
    (-1, 1),
    (-1, -1),
    (1, 0),
    (-1, 0),
    (0, 1),
    (0, -1),
)


def similarity(
    truth: npt.ArrayLike,
    recordings: npt.NDArray[np.float32],
    tags: npt.NDArray[np.float32],
    names: Sequence[str],
    seen: Collection[str],
) -> figure.Figure:
    """How near the recordings of each tag are to each tag.

    A cell is the mean cosine of the recordings that carry the row's tag with
    the column's tag, in standard deviations of that column over all
    recordings, so that tags near to everything do not paint whole columns.

    Args:
        truth: 0 or 1, `[recordings, tags]`.
        recordings: `[recordings, dim]`, unit length.
        tags: `[tags, dim]`, unit length.
        names: `[tags]`.
        seen: those that were trained on; the others are marked.

    Returns:
        The figure, of the most frequent tags.
    """
    truth = np.asarray(truth) > 0
    shown = _shown(truth, names, seen)
    cosines = recordings @ tags[shown].T
    spread = cosines.std(axis=0)
    standard = (cosines - cosines.mean(axis=0)) / np.where(spread, spread, 1.0)
    carried = truth[:, shown].astype(np.float64)
    cells = (carried.T @ standard) / carried.sum(axis=0)[:, None]
    labels = [_label(names[tag], seen) for tag in shown]
    size = 3.0 + 0.24 * len(shown) + plots.more_inches(labels)
    drawn = figure.Figure(figsize=(size + 0.8, size), layout="constrained")
    limit = max(float(np.abs(cells).max()), 1e-6)
    axes, bar = plots.tag_cells(drawn, cells, limit, labels, labels)
    bar.set_label("standard deviations")
    axes.set(xlabel="Tag asked for", ylabel="Tag that the recordings carry")
    axes.set_title(
        "Similarity of recordings and tags\n(* not trained on)", fontsize=11
    )
    return drawn


def space(
    truth: npt.ArrayLike,
    recordings: npt.NDArray[np.float32],
    tags: npt.NDArray[np.float32],
    names: Sequence[str],
    seen: Collection[str],
) -> figure.Figure:
    """Recordings and tags on the two directions that tell them apart best.

    The directions are the first two principal ones of the tags; recordings
    are laid onto them about their own mean, since the two kinds of points
    stand apart as a whole.

    Args:
        truth: 0 or 1, `[recordings, tags]`.
        recordings: `[recordings, dim]`, unit length.
        tags: `[tags, dim]`, unit length.
        names: `[tags]`.
        seen: those that were trained on; the others are marked.

    Returns:
        The figure.
    """
    truth = np.asarray(truth) > 0
    shown = _shown(truth, names, seen)
    points = tags[shown] - tags[shown].mean(axis=0)
    clouds = recordings - recordings.mean(axis=0)
    _, _, directions = np.linalg.svd(points, full_matrices=False)
    # A single tag has no second direction.
    plane = np.zeros((points.shape[1], 2))
    plane[:, : len(directions[:2])] = directions[:2].T
    drawn = figure.Figure(figsize=(9, 8), layout="constrained")
    axes = drawn.subplots()
    flat = clouds @ plane
    scale = np.abs(points @ plane).max() / max(np.abs(flat).max(), 1e-9)
    axes.scatter(
        flat[:, 0] * scale,
        flat[:, 1] * scale,
        s=9,
        color=plots.GREY,
        alpha=0.45,
        label="recordings",
    )
    for kind, color in (("trained on", plots.BLUE), ("not", plots.ORANGE)):
        part = [
            place
            for place, tag in enumerate(shown)
            if (names[tag] in seen) == (kind == "trained on")
        ]
        if not part:
            continue
        at = points[part] @ plane
        title = "tags trained on" if kind != "not" else "tags not trained on"
        axes.scatter(at[:, 0], at[:, 1], s=26, color=color, label=title)
        for place, point in zip(part, at, strict=True):
            axes.annotate(
                fonts.short(names[shown[place]]),
                point,
                xytext=(4, 4),
                textcoords="offset points",
                fontsize=8,
                color=color,
                parse_math=False,
            )
    axes.set(
        title="Recordings and tags in one space",
        xlabel="first principal direction of the tags",
        ylabel="second",
    )
    plots.plain(axes, grid="both")
    legend = axes.legend(frameon=False, fontsize=9, loc="best")
    with fonts.covering(drawn):
        _part_labels(axes, points @ plane, legend)
    return drawn


def _part_labels(axes, at, legend) -> None:
    """Puts each label where it covers least of dots and earlier labels."""
    axes.figure.draw_without_rendering()
    dots = [
        transforms.Bbox.from_bounds(x - 4, y - 4, 8, 8)
        for x, y in axes.transData.transform(at)
    ]
    taken = [legend.get_window_extent(), *dots]
    for label in axes.texts:
        covered = []
        for place in _LABEL_PLACES:
            _put(label, place)
            box = label.get_window_extent()
            covered.append(sum(_shared(box, other) for other in taken))
        _put(label, _LABEL_PLACES[int(np.argmin(covered))])
        taken.append(label.get_window_extent())


def _put(label, place) -> None:
    x, y = place
    label.set_position((4 * x, 4 * y))
    label.set_horizontalalignment({-1: "right", 0: "center", 1: "left"}[x])
    label.set_verticalalignment({-1: "top", 0: "center", 1: "bottom"}[y])


def _shared(one, other) -> float:
    both = transforms.Bbox.intersection(one, other)
    return both.width * both.height if both else 0.0


def _shown(truth, names, seen):
    """The most frequent tags that a recording carries; unseen ones last."""
    count = truth.sum(axis=0)
    order = np.argsort(-count, kind="stable")
    ranked = [tag for tag in order if count[tag]]
    known = [tag for tag in ranked if names[tag] in seen][: _MOST_TAGS // 2]
    others = [tag for tag in ranked if names[tag] not in seen]
    return [*known, *others[: _MOST_TAGS - len(known)]]


def _label(name, seen):
    return fonts.short(name) if name in seen else f"{fonts.short(name)} *"
