"""Optimisers and learning rate schedules by name."""

import keras

WARM_UP_SHARE = 0.05


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
        name: `sgd`, `momentum` (0.9, Nesterov), `adam` or `adamw`.
        schedule: `constant` or `cosine`.
        learning_rate: highest learning rate.
        steps: of the whole training.
        weight_decay: decoupled from the gradient (Loshchilov & Hutter, 2019),
            on kernels only; 0 is off.
        clip_norm: largest global norm of the gradients; 0 is off.

    Returns:
        A Keras optimiser.
    """
    rate = make_schedule(schedule, learning_rate, steps)
    clip = clip_norm or None
    match name:
        case "sgd":
            made = keras.optimizers.SGD(
                rate, weight_decay=weight_decay or None, global_clipnorm=clip
            )
        case "momentum":
            made = keras.optimizers.SGD(
                rate,
                momentum=0.9,
                nesterov=True,
                weight_decay=weight_decay or None,
                global_clipnorm=clip,
            )
        case "adam":
            made = keras.optimizers.Adam(
                rate, weight_decay=weight_decay or None, global_clipnorm=clip
            )
        case "adamw":
            made = keras.optimizers.AdamW(
                rate, weight_decay=weight_decay, global_clipnorm=clip
            )
        case _:
            raise ValueError(
                "`optimizer` must be sgd, momentum, adam or adamw. "
                f"Received: {name!r}"
            )
    if weight_decay:
        # Shrinking a bias, the scale of a batch norm or the log of a
        # temperature regularises nothing.
        made.exclude_from_weight_decay(
            var_names=["bias", "gamma", "beta", "log_scale"]
        )
    return made


def make_schedule(name: str, learning_rate: float, steps: int):
    """A float, or cosine decay to zero after a linear warm-up.

    SGDR's cosine (Loshchilov & Hutter, 2017) without restarts. The warm-up
    starts at 0: the first step moves no weight, and only begins the averages
    of the optimiser and of the batch norms.
    """
    match name:
        case "constant":
            return learning_rate
        case "cosine":
            warm_up = round(WARM_UP_SHARE * steps)
            return keras.optimizers.schedules.CosineDecay(
                0.0 if warm_up else learning_rate,
                decay_steps=max(1, steps - warm_up),
                warmup_target=learning_rate if warm_up else None,
                warmup_steps=warm_up,
            )
        case _:
            raise ValueError(
                f"`schedule` must be constant or cosine. Received: {name!r}"
            )


def rate_at(schedule, step: int) -> float:
    """The learning rate that a step, counted from 0, is taken with."""
    return float(schedule(step)) if callable(schedule) else schedule
