"""The hidden layers of a head, between a clip's vector and the last layer."""

from typing import Any, Protocol

import keras

from tftag.models.backbones import backbone

# Fields of a model's config that describe them.
SETTINGS = (
    "dropout",
    "head_units",
    "head_dropout",
    "head_members",
    "head_components",
)


class Config(Protocol):
    """The fields of a model's config that describe its hidden layers."""

    @property
    def backbone(self) -> backbone.BackboneConfig:
        """What makes the vector."""

    @property
    def dropout(self) -> float:
        """Dropout rate of the vector."""

    @property
    def head_units(self) -> int:
        """Units of each hidden layer; 0 for none."""

    @property
    def head_dropout(self) -> float:
        """Dropout rate of these units."""

    @property
    def head_members(self) -> int:
        """Number of hidden layers side by side."""

    @property
    def head_components(self) -> int:
        """Principal components to replace the vector by; 0 for none."""


def check(config: Config) -> None:
    """Refuses invalid values.

    Args:
        config: Of a model, with all fields of `SETTINGS`.

    Raises:
        ValueError: Names the setting.
    """
    for name in ("dropout", "head_dropout"):
        if not 0 <= getattr(config, name) < 1:
            raise ValueError(
                f"`{name}` must be in [0, 1). "
                f"Received: {getattr(config, name)}."
            )
    least = {"head_units": 0, "head_members": 1, "head_components": 0}
    for name, limit in least.items():
        if not getattr(config, name) >= limit:
            raise ValueError(
                f"`{name}` must be >= {limit}. "
                f"Received: {getattr(config, name)}."
            )
    if not config.head_units and len(config.backbone.kinds) > 1:
        raise ValueError(
            "Members of several kinds differ in length, which a hidden layer "
            "alone can take: set `head_units`. "
            f"Received: `architecture` {config.backbone.architecture} without."
        )
    # Without a hidden layer, these stay what they are.
    fixed = {"head_dropout": 0, "head_members": 1, "head_components": 0}
    for name, value in fixed.items():
        if not config.head_units and getattr(config, name) != value:
            raise ValueError(
                f"`{name}` needs a hidden layer: set `head_units`. "
                f"Received: {getattr(config, name)} without."
            )


def apply(x: Any, config: Config) -> Any:
    """Applies components, dropout and hidden layers to clip vectors.

    Args:
        x: A backbone's vectors, `[batch, dim]`.
        config: What to build.

    Returns:
        `[batch, head_members * head_units]`, or `[batch, dim]` without a
        hidden layer.
    """
    if config.head_components:
        components = keras.layers.Dense(
            config.head_components, name="components"
        )
        # Of the training data, not of the loss.
        components.trainable = False
        x = components(x)
    x = keras.layers.Dropout(config.dropout, name="dropout")(x)
    if not config.head_units:
        return x
    # Each member sees the whole vector, and has a part of these.
    x = keras.layers.Dense(
        config.head_members * config.head_units,
        activation="relu",
        name="hidden",
    )(x)
    return keras.layers.Dropout(config.head_dropout, name="hidden_dropout")(x)
