import keras
import keras_checks
import numpy as np
import pytest
from keras import ops

from tftag import losses
from tftag.losses import negatives
from tftag.models import precision

ALL = {
    "sigmoid": losses.BinaryCrossentropy,
    "info_nce": losses.MultiPositiveInfoNCE,
} | {
    name: lambda sampling=sampling: losses.TripletMargin(sampling)
    for name, sampling in negatives.SAMPLINGS.items()
}
every_loss = pytest.mark.parametrize("name", ALL)


def _batch(seed=0, clips=6, tags=5, members=2, soft=False):
    draw = np.random.default_rng(seed)
    labels = (draw.uniform(size=(clips, 1, tags)) < 0.4).astype("float32")
    if soft:  # mixup with the next clip
        labels = 0.7 * labels + 0.3 * np.roll(labels, 1, axis=0)
    cosines = draw.uniform(-1, 1, (clips, members, tags)).astype("float32")
    return labels.astype("float32"), cosines


def _slow_one_way(labels, logits):
    """Clip to tags: `[clips, tags]` each, one exponential at a time."""
    total = weight = 0.0
    for clip, scores in zip(labels, logits, strict=True):
        if not clip.any():
            continue
        terms = 0.0
        for t, label in enumerate(clip):
            others = [
                (1 - clip[n]) * np.exp(scores[n])
                for n in range(len(clip))
                if n != t
            ]
            own = np.exp(scores[t])
            terms += label * -np.log(own / (own + sum(others)))
        total += clip.max() * terms / clip.sum()
        weight += clip.max()
    return total / weight


def _slow_info_nce(labels, logits):
    labels = labels[:, 0].astype("float64")
    ways = []
    for member in range(logits.shape[1]):
        scores = logits[:, member].astype("float64")
        ways.append(_slow_one_way(labels, scores))
        ways.append(_slow_one_way(labels.T, scores.T))
    return np.mean(ways)


def _drawn_triplets(name, labels, cosines, margin, draws):
    """Draws triplets as the descriptions say, for hard labels, one member."""
    draw = np.random.default_rng(5)
    usable = [t for t in range(labels.shape[1]) if 0 < labels[:, t].mean() < 1]
    pairs = [(i, t) for t in usable for i in np.flatnonzero(labels[:, t])]
    values = []
    for _ in range(draws):
        clip, tag = pairs[draw.integers(len(pairs))]
        if name != "random":
            tag = draw.choice(usable)
            clip = draw.choice(np.flatnonzero(labels[:, tag]))
        without = np.flatnonzero(labels[:, tag] == 0)
        nearness = (cosines[without, tag] + 1) / 2
        match name:
            case "distance":
                other = draw.choice(without, p=nearness / nearness.sum())
            case "hard":
                other = without[np.argmax(nearness)]
            case _:
                other = draw.choice(without)
        values.append(
            max(0.0, margin - cosines[clip, tag] + cosines[other, tag])
        )
    return np.mean(values), np.std(values) / np.sqrt(draws)


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_info_nce_is_the_slow_one(seed, soft):
    labels, cosines = _batch(seed, soft=soft)
    labels[0] = 0  # a clip without a tag
    labels[:, :, 0] = 0  # a tag without a clip
    value = losses.MultiPositiveInfoNCE()(labels, cosines * 3)
    expected = _slow_info_nce(labels, cosines * 3)
    assert float(value) == pytest.approx(expected, rel=1e-5)


def test_info_nce_of_one_tag_per_clip_is_cross_entropy_both_ways():
    _, logits = _batch(clips=4, tags=4, members=1)
    shares = np.exp(logits[:, 0])
    tags = -np.log(np.diag(shares / shares.sum(axis=1, keepdims=True)))
    clips = -np.log(np.diag(shares / shares.sum(axis=0, keepdims=True)))
    value = losses.MultiPositiveInfoNCE()(np.eye(4), logits[:, 0])
    assert float(value) == pytest.approx((tags + clips).mean() / 2, rel=1e-5)


@pytest.mark.parametrize("name", negatives.SAMPLINGS)
def test_triplet_is_the_expected_value_of_the_drawn_one(name):
    labels, cosines = _batch(2, clips=8, members=1)
    value = float(
        losses.TripletMargin(negatives.SAMPLINGS[name])(labels, cosines)
    )
    drawn, error = _drawn_triplets(
        name, labels[:, 0], cosines[:, 0], margin=0.4, draws=4_000
    )
    assert error < 0.02
    assert abs(value - drawn) < 4 * error


def test_the_sigmoid_loss_is_that_of_the_paper_per_tag():
    labels, logits = _batch()
    logits = logits * 10 - 3
    sign = 2 * labels - 1
    siglip = np.log1p(np.exp(-sign * logits)).sum(axis=-1).mean()
    value = float(losses.BinaryCrossentropy()(labels, logits))
    assert value * labels.shape[-1] == pytest.approx(siglip, rel=1e-5)


@every_loss
def test_unchanged_by_the_order_of_clips_tags_and_members(name):
    labels, cosines = _batch(soft=True)
    value = float(ALL[name]()(labels, cosines))
    assert value > 0
    order = np.random.default_rng(1).permutation
    rows, tags = order(6), order(5)
    shuffled = labels[rows][:, :, tags], cosines[rows][:, ::-1, tags]
    assert float(ALL[name]()(*shuffled)) == pytest.approx(value, rel=1e-5)


@every_loss
def test_the_mean_of_the_members(name):
    labels, cosines = _batch(members=3)
    alone = [
        float(ALL[name]()(labels[:, 0], cosines[:, member]))
        for member in range(3)
    ]
    together = float(ALL[name]()(labels, cosines))
    assert together == pytest.approx(np.mean(alone), rel=1e-5)


@every_loss
def test_falls_as_a_positive_pair_moves_closer(name):
    labels, cosines = _batch()
    cosines = 0.3 * cosines
    clip, _, tag = np.argwhere(labels)[0]
    values = []
    for cosine in (-0.5, 0.0, 0.5):
        cosines[clip, :, tag] = cosine
        values.append(float(ALL[name]()(labels, cosines)))
    assert values[0] > values[1] > values[2]


@every_loss
def test_positives_are_pulled_and_negatives_pushed(name):
    labels, cosines = _batch()
    gradient = keras_checks.gradient(ALL[name](), labels, cosines)
    labels = np.broadcast_to(labels, gradient.shape)
    assert np.all(gradient[labels == 1] <= 0)
    assert np.all(gradient[labels == 0] >= 0)
    assert gradient.min() < 0 < gradient.max()


@pytest.mark.parametrize("name", [name for name in ALL if name != "sigmoid"])
def test_clips_and_tags_without_a_partner_add_nothing(name):
    labels, cosines = _batch()
    value = float(ALL[name]()(labels, cosines))
    more = np.random.default_rng(3).uniform(-1, 1, (6, 2, 2))
    empty_tags = (
        np.concatenate([labels, np.zeros((6, 1, 2), "float32")], axis=-1),
        np.concatenate([cosines, np.full_like(more, -1.0)], axis=-1),
    )
    if name == "info_nce":  # still a negative, so far that e^s is nothing
        empty_tags[1][:, :, 5:] = -100.0
    assert float(ALL[name]()(*empty_tags)) == pytest.approx(value, rel=1e-5)
    labels[0] = 0
    gradient = keras_checks.gradient(ALL[name](), labels, cosines)
    assert np.all(gradient[0] >= 0)  # nothing but a negative of others


@every_loss
@pytest.mark.parametrize("fill", [0.0, 1.0])
def test_a_batch_of_only_positives_or_negatives_is_no_trouble(name, fill):
    labels, cosines = _batch()
    labels[:] = fill
    value = float(ALL[name]()(labels, cosines))
    assert np.isfinite(value) and (value == 0 or name == "sigmoid")
    assert np.all(
        np.isfinite(keras_checks.gradient(ALL[name](), labels, cosines))
    )


@every_loss
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e2, 1e4])
@pytest.mark.parametrize("soft", [False, True])
def test_finite_at_any_temperature(name, scale, soft):
    labels, cosines = _batch(soft=soft)
    labels[0], labels[1], labels[:, :, 1] = 0, 1, 0
    logits = cosines * scale
    assert np.isfinite(float(ALL[name]()(labels, logits)))
    assert np.all(
        np.isfinite(keras_checks.gradient(ALL[name](), labels, logits))
    )


@every_loss
def test_float32_inside_whatever_comes_in(name):
    labels, cosines = _batch()
    cosines = np.round(cosines * 64) / 64  # exact in half precision
    expected = float(ALL[name]()(labels, cosines))
    for half in ("float16", "bfloat16"):
        with precision.policy(f"mixed_{half}"):
            value = ALL[name]()(ops.cast(labels, half), ops.cast(cosines, half))
        assert keras.backend.standardize_dtype(value.dtype) == "float32"
        assert float(value) == expected


def test_hold_to_the_checks_of_a_loss():
    for loss in (
        losses.MultiPositiveInfoNCE(),
        losses.TripletMargin(negatives.hard, margin=0.2),
        losses.TripletMargin(negatives.random, name="other"),
    ):
        keras_checks.check_round_trip(loss, *_batch())


def test_what_makes_no_sense_is_refused():
    for margin in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(ValueError, match="`margin` must be > 0"):
            losses.TripletMargin(margin=margin)
    with pytest.raises(ValueError, match="a function such as.*'hard'"):
        losses.TripletMargin("hard")


@every_loss
def test_labels_are_never_broadcast(name):
    labels, cosines = _batch()
    for wrong in (labels[:1], labels[..., :1], labels[..., :4]):
        with pytest.raises(ValueError, match="Received: labels of shape"):
            ALL[name]()(wrong, cosines)


@pytest.mark.parametrize("name", [name for name in ALL if name != "sigmoid"])
def test_labels_of_each_member_are_refused(name):
    """As more clips they would make the loss smaller, silently."""
    labels, cosines = _batch(members=3)
    with pytest.raises(ValueError, match="the same for all members"):
        ALL[name]()(np.repeat(labels, 3, axis=1), cosines)
