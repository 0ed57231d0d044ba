"""Several taggers as one: their logits on the same clip are averaged."""

import math
from collections.abc import Sequence
from typing import Any, Self

import keras
from keras import ops

from tftag.models import clip_model, tagger
from tftag.models import front_end as front_end_lib


@keras.saving.register_keras_serializable(package="tftag")
class AveragedTagger(clip_model.ClipModel):
    """Averages the logits of several taggers, each with its own weight.

    Networks that look at different things make different mistakes, so their
    mean ranks better than any of them. Each keeps its own front end; all see
    the same waveform.

    >>> import numpy as np
    >>> from tftag import audio
    >>> from tftag.models import averaged_tagger, backbone, tagger
    >>> config = tagger.TaggerConfig(backbone.BackboneConfig(width=1 / 64))
    >>> parts = [
    ...     tagger.Tagger(["calm", "loud"], audio.AudioSpec(), config)
    ...     for _ in range(2)
    ... ]
    >>> model = averaged_tagger.AveragedTagger(parts, [0.75, 0.25])
    >>> waveforms = np.random.default_rng(0).normal(size=(1, 16_000))
    >>> first, second = (part(waveforms) for part in parts)
    >>> bool(np.allclose(model(waveforms), 0.75 * first + 0.25 * second))
    True

    Args:
        parts: Taggers of the same tags, in the same order.
        shares: Weight of each part in the average; they add up to 1.

    Attributes:
        parts: As given, a tuple; the model has no weights but theirs.
        shares: As given, a tuple.
        front_end: Model from waveform and peak to the input of each backbone.
        backbone: Model from those to the vectors of all parts, concatenated.
        head: Model from the vectors to logits `[batch, tags]`.

    Raises:
        ValueError: The parts or shares do not fit together.
    """

    def __init__(
        self,
        parts: Sequence[clip_model.ClipModel],
        shares: Sequence[float],
        *,
        name: str = "averaged_tagger",
        trainable: bool = True,
    ):
        """Joins the parts."""
        samples = _check(parts, shares)
        super().__init__(
            _front_end(parts, samples),
            _backbone(parts),
            _head(parts, shares),
            name=name,
            trainable=trainable,
        )
        self.parts = tuple(parts)
        self.shares = tuple(map(float, shares))

    def get_config(self) -> dict[str, Any]:
        """Returns the parts as Keras saves them, each with its own config."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "parts": [
                keras.saving.serialize_keras_object(part) for part in self.parts
            ],
            "shares": list(self.shares),
        }

    @classmethod
    def from_config(
        cls,
        config: dict[str, Any],
        custom_objects: dict[str, type] | None = None,
    ) -> Self:
        """Builds the model of a config."""
        parts = [
            keras.saving.deserialize_keras_object(part, custom_objects)
            for part in config["parts"]
        ]
        return cls(**{**config, "parts": parts})


def _check(
    parts: Sequence[clip_model.ClipModel], shares: Sequence[float]
) -> int | None:
    """Returns the length that clips must have, None for any."""
    if len(parts) != len(shares) or not parts:
        raise ValueError(
            "Every part needs a share, and there must be one. "
            f"Received: {len(parts)} parts, {len(shares)} shares."
        )
    if not (min(shares) > 0 and math.isclose(sum(shares), 1, abs_tol=1e-6)):
        raise ValueError(
            f"`shares` must be > 0 and add up to 1. Received: {list(shares)}."
        )
    counts = {part.output_shape[-1] for part in parts}
    if len(counts) > 1:
        raise ValueError(
            f"The parts must have the same tags. Received: {sorted(counts)} "
            "outputs."
        )
    names = {part.tags for part in parts if isinstance(part, tagger.Tagger)}
    if len(names) > 1:
        raise ValueError(
            "The parts must have the same tags, in the same order. Received: "
            f"{', '.join(map(str, sorted(names))):.200}."
        )
    lengths = {part.input["waveform"].shape[1] for part in parts} - {None}
    if len(lengths) > 1:
        raise ValueError(
            "The parts must take clips of the same length. "
            f"Received: {sorted(lengths)} samples."
        )
    return next(iter(lengths), None)


def _named(part: keras.Model, number: int) -> keras.Model:
    """The same layers, in a model with a name of its own."""
    return keras.Model(part.input, part.output, name=f"{part.name}_{number}")


def _front_end(
    parts: Sequence[clip_model.ClipModel], samples: int | None
) -> keras.Model:
    inputs = front_end_lib.waveform_inputs(samples)
    outputs = [
        _named(part.front_end, number)(inputs)
        for number, part in enumerate(parts, start=1)
    ]
    return keras.Model(inputs, outputs, name="front_end")


def _backbone(parts: Sequence[clip_model.ClipModel]) -> keras.Model:
    inputs = [keras.Input(part.backbone.input.shape[1:]) for part in parts]
    vectors = [
        ops.cast(_named(part.backbone, number)(x), "float32")
        for number, (part, x) in enumerate(
            zip(parts, inputs, strict=True), start=1
        )
    ]
    return keras.Model(
        inputs, ops.concatenate(vectors, axis=-1), name="backbone"
    )


def _head(
    parts: Sequence[clip_model.ClipModel], shares: Sequence[float]
) -> keras.Model:
    widths = [part.backbone.output.shape[-1] for part in parts]
    inputs = keras.Input((sum(widths),), name="clip_vector")
    ends = [sum(widths[:number]) for number in range(1, len(widths))]
    vectors = ops.split(inputs, ends, axis=-1) if ends else [inputs]
    terms = []
    for number, (part, vector) in enumerate(
        zip(parts, vectors, strict=True), start=1
    ):
        logits = _named(part.head, number)(vector)
        if len(logits.shape) == 3:
            logits = ops.mean(logits, axis=1)
        terms.append(shares[number - 1] * ops.cast(logits, "float32"))
    outputs = terms[0]
    for term in terms[1:]:
        outputs = outputs + term
    return keras.Model(inputs, outputs, name="head")
