"""The settings of an experiment with a tagger, and their presets.

A preset is a function; each flag on the command line replaces one field of what
it returns (`flags`).
"""

import dataclasses
import typing

from experiments.settings import (
    averages,
    cached_vectors,
    fine_tuning_config,
    flags,
    optimizers,
    pretrained,
    tables,
    training_config,
)
from pipelines.reading import augmentation as augmentations
from tftag import audio as audio_lib
from tftag.losses import classification
from tftag.models import tagger
from tftag.models.backbones import backbone
from tftag.models.backbones import descriptors as descriptors_lib
from tftag.pretrained import published_taggers
from tftag.storage.remote import hub

TRAIN_ON = ("train", "all")
SYNTHETIC = "synthetic"


@dataclasses.dataclass(frozen=True)
class BaselineConfig:
    """A baseline tagger: data, signal, network and training.

    Attributes:
        data: folder of a prepared data set, or `synthetic` for the embedded
            one.
        preset: which preset the other values start from.
        name: name of the run; if empty, the UTC time at which it starts.
        seed: seed of the initial weights and of every random draw.
        train_on: `train` for the training split, or `all` for all recordings,
            without validation.
        init_from: what to start from: pretrained models (`msd_musicnn`,
            `mtt_musicnn`, `msd_vgg`, or several joined by `+`), a run folder,
            an export, or `hub:` followed by the handle or folder of an audio
            module; empty for random weights.
        freeze: keep the body that `init_from` gave and train the head alone;
            with `head_units`, on clip vectors that are computed once.
        shuffle_labels: shuffle the training labels, as a control.
        average_with: presets to average with, joined by `+`: each is trained
            beside this one, from what the preset starts from, and the export
            is the average of all. Empty for none.
        average_share: weight of each of them in the average of the log-odds.
    """

    # What flags may name: help and errors list the entries, or what a
    # function gives where they are of more than one table.
    TABLES: typing.ClassVar = {
        "architecture": backbone.ARCHITECTURES,
        "loss": classification.LOSSES,
        "optimizer": optimizers.OPTIMIZERS,
        "pooling": backbone.poolings,
        "schedule": optimizers.SCHEDULES,
    }

    data: str = SYNTHETIC
    preset: str = "demo"
    name: str = ""
    seed: int = 0
    train_on: str = "train"
    init_from: str = ""
    freeze: bool = False
    shuffle_labels: bool = False
    average_with: str = ""
    average_share: float = 1 / 3
    audio: audio_lib.AudioSpec = dataclasses.field(
        default_factory=audio_lib.AudioSpec
    )
    model: tagger.TaggerConfig = dataclasses.field(
        default_factory=tagger.TaggerConfig
    )
    training: training_config.TrainingConfig = dataclasses.field(
        default_factory=training_config.TrainingConfig
    )
    augmentation: augmentations.Augmentation = dataclasses.field(
        default_factory=augmentations.Augmentation
    )
    fine_tuning: fine_tuning_config.FineTuningConfig = dataclasses.field(
        default_factory=fine_tuning_config.FineTuningConfig
    )

    def __post_init__(self):
        """Refuses invalid values."""
        tables.check("preset", self.preset, PRESETS)
        tables.check("train_on", self.train_on, TRAIN_ON)
        tables.check("seed", self.seed, tables.SEEDS)
        training = self.training
        tables.check("loss", training.loss, classification.LOSSES)
        weighted = classification.weighted_losses()
        if training.tag_weights != "none" and training.loss not in weighted:
            raise ValueError(
                f"`tag_weights` need `loss` {' or '.join(weighted)}. "
                f"Received: {training.tag_weights!r} with {training.loss!r}"
            )
        learns = any(kind.learns for kind in self.model.backbone.kinds)
        if self.freeze and learns and not self.init_from:
            raise ValueError(
                "`freeze` needs `init_from`: random weights are not worth "
                "keeping. Received: no init_from"
            )
        pretrained.check(self.init_from, self.audio, self.model.backbone)
        if self.is_on_cached_vectors:
            cached_vectors.check(training, self.augmentation)
        fine_tuning_config.check(self)
        if training.tag_sharing and self.init_from.startswith(hub.PREFIX):
            raise ValueError(
                "`tag_sharing` is of a head with members, which a tagger on an "
                "audio module has not: set --tag-sharing 0. "
                f"Received: {training.tag_sharing} with {self.init_from}"
            )
        for name in averages.presets(self.average_with):
            tables.check("average_with", name, PRESETS)
            averages.check(self, PRESETS[name]())

    @property
    def is_on_cached_vectors(self) -> bool:
        """Whether a head, and nothing else, is trained on cached vectors."""
        is_tuned = self.fine_tuning.fine_tune_epochs > 0
        return self.freeze and self.model.head_units > 0 and not is_tuned

    @property
    def clips_at_once(self) -> int:
        """Clips in a batch of waveforms."""
        if self.fine_tuning.fine_tune_epochs:
            return self.fine_tuning.fine_tune_batch_size
        return self.training.batch_size

    @property
    def starts(self) -> tuple[str, ...]:
        """What this tagger and those it is averaged with start from."""
        beside = self.averaged_networks().values()
        return (self.init_from, *(other.init_from for other in beside))

    def averaged_networks(self) -> dict[str, "BaselineConfig"]:
        """Settings of the networks that `average_with` names, by preset."""
        names = averages.presets(self.average_with)
        return {name: self._beside(PRESETS[name]()) for name in names}

    def _beside(self, other):
        """A preset with the data of this tagger.

        If it takes clips of one length only, it gets those of this tagger.
        """
        signal = other.audio
        if other.model.backbone.fixes_clip_length:
            signal = dataclasses.replace(
                signal,
                clip_seconds=self.audio.clip_seconds,
                clip_step_seconds=self.audio.clip_step_seconds,
            )
        return dataclasses.replace(
            other,
            audio=signal,
            data=self.data,
            seed=self.seed,
            train_on=self.train_on,
            shuffle_labels=self.shuffle_labels,
            average_with="",
        )


def demo() -> BaselineConfig:
    """A narrow model that two CPU cores train in minutes; the default."""
    return BaselineConfig(
        preset="demo",
        audio=audio_lib.AudioSpec(clip_seconds=10.0),
        model=tagger.TaggerConfig(
            backbone=backbone.BackboneConfig(width=0.125)
        ),
        training=training_config.TrainingConfig(
            epochs=40, learning_rate=3e-3, average_decay=0.98
        ),
    )


def seed() -> BaselineConfig:
    """The reference experiment, for a GPU.

    Two choices it leaves open: batches of 16, and each mel band standardised
    before the first block.
    """
    return BaselineConfig(
        preset="seed",
        audio=audio_lib.AudioSpec(clip_seconds=30.0),
        model=tagger.TaggerConfig(
            backbone=backbone.BackboneConfig(
                width=1.0, pooling="flatten", pool_padding="valid"
            )
        ),
        training=training_config.TrainingConfig(
            epochs=100,
            optimizer="sgd",
            learning_rate=0.001,
            schedule="constant",
            weight_decay=0.0,
            clip_norm=0.0,
            tag_prior=False,
        ),
    )


def strong() -> BaselineConfig:
    """For a few hundred real recordings, on two CPU cores.

    Narrow networks and a coarse grid of frames make steps cheap, so there is
    time for many of them, and for two networks whose logits are averaged.
    Rhythm and harmony are left to `descriptors`.
    """
    return BaselineConfig(
        preset="strong",
        average_with="descriptors",
        audio=audio_lib.AudioSpec(
            clip_seconds=10.0, clip_step_seconds=5.0, hop_samples=1_024
        ),
        model=tagger.TaggerConfig(
            dropout=0.3,
            backbone=backbone.BackboneConfig(
                width=0.125, batch_norm_momentum=0.95, members=2
            ),
        ),
        training=training_config.TrainingConfig(
            epochs=100,
            learning_rate=4e-3,
            weight_decay=2e-2,
            average_decay=0.998,
            score_every=10,
            precision="mixed_float16",
        ),
        augmentation=augmentations.Augmentation(
            mel_masks=1, time_masks=1, time_mask_frames=20, mixup_alpha=0.2
        ),
    )


def _of_heads(epochs):
    """How hidden layers on cached vectors are trained."""
    return training_config.TrainingConfig(
        epochs=epochs,
        batch_size=64,
        learning_rate=1e-3,
        weight_decay=1e-2,
        clip_norm=0.0,
        tag_sharing=0.1,
        score_every=10,
    )


def descriptors() -> BaselineConfig:
    """Hidden layers on rhythm and harmony; trains in seconds."""
    return BaselineConfig(
        preset="descriptors",
        freeze=True,
        audio=dataclasses.replace(
            descriptors_lib.AUDIO, clip_seconds=10.0, clip_step_seconds=5.0
        ),
        model=tagger.TaggerConfig(
            dropout=0.1,
            head_units=512,
            head_dropout=0.6,
            head_members=4,
            head_components=200,
            backbone=backbone.BackboneConfig(
                architecture="descriptors", pooling="average", patch_frames=64
            ),
        ),
        training=_of_heads(80),
        augmentation=augmentations.Augmentation(mixup_alpha=0.4),
    )


def _on_published(preset, init_from, body, components):
    """Hidden layers on the bodies of published taggers, which stay."""
    return BaselineConfig(
        preset=preset,
        init_from=init_from,
        freeze=True,
        # Half of a clip of 30 s, and a little more.
        audio=dataclasses.replace(published_taggers.AUDIO, clip_seconds=15.1),
        model=tagger.TaggerConfig(
            dropout=0.1,
            head_units=512,
            head_dropout=0.6,
            head_members=4,
            head_components=components,
            backbone=backbone.BackboneConfig(
                pooling="embedding",
                patch_frames=published_taggers.AUDIO.clip_frames,
                **body,
            ),
        ),
        training=_of_heads(40),
        augmentation=augmentations.Augmentation(mixup_alpha=0.4),
    )


def transfer() -> BaselineConfig:
    """From the pretrained taggers, for a few hundred real recordings.

    The bodies of both musicnn are kept; four hidden layers on the vectors they
    make of a clip are trained in seconds. `transfer_vgg`, and the networks of
    `strong` and `descriptors`, trained from random weights, contribute 0.15 of
    the log-odds each: they make other mistakes.
    """
    heads = _on_published(
        "transfer",
        "msd_musicnn+mtt_musicnn",
        {"architecture": "musicnn", "members": 2},
        400,
    )
    return dataclasses.replace(
        heads,
        average_with="transfer_vgg+strong+descriptors",
        average_share=0.15,
    )


def transfer_vgg() -> BaselineConfig:
    """As `transfer`, from the pretrained vgg alone; trains in seconds."""
    return _on_published(
        "transfer_vgg", "msd_vgg", {"architecture": "vgg"}, 250
    )


def short_chunk() -> BaselineConfig:
    """The 7-block network of Won et al. 2020 on chunks of 3.69 s.

    For MagnaTagATune, MTG-Jamendo and a GPU; a recording of 29.1 s is read in
    16 evenly spaced chunks whose probabilities are averaged. Theirs goes on
    with SGD where Adam ends; here the best epoch under Adam is taken. Their
    window of 512 samples leaves one of the 128 bands without an FFT bin.
    https://arxiv.org/abs/2006.00751
    """
    return BaselineConfig(
        preset="short_chunk",
        audio=audio_lib.AudioSpec(
            clip_seconds=3.69,
            clip_step_seconds=1.7,
            window_samples=1_024,
            hop_samples=256,
            min_hz=0.0,
        ),
        model=tagger.TaggerConfig(
            dropout=0.5,
            backbone=backbone.BackboneConfig(
                architecture="short_chunk",
                pooling="embedding",
                pool_padding="valid",
                batch_norm_momentum=0.9,
            ),
        ),
        training=training_config.TrainingConfig(
            epochs=200,
            patience=80,
            optimizer="adam",
            learning_rate=1e-4,
            schedule="constant",
            weight_decay=0.0,
            clip_norm=0.0,
            tag_prior=False,
        ),
    )


PRESETS = {
    "demo": demo,
    "seed": seed,
    "strong": strong,
    "descriptors": descriptors,
    "short_chunk": short_chunk,
    "transfer": transfer,
    "transfer_vgg": transfer_vgg,
}


def from_leaves(values: dict[str, object]) -> BaselineConfig:
    """The config whose `flags.leaves` are these values."""
    preset = str(values["preset"])
    tables.check("preset", preset, PRESETS)
    config = PRESETS[preset]()
    # A run without this setting is older than averages.
    values = {"average_with": "", **values}
    unknown = sorted(values.keys() - flags.leaves(config).keys())
    if unknown:
        raise ValueError(
            "Settings must be those of this version. "
            f"Received: {', '.join(unknown)}"
        )
    return flags.replace(config, values)
