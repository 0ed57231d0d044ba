"""The settings of an experiment with a dual encoder, and their presets."""

import dataclasses
import typing

from experiments.settings import (
    baseline_config,
    cached_vectors,
    pretrained,
    tables,
    training_config,
)
from pipelines.reading import augmentation as augmentations
from tftag import audio as audio_lib
from tftag.losses import contrastive, negatives
from tftag.models import dual_encoder, hidden_layer
from tftag.pretrained import published_taggers
from tftag.storage.remote import hub
from tftag.zero_shot import tag_split

PROTOCOLS = (tag_split.HIDDEN_LABELS, tag_split.STRICT)
BODIES = ("own", "tagger", "outputs")


@dataclasses.dataclass(frozen=True)
class HeadsConfig:
    """How the towers are trained on a body that is kept.

    Attributes:
        heads_epochs: number of passes of the towers over the training clips.
        heads_batch_size: clips per step of the towers.
        heads_learning_rate: highest learning rate of the towers.
    """

    heads_epochs: int = 30
    heads_batch_size: int = 128
    heads_learning_rate: float = 2e-3

    def __post_init__(self):
        """Refuses invalid values."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            tables.check_bounds(field.name, value, value > 0, "greater than 0")


@dataclasses.dataclass(frozen=True)
class DualConfig:
    """A dual encoder: data, words, signal, network and training.

    Attributes:
        data: folder of a prepared data set, or `synthetic` for the embedded
            one, which has its own unseen tags.
        preset: which preset the other values start from.
        name: name of the run; if empty, the UTC time at which it starts.
        seed: seed of the initial weights and of every random draw.
        train_on: `train` for the training split, or `all` for all recordings,
            without validation.
        body: `own` trains the body together with the towers. `tagger` first
            trains a tagger of the same tags, then the towers on its body.
            `outputs` describes a clip by the outputs of that tagger and those
            of `init_from`, and a word by how near it is to their names; the
            text tower is not trained, and `dim` and `text_units` follow.
        init_from: tagger whose body to start from: pretrained models
            (`msd_musicnn`, `mtt_musicnn`, `msd_vgg`, or several joined by
            `+`), a run folder, or an export; empty for random weights.
        freeze: keep the body that `init_from` gave.
        shuffle_labels: shuffle the training labels, as a control.
        words: source of the word vectors: `shipped`, `random` (a control), a
            GloVe text file, `word2vec:PATH` or `hub:HANDLE`.
        unseen_count: number of tags that training must not see; the embedded
            data set has its own.
        unseen_draws: JSON file that replaces `unseen_count` and `tag_seed`, to
            use the tags of another study: a list of lists of tags, the unseen
            ones of each draw.
        tag_seed: seed of the draw of unseen tags.
        protocol: `hidden-labels` trains on all training recordings but never
            reads the labels of unseen tags; `strict` trains only on recordings
            without an unseen tag.
        negatives: how the triplet loss draws negatives.
    """

    # What flags may name: help and errors list the entries.
    TABLES: typing.ClassVar = {
        **baseline_config.BaselineConfig.TABLES,
        "loss": contrastive.LOSSES,
        "negatives": negatives.SAMPLINGS,
    }

    data: str = baseline_config.SYNTHETIC
    preset: str = "demo"
    name: str = ""
    seed: int = 0
    train_on: str = "train"
    body: str = "own"
    init_from: str = ""
    freeze: bool = False
    shuffle_labels: bool = False
    words: str = "shipped"
    unseen_count: int = 0
    unseen_draws: str = ""
    tag_seed: int = 0
    protocol: str = tag_split.HIDDEN_LABELS
    negatives: str = "distance"
    audio: audio_lib.AudioSpec = dataclasses.field(
        default_factory=audio_lib.AudioSpec
    )
    model: dual_encoder.DualEncoderConfig = dataclasses.field(
        default_factory=dual_encoder.DualEncoderConfig
    )
    heads: HeadsConfig = dataclasses.field(default_factory=HeadsConfig)
    training: training_config.TrainingConfig = dataclasses.field(
        default_factory=lambda: training_config.TrainingConfig(loss="sigmoid")
    )
    augmentation: augmentations.Augmentation = dataclasses.field(
        default_factory=augmentations.Augmentation
    )

    def __post_init__(self):
        """Refuses invalid values."""
        tables.check("preset", self.preset, PRESETS)
        tables.check("train_on", self.train_on, baseline_config.TRAIN_ON)
        tables.check("seed", self.seed, tables.SEEDS)
        tables.check("tag_seed", self.tag_seed, tables.SEEDS)
        tables.check("protocol", self.protocol, PROTOCOLS)
        tables.check("body", self.body, BODIES)
        tables.check("negatives", self.negatives, negatives.SAMPLINGS)
        tables.check("loss", self.training.loss, contrastive.LOSSES)
        if self.training.tag_weights != "none":
            raise ValueError(
                "A contrastive loss has no `tag_weights`. "
                f"Received: {self.training.tag_weights!r}"
            )
        if self.training.tag_sharing and self.body != "outputs":
            raise ValueError(
                "A dual encoder has no logits of its own to share: leave "
                f"`tag_sharing` 0. Received: {self.training.tag_sharing}"
            )
        if self.unseen_count and self.unseen_draws:
            raise ValueError(
                "Unseen tags are drawn, or those of `unseen_draws`: leave one "
                f"out. Received: {self.unseen_count} and {self.unseen_draws}"
            )
        tables.check_least(self, {"unseen_count": 0})
        if self.init_from.startswith(hub.PREFIX):
            raise ValueError(
                "A dual encoder starts from the body of a tagger; an audio "
                f"module has none. Received: {self.init_from}"
            )
        pretrained.check(self.init_from, self.audio, self.model.backbone)
        if self.freeze and not self.init_from:
            raise ValueError(
                "`freeze` needs `init_from`: a random body is not worth "
                "keeping. Received: no init_from"
            )
        if self.body == "outputs":
            self._check_outputs()
        if self.is_on_cached_vectors:
            cached_vectors.check(self.training, self.augmentation)
        elif self.model.head_units:
            raise ValueError(
                "`head_units` are on a body that stays: set --freeze. "
                f"Received: {self.model.head_units} without `freeze`"
            )

    def _check_outputs(self):
        if not self.is_on_cached_vectors:
            raise ValueError(
                "`body` outputs is of a body that stays, with a hidden layer: "
                "set --freeze and --head-units, or another --body. "
                f"Received: freeze {self.freeze}, {self.model.head_units} units"
            )
        usual = dual_encoder.DualEncoderConfig()
        for name in "joint", "dim", "text_units", "text_dropout", "word_noise":
            if (given := getattr(self.model, name)) != getattr(usual, name):
                raise ValueError(
                    f"`{name}` is of a text tower that is trained: leave it "
                    f"out, or set --body own. Received: {given}"
                )

    @property
    def starts(self) -> tuple[str, ...]:
        """What it starts from, alone: it is averaged with nothing."""
        return (self.init_from,)

    @property
    def is_on_cached_vectors(self) -> bool:
        """Whether towers are trained on clip vectors that are computed once."""
        return self.freeze and self.model.head_units > 0


def demo() -> DualConfig:
    """A narrow model that two CPU cores train in minutes; the default."""
    made = baseline_config.demo()
    return DualConfig(
        preset="demo",
        body="tagger",
        audio=made.audio,
        model=dual_encoder.DualEncoderConfig(
            # Two, as half of the recordings it is asked about play instruments
            # that none of its training plays.
            backbone=dataclasses.replace(made.model.backbone, members=2),
            dim=64,
            text_units=128,
            word_noise=1.0,
        ),
        # Few recordings, so many passes.
        heads=HeadsConfig(heads_epochs=60),
        training=dataclasses.replace(
            made.training, loss="sigmoid", tag_prior=False
        ),
    )


def seed() -> DualConfig:
    """The body of the reference experiment, at full width, for a GPU."""
    made = baseline_config.seed()
    return DualConfig(
        preset="seed",
        audio=made.audio,
        model=dual_encoder.DualEncoderConfig(backbone=made.model.backbone),
        training=dataclasses.replace(
            made.training,
            loss="infonce",
            optimizer="adam",
            clip_norm=1.0,
        ),
    )


def strong() -> DualConfig:
    """For a few hundred real recordings, on two CPU cores."""
    made = baseline_config.strong()
    return DualConfig(
        preset="strong",
        body="tagger",
        audio=made.audio,
        model=dual_encoder.DualEncoderConfig(
            backbone=made.model.backbone,
            dropout=made.model.dropout,
            text_dropout=0.5,
            word_noise=1.0,
        ),
        training=dataclasses.replace(
            made.training, loss="sigmoid", tag_prior=False
        ),
        augmentation=made.augmentation,
    )


def transfer() -> DualConfig:
    """From both pretrained taggers, for a few hundred real recordings.

    A tagger of the preset `transfer` is trained. Any word is then answered by
    its outputs and those of the pretrained taggers, weighted by how near the
    word is to their names.
    """
    made = baseline_config.transfer()
    return DualConfig(
        preset="transfer",
        body="outputs",
        init_from=made.init_from,
        freeze=True,
        audio=published_taggers.AUDIO,
        model=dual_encoder.DualEncoderConfig(
            backbone=dataclasses.replace(made.model.backbone, patch_frames=0),
            **{
                name: getattr(made.model, name)
                for name in hidden_layer.SETTINGS
            },
        ),
        training=dataclasses.replace(
            made.training, loss="sigmoid", tag_prior=False
        ),
        augmentation=made.augmentation,
    )


Settings = baseline_config.BaselineConfig | DualConfig

PRESETS = {
    "demo": demo,
    "seed": seed,
    "strong": strong,
    "transfer": transfer,
}
