"""Adds a tag to an exported tagger from a handful of recordings.

python -m tftag.export.learned_tag --like FILE ... -- MODEL NAME FOLDER
"""

import argparse
import logging
import os
import pathlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from tftag import audio, tags
from tftag.export import few_examples, learned_tag_input, saved_model
from tftag.inference import model_card, version_folder
from tftag.metrics import calibration
from tftag.models import clip_model
from tftag.words import sources

# Clips of a recording that are looked at, evenly spaced.
_MOST_CLIPS = 20
_WRITTEN_BY_EXPORTS = (
    *("format", "audio", "clips_at_once", "tags", "tags_fingerprint"),
    *("calibration", "versions", "precision"),
    # The new version computes in float32.
    "metrics_in_bfloat16",
)


def add(
    model: str | os.PathLike[str],
    name: str,
    like: Sequence[str | os.PathLike[str]],
    unlike: Sequence[str | os.PathLike[str]],
    folder: str | os.PathLike[str],
) -> tuple[pathlib.Path, float]:
    """Writes a new version of a tagger with one more tag.

    Args:
        model: Folder of the tagger.
        name: The tag; none that the tagger has. Where its words have a
            meaning (`words.sources.shipped`), the tag is expected to sound
            like the tags near to it.
        like: Audio files that have it, at least `learned_tag_input.LEAST_LIKE`.
        unlike: Audio files that do not. The tag is learned against these
            and against what the backbone's last batch norms keep of the
            recordings of its training, their mean and deviation.
        folder: Gets the numbered folder of the version.

    Returns:
        The folder of the version, and the share of the recordings that fall
        on their own side when the tag is learned from the others.

    Raises:
        ValueError: Too few files, one that cannot be used, a name that is
            taken, a dual encoder, or nothing to learn against.
        FileNotFoundError: There is no such model.
    """
    version = version_folder.newest(model)
    card = model_card.read(version)
    is_dual_encoder = card.get("kind") == model_card.DUAL_ENCODER
    names = (
        *card["tags"],
        learned_tag_input.check_name(
            name, card["tags"], is_dual_encoder, version
        ),
    )
    learned_tag_input.check_recordings(like, unlike)
    spec = audio.AudioSpec(**card["audio"])
    # Before the model, which takes seconds.
    decoded = [_decoded(path, spec) for path in (*like, *unlike)]
    tagger = keras.models.load_model(
        version / "assets.extra" / "tagger.keras", compile=False
    )
    background = background_of(tagger.backbone)
    learned_tag_input.check_unlike(unlike, background is not None, version)
    body = tagger.body()
    vectors = [_vectors(body, samples, spec) for samples in decoded]
    background = background or few_examples.Background.of(vectors)
    known = (
        *(vectors[: len(like)], vectors[len(like) :], background),
        expected_kernel(tagger.head, names, background),
    )
    line = few_examples.learn(*known)
    told_apart = few_examples.told_apart(*known)
    old = calibration.Calibration.from_dict(card["calibration"])
    # The calibration of all tags is undone, and its own already done.
    calibrated = calibration.Calibration(
        old.slope, np.append(old.offsets, 0.0), np.append(old.thresholds, 0.5)
    )
    note = {
        "tag": names[-1],
        "like": len(like),
        "unlike": len(unlike),
        "negatives": _negatives(unlike, background),
        "probability": "0.5 is as near to the ones as to the others; "
        "it is no share of recordings",
        "told_apart": told_apart,
    }
    return saved_model.export_tagger(
        _extended(tagger, line, old.slope),
        spec,
        tags.TagVocabulary(names),
        calibrated,
        _extended_card(card, note),
        folder,
        clips_at_once=card["clips_at_once"],
    ), told_apart


def _negatives(
    unlike: Sequence[object], background: few_examples.Background
) -> str:
    """What the tag was learned against, as the card says it."""
    drawn = "draws around the mean of the recordings of the training"
    named = "the recordings named unlike"
    return " and ".join(
        [named] * bool(unlike) + [drawn] * bool(background.drawn)
    )


def _extended_card(
    card: dict[str, Any], note: dict[str, Any]
) -> dict[str, Any]:
    """What of the old card still holds, with one more tag learned."""
    kept = {
        key: value
        for key, value in card.items()
        if key not in _WRITTEN_BY_EXPORTS
    }
    return {**kept, "learned": [*card.get("learned", ()), note]}


def background_of(backbone: keras.Model) -> few_examples.Background | None:
    """Mean and deviation of the vectors of a backbone's own training.

    Args:
        backbone: Of a tagger.

    Returns:
        What its last batch norms, one or one of every member, keep; None if it
        ends otherwise.
    """
    last = backbone.layers[-1]
    is_joined = isinstance(last, keras.layers.Concatenate)
    ends = last.input if is_joined else [last.output]
    norm_of = {
        id(layer.output): layer
        for layer in backbone.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    }
    if not all(id(end) in norm_of for end in ends):
        return None
    norms = [norm_of[id(end)] for end in ends]
    return few_examples.Background.of_norms(
        (norm.beta, norm.gamma) for norm in norms
    )


def _decoded(
    path: str | os.PathLike[str], spec: audio.AudioSpec
) -> npt.NDArray[np.int16]:
    try:
        return audio.decode_file(path, spec.sample_rate_hz).samples
    except (audio.UnusableAudio, OSError) as error:
        raise learned_tag_input.refusal(error) from error


def _vectors(
    body: keras.Model, samples: npt.NDArray[np.int16], spec: audio.AudioSpec
) -> npt.NDArray[np.float32]:
    """The backbone's vectors of evenly spaced clips, `[clips, dim]`."""
    starts = audio.clip_starts(len(samples), spec)
    if len(starts) > _MOST_CLIPS:
        places = np.linspace(0, len(starts) - 1, _MOST_CLIPS).round()
        starts = starts[places.astype(int)]
    clips = np.zeros((len(starts), spec.clip_samples), np.float32)
    for clip, start in zip(clips, starts, strict=True):
        part = samples[start : start + spec.clip_samples]
        clip[: len(part)] = part
    peak = np.full(len(clips), np.abs(samples).max(), np.float32)
    return body.predict_on_batch({"waveform": clips, "peak": peak})


def expected_kernel(
    head: keras.Model,
    names: Sequence[str],
    background: few_examples.Background,
) -> npt.NDArray[Any]:
    """What the names of a head's tags say of a new one.

    Args:
        head: From vectors `[batch, dim]` to logits.
        names: Of its tags, the new one last.
        background: Around whose mean the logits are followed, a deviation to
            either side.

    Returns:
        The kernel `[dim]`; 0 if the new name has no meaning.
    """
    words, _ = sources.shipped().embed(names)
    steps = np.diag(background.deviation)
    up, down = (
        np.asarray(_logits(head, background.mean + way))
        for way in (steps, -steps)
    )
    kernel = (up - down) / (2 * background.deviation[:, np.newaxis])
    return few_examples.expected_kernels(kernel, words[:-1], words[-1:])[:, 0]


def _logits(head: keras.Model, vectors: Any) -> Any:
    """The logits `[batch, tags]` of `[batch, dim]`, the mean of all members."""
    logits = head(vectors)
    if len(logits.shape) == 3:
        logits = keras.ops.mean(logits, axis=1)
    return keras.ops.cast(logits, "float32")


def _extended(
    tagger: clip_model.ClipModel, line: few_examples.Line, slope: float
) -> clip_model.ClipModel:
    """The tagger with one more output, and nothing else changed."""
    inputs = keras.Input(tagger.backbone.output.shape[1:], name="clip_vector")
    dense = keras.layers.Dense(1, dtype="float32", name="learned")
    outputs = keras.ops.concatenate(
        [_logits(tagger.head, inputs), dense(inputs)], axis=-1
    )
    weights = line.kernel[:, np.newaxis], np.array([line.bias])
    dense.set_weights([values / slope for values in weights])
    head = keras.Model(inputs, outputs)
    return clip_model.ClipModel(
        tagger.front_end, tagger.backbone, head, name="tagger"
    )


class _Told(logging.Handler):
    """Prints what is logged of a file."""

    def emit(self, record: logging.LogRecord) -> None:
        _answer(record.getMessage())


def _answer(text: object) -> None:
    # Libraries print too.
    print(f"\0{text}", end="\0")


def main(argv: list[str] | None = None) -> None:
    """Adds what the command line names; a refusal is one line.

    Prints what there is to know of the recordings, the folder of the version
    and the share that was told apart, each between NULs.
    """
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for positional in ("model", "name", "folder"):
        parser.add_argument(positional)
    parser.add_argument("--like", nargs="+", default=[])
    parser.add_argument("--unlike", nargs="+", default=[])
    given = parser.parse_args(argv)
    audio.logger.addHandler(_Told())
    audio.logger.propagate = False
    try:
        version, told_apart = add(
            given.model, given.name, given.like, given.unlike, given.folder
        )
    except (ValueError, OSError) as error:
        raise SystemExit(" ".join(str(error).split())) from error
    _answer(version)
    _answer(told_apart)


if __name__ == "__main__":
    main()
