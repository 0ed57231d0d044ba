"""Optimisers and learning rate schedules: an entry of a table each."""

from collections.abc import Callable

import keras

from experiments.settings import tables

WARM_UP_SHARE = 0.05


def _momentum(rate, **options):
    return keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, **options)


def _adamw(rate, *, weight_decay, **options):
    return keras.optimizers.AdamW(
        rate, weight_decay=weight_decay or 0.0, **options
    )


# Each takes the learning rate, `weight_decay` and `global_clipnorm`; the last
# two are None if off.
OPTIMIZERS: dict[str, Callable[..., keras.optimizers.Optimizer]] = {
    "sgd": keras.optimizers.SGD,
    "momentum": _momentum,
    "adam": keras.optimizers.Adam,
    "adamw": _adamw,
}


def _constant(learning_rate, steps):
    return learning_rate


def _cosine(learning_rate, steps):
    """SGDR's cosine (Loshchilov & Hutter, 2017) after a linear warm-up.

    It falls to zero, without restarts. With w steps of warm-up, step i of them,
    counted from 0, has the rate (i + 1) / (w + 1): no step is lost.
    """
    warm_up = round(WARM_UP_SHARE * steps)
    return keras.optimizers.schedules.CosineDecay(
        learning_rate / (warm_up + 1),
        decay_steps=max(1, steps - warm_up),
        warmup_target=learning_rate if warm_up else None,
        warmup_steps=warm_up,
    )


# Each takes the highest learning rate and the steps of the whole training.
SCHEDULES: dict[str, Callable] = {"constant": _constant, "cosine": _cosine}


def make(
    name: str,
    *,
    schedule: str,
    learning_rate: float,
    steps: int,
    weight_decay: float = 0.0,
    clip_norm: float = 0.0,
) -> keras.optimizers.Optimizer:
    """Builds an optimiser.

    Args:
        name: one of `OPTIMIZERS`.
        schedule: one of `SCHEDULES`.
        learning_rate: highest learning rate.
        steps: of the whole training.
        weight_decay: decoupled from the gradient (Loshchilov & Hutter, 2019),
            on kernels only; 0 is off.
        clip_norm: largest global norm of the gradients; 0 is off.

    Returns:
        A Keras optimiser.

    Raises:
        ValueError: a name is unknown.
    """
    tables.check("optimizer", name, OPTIMIZERS)
    made = OPTIMIZERS[name](
        make_schedule(schedule, learning_rate, steps),
        weight_decay=weight_decay or None,
        global_clipnorm=clip_norm or None,
    )
    if weight_decay:
        # Shrinking a bias, the scale of a batch norm or the log of a
        # temperature regularises nothing.
        made.exclude_from_weight_decay(
            var_names=["bias", "gamma", "beta", "log_scale"]
        )
    return made


def make_schedule(
    name: str, learning_rate: float, steps: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """A float, or a schedule of Keras: an entry of `SCHEDULES`."""
    tables.check("schedule", name, SCHEDULES)
    return SCHEDULES[name](learning_rate, steps)


def rate_at(schedule: float | Callable[[int], float], step: int) -> float:
    """The learning rate of a step, counted from 0."""
    return float(schedule(step)) if callable(schedule) else schedule


def scale_steps(
    optimizer: keras.optimizers.Optimizer, shares: dict[str, float]
) -> None:
    """Trains some weights with a share of the learning rate.

    Their decoupled weight decay, which is part of a step, shrinks with it.

    Args:
        optimizer: is changed; if it scales the loss, the one inside it.
        shares: path of a weight -> share of the learning rate; other weights
            use all of it.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    whole_step, weight_decay = inner.update_step, inner.weight_decay
    inner.weight_decay = None  # Keras would take it at the whole rate.

    def update_step(
        gradient: keras.KerasTensor,
        variable: keras.Variable,
        learning_rate: keras.KerasTensor,
    ) -> None:
        # It may be the backend's variable, which has another name.
        place = inner._get_variable_index(variable)
        share = shares.get(inner._trainable_variables[place].path, 1.0)
        rate = learning_rate * share
        if weight_decay and inner._use_weight_decay(variable):
            inner.assign_sub(variable, variable * (weight_decay * rate))
        return whole_step(gradient, variable, rate)

    inner.update_step = update_step
