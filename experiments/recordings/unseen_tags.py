"""Which tags a dual encoder may not learn, and from what it learns the rest."""

import dataclasses
import json
import pathlib

import numpy as np

from experiments.recordings import run_recordings
from experiments.settings import baseline_config, dual_encoder_config
from pipelines import manifest as manifests
from pipelines.synthetic import unseen as synthetic_unseen
from tftag import tags
from tftag.storage import plain_json
from tftag.zero_shot import leaks, tag_split

UNSEEN = "unseen"
FOLDS = 5


def with_tags(
    manifest: manifests.Manifest, names: tuple[str, ...]
) -> manifests.Manifest:
    """The manifest as one that knows these tags alone."""
    return dataclasses.replace(manifest, vocabulary=tags.TagVocabulary(names))


def fold(
    manifest: manifests.Manifest, number: int
) -> tuple[manifests.Manifest, manifests.Manifest]:
    """Recordings to train and to test on in a draw of unseen tags.

    Args:
        manifest: all recordings.
        number: of the draw.

    Returns:
        All but the test split and the test split or, where there is none, all
        but one fold of the artists and that fold.
    """
    counts = manifest.split_counts
    if "test" in counts:
        rows = np.flatnonzero(~manifest.tracks.where("split", "test"))
        return manifest.subset(rows), manifest.split("test")
    held = run_recordings.folds(manifest, FOLDS)[number % FOLDS]
    outside = np.setdiff1d(np.arange(len(manifest.tracks)), held)
    return manifest.subset(outside), manifest.subset(held)


def by_kind(
    settings: dual_encoder_config.DualConfig,
    train: manifests.Manifest,
    test: manifests.Manifest,
    number: int = 0,
) -> dict[str, tuple[str, ...]]:
    """The tags that are kept from training, by kind.

    Args:
        settings: how many, and the seed of their draw.
        train: recordings to learn from.
        test: recordings to be asked for.
        number: of the draw.

    Returns:
        Of the embedded data set its `synonyms`, `musical terms` and `other
        sounds`; of others what is drawn, as `unseen`; nothing where
        `unseen_count` is 0 and `unseen_draws` empty.

    Raises:
        FileNotFoundError: `unseen_draws` is no file.
        ValueError: it has no such draw, or a tag in it is none of the data.
    """
    if settings.data == baseline_config.SYNTHETIC:
        terms = synthetic_unseen.MUSICAL_TERMS
        several = synthetic_unseen.SYNONYMS.values()
        words = [word for synonyms in several for word in synonyms]
        return {
            "synonyms": tuple(w for w in words if w not in terms),
            "musical terms": tuple(w for w in words if w in terms),
            "other sounds": synthetic_unseen.OTHER_SOUNDS,
        }
    if settings.unseen_draws:
        return {UNSEEN: _draw_of_file(settings, train.vocabulary, number)}
    if not settings.unseen_count:
        return {}
    drawn = tag_split.draw(
        train.vocabulary.names,
        train.labels(),
        test.labels(),
        settings.unseen_count,
        seed=settings.tag_seed + number,
    )
    return {UNSEEN: drawn.unseen}


def _draw_of_file(settings, vocabulary, number):
    try:
        text = pathlib.Path(settings.unseen_draws).read_text("utf-8-sig")
        draws = json.loads(text)
    except plain_json.DAMAGE as error:
        draws = str(error)
    is_list = isinstance(draws, list) and all(
        isinstance(draw, list) and draw for draw in draws
    )
    if not is_list or number >= len(draws):
        received = f"{len(draws)} draws" if is_list else f"{draws!r:.100}"
        raise ValueError(
            "`unseen_draws` must be a list of lists of tags, one for each of "
            f"the draws; lower --draws, or write more. Received: {received} "
            f"in {settings.unseen_draws}"
        )
    draw = [
        tags.clean_tag(name) if isinstance(name, str) else name
        for name in draws[number]
    ]
    unknown = [name for name in draw if name not in vocabulary.names]
    if unknown:
        raise ValueError(
            "Every tag of `unseen_draws` must be one of the data set's. "
            f"Received: {unknown} in {settings.unseen_draws}"
        )
    return tuple(dict.fromkeys(draw))


def check_seen(seen: tuple[str, ...]) -> None:
    """Refuses to learn a space from fewer tags than can be told apart."""
    if len(seen) < 2:
        raise ValueError(
            "A dual encoder learns from at least two tags: prepare the data "
            "with more, or train a tagger (run_baseline). "
            f"Received: {', '.join(seen) or 'none'}"
        )


def split_of(
    names: tuple[str, ...], kinds: dict[str, tuple[str, ...]]
) -> tag_split.TagSplit:
    """Seen and unseen tags of a vocabulary."""
    unseen = {tag for several in kinds.values() for tag in several}
    return tag_split.TagSplit(
        seen=tuple(name for name in names if name not in unseen),
        unseen=tuple(name for name in names if name in unseen),
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Plan:
    """A draw of unseen tags, before anything is trained.

    Attributes:
        number: of the draw.
        learnt: the recordings that the protocol lets learn from, which know
            the seen tags alone.
        test: recordings to score, of other artists.
        kinds: the unseen tags by kind.
        split: of the vocabulary of `test`.
        lost_tags: seen tags that no recording of `learnt` carries.
    """

    number: int
    learnt: manifests.Manifest
    test: manifests.Manifest
    kinds: dict[str, tuple[str, ...]]
    split: tag_split.TagSplit
    lost_tags: tuple[str, ...]


def plan(
    protocol: str,
    train: manifests.Manifest,
    test: manifests.Manifest,
    kinds: dict[str, tuple[str, ...]],
    number: int = 0,
) -> Plan:
    """Plans a draw.

    Args:
        protocol: what may be learnt from.
        train: recordings to learn from, as far as the protocol lets.
        test: recordings to score.
        kinds: the unseen tags by kind.
        number: of the draw.

    Raises:
        ValueError: nothing is left to learn from, an unseen tag is a seen one
            in another spelling, training and test share recordings or
            artists, or no recording of the test carries a tag of a kind.
    """
    split = split_of(test.vocabulary.names, kinds)
    if same := leaks.names_in_common(split.seen, split.unseen):
        raise ValueError(
            "An unseen tag must not be a seen one in another spelling, which "
            "has the same word vector: give both one name and prepare the data "
            "again, or draw others with --tag-seed. "
            f"Received: {', '.join(same)}"
        )
    check_seen(split.seen)
    check_apart(train, test)
    _check_asked(test, {"seen": split.seen, **kinds})
    learnt, part = to_learn(protocol, train, split)
    return Plan(number, learnt, test, kinds, split, part.seen_without_positive)


def _check_asked(
    test: manifests.Manifest, sides: dict[str, tuple[str, ...]]
) -> None:
    """Refuses, before any training, a side that the test says nothing of."""
    for side, names in sides.items():
        if not with_tags(test, names).labels().any():
            raise ValueError(
                "Some of the test recordings must carry a tag of each kind, "
                "or there are no figures: name others, or prepare more. "
                f"Received: none of {len(test.tracks)} carries one of the "
                f"{side} tags, {list(names)[:5]}"
            )


def plan_draws(
    settings: dual_encoder_config.DualConfig,
    manifest: manifests.Manifest,
    draws: int,
) -> list[Plan]:
    """Plans all draws: one that cannot be is refused before the first.

    Args:
        settings: of the experiment.
        manifest: all recordings.
        draws: how many.

    Raises:
        ValueError: tags cannot be drawn, or as `plan`.
    """
    plans = []
    for number in range(draws):
        train, test = fold(manifest, number)
        kinds = by_kind(settings, train, test, number)
        plans.append(plan(settings.protocol, train, test, kinds, number))
    return plans


def to_learn(
    protocol: str, train: manifests.Manifest, split: tag_split.TagSplit
) -> tuple[manifests.Manifest, tag_split.TrainingPart]:
    """What a protocol lets a model learn from, knowing the seen tags alone."""
    leave = {
        tag_split.HIDDEN_LABELS: tag_split.hidden_labels,
        tag_split.STRICT: tag_split.strict,
    }[protocol]
    part = leave(train.labels(), train.vocabulary.names, split)
    return with_tags(train.subset(part.rows), split.seen), part


def check_apart(train: manifests.Manifest, test: manifests.Manifest) -> None:
    """Refuses to train on a recording or an artist of the test."""
    for name in ("track_id", "audio_hash"):
        leaks.check_recordings_apart(
            *(part.tracks.texts(name) for part in (train, test))
        )
    leaks.check_artists_apart(
        *(part.tracks.texts("artist") for part in (train, test))
    )
