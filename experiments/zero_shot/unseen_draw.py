"""One draw of unseen tags: what is trained for it, and what stands beside it.

All learn from the same recordings and the same seen tags:

- `dual encoder`: the subject.
- `random words`: the same network, its words without meaning: the control.
  Always on the tagger's body; with `body` own, the dual encoder's is another,
  unless both stay as they were published.
- `linear map`: closed form, from the tagger's vectors to the word vectors.
- `ConSE`: the tagger's probabilities of the nearest seen tags.

The tagger's own probabilities are the scores of seen tags in `ConSE`.
"""

import pathlib
import time

import numpy as np

from experiments.recordings import unseen_tags
from experiments.runs import run_folder
from experiments.settings import dual_encoder_config
from experiments.training import dual_encoder_training, tagger_training
from experiments.training.transfer_learning import averaged_training
from tftag import words, zero_shot
from tftag.storage import atomic_write
from tftag.words import sources
from tftag.zero_shot import conse, linear_map, tag_split

DUAL, RANDOM = "dual encoder", "random words"
LINEAR, CONSE = "linear map", "ConSE"
METHODS = (DUAL, LINEAR, CONSE, RANDOM)
_BOOTSTRAP_DRAWS = 200


def check_words(
    names: tuple[str, ...],
    split: tag_split.TagSplit,
    vectors: words.WordVectors,
) -> None:
    """Refuses, before training, tags that some method could not score.

    Args:
        names: of all tags.
        split: of them.
        vectors: of the words.

    Raises:
        ValueError: a tag has no vector, or none that points towards that of a
            seen tag, which `ConSE` asks.
    """
    targets = dual_encoder_training.tag_vectors(names, vectors)
    seen, _ = split.places(names)
    nearest = (targets @ targets[seen].T).max(axis=1)
    far = [
        tag for tag, cosine in zip(names, nearest, strict=True) if cosine <= 0
    ]
    if far:
        raise ValueError(
            "An unseen tag needs a seen one whose words are near, or ConSE has "
            "nobody to ask: draw others with --tag-seed, or take other "
            f"--words. Received: {far}, each with no cosine above 0 in "
            f"{vectors.source}"
        )


def run_draw(
    settings: dual_encoder_config.DualConfig,
    plan: unseen_tags.Plan,
    vectors: words.WordVectors,
    folder: pathlib.Path,
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Trains and scores all methods; what is finished is not done again.

    Args:
        settings: of the dual encoder; the tagger takes what applies to it.
        plan: of the draw.
        vectors: of the words.
        folder: of the draw.

    Returns:
        Method -> scores `[test recordings, tags]`, in the vocabulary's order;
        and method -> how long its training took in seconds, that of the tagger
        included where it rests on one.
    """
    file = folder / "scores.npz"
    if not file.exists():
        scores, seconds = _train_and_score(settings, plan, vectors, folder)
        named = {f"seconds {name}": value for name, value in seconds.items()}
        with atomic_write.replacing(file, is_text=False) as npz:
            np.savez(npz, **scores, **named)
    with np.load(file) as saved:
        return (
            {name: saved[name] for name in METHODS},
            {name: float(saved[f"seconds {name}"]) for name in METHODS},
        )


def _train_and_score(settings, plan, vectors, folder):
    """Returns scores and seconds by method."""
    train, test = plan.learnt, plan.test
    names = test.vocabulary.names
    seen, _ = plan.split.places(names)
    targets = dual_encoder_training.tag_vectors(names, vectors)
    of_tagger = dual_encoder_training.tagger_settings(settings)
    tagger = tagger_training.train_tagger(
        of_tagger,
        train,
        None,
        run_folder.RunDir(folder, "", "tagger"),
    )
    probabilities = averaged_training.score(of_tagger, tagger.model, test)
    by_neighbours = conse.conse(probabilities, targets[seen], targets)
    # A seen tag needs no neighbours.
    by_neighbours[:, seen] = probabilities
    scores, seconds = {CONSE: by_neighbours}, {CONSE: tagger.seconds}

    begin = time.monotonic()
    learnt = dual_encoder_training.learnt_from(settings, tagger, train)
    clips, test_clips = (
        dual_encoder_training.clip_vectors(settings, tagger.model, part)
        for part in (learnt, test)
    )
    fitted = linear_map.linear_map(
        clips.means(),
        learnt.labels(),
        targets[seen],
        artists=learnt.tracks.texts("artist"),
        seed=settings.seed,
    )
    scores[LINEAR] = fitted.score(test_clips.means(), targets)
    seconds[LINEAR] = tagger.seconds + time.monotonic() - begin

    nothing = sources.random_vectors(vectors, settings.seed)
    for method, known in ((DUAL, vectors), (RANDOM, nothing)):
        is_on_tagger = settings.body != "own" or (
            method == RANDOM and not settings.is_on_cached_vectors
        )
        if is_on_tagger:
            trained = dual_encoder_training.on_tagger(
                settings, tagger, train, known, plan.split.unseen
            )
        else:
            trained = dual_encoder_training.train(
                settings,
                train,
                None,
                known,
                run_folder.RunDir(folder, "", method.replace(" ", "_")),
            )
        recordings = dual_encoder_training.embed_recordings(
            trained.model, test, settings
        )
        tags = dual_encoder_training.embed_tags(trained.model, names, known)
        scores[method] = recordings @ tags.T
        seconds[method] = trained.seconds
    return scores, seconds


def figures(
    truth: np.ndarray,
    scores: np.ndarray,
    names: tuple[str, ...],
    seen: tuple[str, ...],
    unseen: tuple[str, ...],
    draws: int = _BOOTSTRAP_DRAWS,
) -> dict:
    """`zero_shot.evaluate` of one kind of unseen tag beside the seen ones.

    Args:
        truth: 0 or 1, `[recordings, tags]`.
        scores: `[recordings, tags]`.
        names: `[tags]`.
        seen: some of them.
        unseen: some others.
        draws: for the intervals.
    """
    kept = (*seen, *unseen)
    columns = [names.index(name) for name in kept]
    return zero_shot.evaluate(
        truth[:, columns],
        scores[:, columns],
        kept,
        tag_split.TagSplit(seen, unseen),
        draws=draws,
    )
