"""The three parts of every network on clips: front end, backbone, head."""

import dataclasses
from typing import Any, ClassVar, Self

import keras
from keras import ops

from tftag import audio
from tftag.models import front_end as front_end_lib
from tftag.models.backbones import backbone as backbone_lib


@keras.saving.register_keras_serializable(package="tftag")
class ClipModel(keras.Model):
    """A model in three parts, from a waveform to a logit per tag.

    It takes `{"waveform": [batch, samples], "peak": [batch]}`, or waveforms
    alone (see `front_end.with_peak`), so `fit`, `predict` and `evaluate` work
    on plain arrays.

    Args:
        front_end: Model from `{"waveform", "peak"}` to what the backbone
            takes, such as a spectrogram `[batch, frames, mels]`.
        backbone: Model from that to vectors `[batch, dim]`.
        head: Model from vectors to logits `[batch, tags]`, or `[batch, members,
            tags]`, whose mean over the members is the output.

    Attributes:
        front_end: As given.
        backbone: As given.
        head: As given.
    """

    def __init__(
        self,
        front_end: keras.Model,
        backbone: keras.Model,
        head: keras.Model,
        *,
        name: str = "clip_model",
        trainable: bool = True,
    ):
        """Joins the parts."""
        inputs = front_end_lib.waveform_inputs(
            front_end.input["waveform"].shape[1]
        )
        outputs = head(backbone(front_end(inputs)))
        if len(outputs.shape) == 3:
            outputs = ops.mean(outputs, axis=1)
        super().__init__(inputs, outputs, name=name, trainable=trainable)
        # Not those of a functional model: a waveform alone will do.
        self.input_spec = None
        # After the graph: what is set before comes first among the weights.
        self.front_end = front_end
        self.backbone = backbone
        self.head = head

    def call(
        self,
        inputs: keras.KerasTensor | dict[str, keras.KerasTensor],
        training: bool | None = None,
        mask: keras.KerasTensor | None = None,
    ) -> keras.KerasTensor:
        """Returns logits `[batch, tags]`."""
        return super().call(front_end_lib.with_peak(inputs), training, mask)

    def body(self) -> keras.Model:
        """Builds the model without its head: clips to `[batch, dim]`."""
        inputs = front_end_lib.waveform_inputs(self.input["waveform"].shape[1])
        return keras.Model(inputs, self.backbone(self.front_end(inputs)))

    def get_config(self) -> dict[str, Any]:
        """Returns the parts, serialised by Keras."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            **{
                part: keras.saving.serialize_keras_object(getattr(self, part))
                for part in ("front_end", "backbone", "head")
            },
        }

    @classmethod
    def from_config(
        cls,
        config: dict[str, Any],
        custom_objects: dict[str, type] | None = None,
    ) -> Self:
        """Builds the model of a config."""
        parts = {
            name: keras.saving.deserialize_keras_object(value, custom_objects)
            for name, value in config.items()
        }
        return cls(**parts)


class TagModel(ClipModel):
    """A clip model that is saved as what it is built of, not by its layers.

    Attributes:
        config_class: Of `config`.
        tags: Names of the tags, in the order of the outputs.
        audio_spec: Of the waveforms.
        config: What was built.
    """

    config_class: ClassVar[type]
    tags: tuple[str, ...]
    audio_spec: audio.AudioSpec
    config: Any

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments, as JSON has them."""
        return {
            "tags": list(self.tags),
            "audio_spec": dataclasses.asdict(self.audio_spec),
            "config": dataclasses.asdict(self.config),
            "dtype": keras.dtype_policies.serialize(self.dtype_policy),
            "name": self.name,
            "trainable": self.trainable,
        }

    @classmethod
    def from_config(
        cls,
        config: dict[str, Any],
        custom_objects: dict[str, type] | None = None,
    ) -> Self:
        """Builds the model of a config."""
        parts = dict(config["config"])
        parts["backbone"] = backbone_lib.BackboneConfig(**parts["backbone"])
        made = {
            "audio_spec": audio.AudioSpec(**config["audio_spec"]),
            "config": cls.config_class(**parts),
            "dtype": keras.dtype_policies.deserialize(config["dtype"]),
        }
        return cls(**{**config, **made})
