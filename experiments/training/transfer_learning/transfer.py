"""Starting from another tagger: a pretrained model, a run or an export."""

import contextlib
import difflib
import logging
import os
import pathlib
from collections.abc import Iterable

import keras
import numpy as np
import tensorflow as tf

from experiments.runs import checkpoint, keras_file
from experiments.settings import baseline_config, pretrained
from pipelines import manifest as manifests
from tftag import audio, layers, tags
from tftag.inference import model_card, version_folder
from tftag.models import averaged_tagger, clip_model, tagger
from tftag.pretrained import presets, published_taggers
from tftag.storage import plain_json
from tftag.storage.remote import hub
from tftag.zero_shot import leaks

_log = logging.getLogger(__name__)

_WAY_OUT = "name another run to start from"


def take_over(
    model: clip_model.ClipModel,
    source: str | os.PathLike[str],
    vocabulary: tags.TagVocabulary,
    spec: audio.AudioSpec,
) -> tuple[str, ...]:
    """Copies another tagger's body, and its head for tags of the same name.

    Not copied are heads with a hidden layer and those of pretrained models. Of
    an average, the first tagger is taken: that of its run's own settings.

    Args:
        model: the tagger to change.
        source: pretrained models, a run folder, or an export.
        vocabulary: of `model`.
        spec: of `model`.

    Returns:
        The tags whose part of the head was copied.

    Raises:
        FileNotFoundError: `source` is none of these.
        ValueError: the two differ in front end or architecture.
    """
    if pretrained.networks(os.fspath(source)):
        take_over_body(model, source, spec)
        return ()
    other, other_tags = _copy_body(model, source, spec)
    if len(model.head.weights) + len(other.head.weights) != 4:
        _log.info("start from %s: its body", source)
        return ()
    kernel, bias = map(np.array, model.head.get_weights())
    other_kernel, other_bias = other.head.get_weights()
    shared = tuple(n for n in vocabulary.names if n in other_tags.names)
    for name in shared:
        here, there = vocabulary.index(name), other_tags.index(name)
        kernel[:, here] = other_kernel[:, there]
        bias[here] = other_bias[there]
    model.head.set_weights([kernel, bias])
    _log.info(
        "start from %s: its body, and the head of %d of %d tags",
        *(source, len(shared), len(vocabulary)),
    )
    return shared


def take_over_body(
    model: clip_model.ClipModel,
    source: str | os.PathLike[str],
    spec: audio.AudioSpec,
) -> None:
    """Copies a tagger's body, and nothing that knows its tags.

    Args:
        model: to change, such as a dual encoder.
        source: as for `take_over`.
        spec: of `model`.

    Raises:
        FileNotFoundError: `source` is none of these.
        ValueError: the two differ in front end or architecture.
    """
    if networks := pretrained.networks(os.fspath(source)):
        _assign(model, networks)
    else:
        _copy_body(model, source, spec)
    _log.info("start from %s: its body", source)


def copy_body(
    model: clip_model.ClipModel,
    other: clip_model.ClipModel,
    source: str | os.PathLike[str] = "the other model",
) -> None:
    """Copies front end and backbone from one model to another.

    Args:
        model: to change.
        other: to copy from.
        source: what to call it in an error.

    Raises:
        ValueError: the two differ in architecture.
    """
    _copy(model.front_end, other.front_end, source)
    _copy(model.backbone, other.backbone, source)


def card(source: str | os.PathLike[str]) -> dict:
    """What a model to start from says of its tags and recordings.

    Args:
        source: as for `take_over`.

    Returns:
        A dict with `tags`, and in `data` the `recording_ids`, as far as the
        model lists them; pretrained models list none.

    Raises:
        FileNotFoundError: `source` is none of these.
    """
    if networks := pretrained.networks(os.fspath(source)):
        return {
            "tags": [name for each in networks for name in each.tags],
            "licences": [presets.licence(each) for each in networks],
        }
    source = pathlib.Path(source)
    if (source / "data.json").is_file():
        data = plain_json.read(source / "data.json", _WAY_OUT)
        _read_tags(data, source)
        return {"tags": data["tags"], "data": data}
    return model_card.read(_export_folder(source))


def licences(sources: Iterable[str]) -> list[dict]:
    """Licences of models to start from, which what is made of them inherits.

    Args:
        sources: what each `init_from` says; empty for random weights.

    Returns:
        A list as `model_card.licence_text` takes it; each is there once.

    Raises:
        FileNotFoundError: one is no pretrained model, run or export.
    """
    found: list[dict] = []
    for source in sources:
        if source and not source.startswith(hub.PREFIX):
            known = card(source)
            own = known.get("licences") or known.get("data", {}).get("licences")
            found += [each for each in own or () if each not in found]
    return found


def check_start(
    source: str, unseen: Iterable[str], test: manifests.Manifest | None
) -> str | None:
    """Refuses to start from a model that knows what it is to be tested on.

    Pretrained models learned from other labels, and from recordings of which
    there is no list. Outputs of theirs that are named like an unseen tag are
    warned of, and stand beside the figures.

    Args:
        source: what `init_from` says; empty for random weights.
        unseen: tags that nothing may be trained on.
        test: recordings that are scored at the end; None where there are none.

    Returns:
        What `leaks.check_start` says; None where nothing can be known too
        early.

    Raises:
        FileNotFoundError: `source` is no pretrained model, run or export.
        ValueError: the model knows an unseen tag or a test recording.
    """
    if test is None or not source:
        return None
    if source.startswith(hub.PREFIX):
        return "unknown"
    if pretrained.networks(source):
        named = leaks.names_in_common(card(source)["tags"], unseen)
        if not named:
            return "unknown"
        said = f"unseen tags that are outputs of it: {', '.join(named)}"
        _log.warning("%s learned elsewhere: %s", source, said)
        return f"unknown; {said}"
    return leaks.check_start(
        card(source),
        unseen,
        test.tracks.texts("track_id"),
        test.tracks.texts("audio_hash"),
    )


def training_model(model: clip_model.ClipModel) -> keras.Model:
    """The tagger with SpecAugment where it has a spectrogram to mask."""
    return tagger.masked(model) if isinstance(model, tagger.Tagger) else model


def fitting(stream: tf.data.Dataset, model: keras.Model) -> tf.data.Dataset:
    """The training data as the model takes it.

    Inputs that it does not have are left out, and where each member of it has
    logits of its own, labels are `[batch, 1, tags]`: the same for all.
    """
    names = set(model.input)
    has_members = len(model.output.shape) == 3

    def fit(inputs, labels):
        kept = {name: inputs[name] for name in inputs if name in names}
        return kept, labels[:, tf.newaxis] if has_members else labels

    return stream.map(fit)


def _assign(model, networks):
    """Gives a model the bodies of published taggers, a member each."""
    standard = published_taggers.assign(
        model.backbone, [published_taggers.read(each.name) for each in networks]
    )
    mel_norm = model.front_end.get_layer("mel_norm")
    mel_norm.set_weights(standard.weights(published_taggers.AUDIO.mel_bands))
    # What the networks say of a sound depends on the statistics that they were
    # published with; a few hundred recordings would move them.
    mel_norm.trainable = False
    for layer in model.backbone.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = False


def _copy_body(model, source, spec):
    """Copies the body; returns the other tagger and its tags."""
    other, other_tags, other_spec = _open(pathlib.Path(source))
    for name in audio.FRONT_END:
        if getattr(spec, name) != getattr(other_spec, name):
            raise ValueError(
                f"A tagger to start from must have the same `{name}`, "
                f"{getattr(spec, name)}. Received: {getattr(other_spec, name)} "
                f"in {source}"
            )
    copy_body(model, other, source)
    return other, other_tags


def _open(source):
    """Model, tags and signal of a run folder or an export."""
    if (source / "config.json").is_file():
        return _open_run(source)
    return _open_export(_export_folder(source))


def _export_folder(source):
    """The newest version of an export."""
    with contextlib.suppress(FileNotFoundError):
        version = version_folder.newest(source)
        if (version / "assets.extra" / "tagger.keras").is_file():
            return version
    near = difflib.get_close_matches(
        source.name.casefold(), presets.PRESETS, n=1
    )
    hint = f" The nearest name is {near[0]!r}" if near else ""
    raise FileNotFoundError(
        "`init_from` must be a pretrained model "
        f"({', '.join(presets.PRESETS)}), a run folder, an export with "
        f"assets.extra/tagger.keras, or {hub.PREFIX} and a module. "
        f"Received: {source}.{hint}"
    )


def _read_tags(data, source):
    try:
        return tags.TagVocabulary(tuple(data["tags"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise _not_whole(source, error) from error


def _not_whole(source, error):
    return ValueError(
        f"A run to start from must be whole; {_WAY_OUT}. Received: {source} "
        f"({type(error).__name__}: {error})"
    )


def _open_run(source):
    about, data = (
        plain_json.read(source / name, _WAY_OUT)
        for name in ("config.json", "data.json")
    )
    vocabulary = _read_tags(data, source)
    try:
        settings = baseline_config.from_leaves(about)
    except (KeyError, TypeError, AttributeError) as error:
        raise _not_whole(source, error) from error
    if settings.init_from.startswith(hub.PREFIX):
        raise ValueError(
            "A run on an audio module has no blocks to start from. "
            f"Received: {source}"
        )
    saved = checkpoint.load(source / "checkpoints")
    if saved is None:
        raise FileNotFoundError(
            f"A run to start from must have a checkpoint. Received: {source}"
        )
    model = tagger.Tagger(vocabulary.names, settings.audio, settings.model)
    groups = saved[1]
    for group in ("best", "average"):
        if groups.get(group):
            checkpoint.restore(model.weights, groups[group], group)
            return model, vocabulary, settings.audio
    checkpoint.restore(tagger.masked(model).variables, groups["model"], "model")
    return model, vocabulary, settings.audio


def _open_export(source):
    card = model_card.read(source)
    vocabulary = tags.TagVocabulary(tuple(card["tags"]))
    try:
        spec = audio.AudioSpec(**card["audio"])
    except TypeError as error:
        raise ValueError(
            "The model card is damaged: export the model again. "
            f"Received: {source} ({error})"
        ) from error
    path = source / "assets.extra" / "tagger.keras"
    return _with_parts(keras_file.load_tagger(path)), vocabulary, spec


def _with_parts(model):
    """The first tagger in a Keras file; version 0.1.0 wrote a plain graph."""
    if isinstance(model, averaged_tagger.AveragedTagger):
        return model.parts[0]
    if isinstance(model, clip_model.ClipModel):
        return model
    body, logits = model.get_layer("backbone"), model.get_layer("tag_logits")
    front_end = keras.Model(model.input, model.get_layer("mel_norm").output)
    vector = keras.Input(body.output.shape[1:])
    head = keras.Model(vector, logits(vector))
    return clip_model.ClipModel(front_end, body, head)


def _copy(layer, other, source):
    for here, there in zip(layer.weights, other.weights, strict=False):
        if here.shape != there.shape:
            raise ValueError(
                f"A tagger to start from must have {here.path} of shape "
                f"{tuple(here.shape)}. Received: {tuple(there.shape)} in "
                f"{source}; set --width, --blocks and --members to its values"
            )
    if len(layer.weights) != len(other.weights):
        raise ValueError(
            f"A tagger to start from must have the {len(layer.weights)} arrays "
            f"of {layer.name}. Received: {len(other.weights)} in {source}; set "
            "--width, --blocks and --members to its values"
        )
    layer.set_weights(other.get_weights())
