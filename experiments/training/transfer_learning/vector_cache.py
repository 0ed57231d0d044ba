"""Clip vectors of a frozen body, cached on disk.

A recording's vectors depend on its samples, the body's weights and the
constants of the signal, and are in a file named after these. So all folds of a
cross-validation, and every later run on the same body, share them.
"""

import dataclasses
import hashlib
import json
import logging
import os
import pathlib
from typing import Any

import numpy as np

from experiments.scoring import evaluation
from pipelines import manifest as manifests
from tftag import audio
from tftag.models import clip_model
from tftag.models.backbones import patches
from tftag.storage import atomic_write, cache

# Recordings per progress message, and most to compute again after a kill.
_AT_ONCE = 32
# In a batch the last bits of a clip's vector depend on the others, and those on
# which recordings a killed run has left. Patches of a clip fill the network.
_CLIPS_AT_ONCE = 1

_log = logging.getLogger(__name__)


def clip_vectors(
    model: clip_model.ClipModel,
    manifest: manifests.Manifest,
    spec: audio.AudioSpec,
    folder: str | os.PathLike[str] | None = None,
) -> tuple[evaluation.ClipVectors, dict[str, str]]:
    """Reads the vectors of all clips, computing those that are missing.

    Args:
        model: its body makes the vectors.
        manifest: the recordings.
        spec: of the clips.
        folder: folder of the files; None is in the user's cache
            or `$TFTAG_CACHE`, beside pretrained models.

    Returns:
        The vectors of evenly spaced clips, and the recordings that could not be
        read, path -> why, which have no clips.

    Raises:
        ValueError: none could be read.
    """
    kept = pathlib.Path(folder or cache.folder() / "clip_vectors")
    kept /= _body_key(model, spec)
    files = [kept / f"{_recording_key(t)}.npy" for t in manifest.tracks]
    missing = [row for row, file in enumerate(files) if not file.is_file()]
    if missing:
        _log.info(
            "computing the clip vectors of %d recordings, kept in %s",
            len(missing),
            kept,
        )
    lost: dict[str, str] = {}
    body = model.body()
    for first in range(0, len(missing), _AT_ONCE):
        rows = missing[first : first + _AT_ONCE]
        lost |= _compute(body, manifest, rows, files, spec)
        _log.info("%d of %d", first + len(rows), len(missing))
    found = [
        (row, np.load(file))
        for row, file in enumerate(files)
        if manifest.tracks[row].path not in lost
    ]
    if not found:
        raise ValueError(next(iter(lost.values())))
    clips = evaluation.ClipVectors(
        np.concatenate([vectors for _, vectors in found]),
        np.concatenate([np.full(len(vectors), row) for row, vectors in found]),
    )
    return clips, lost


def all_clip_vectors(
    model: clip_model.ClipModel,
    manifest: manifests.Manifest,
    spec: audio.AudioSpec,
) -> evaluation.ClipVectors:
    """As `clip_vectors`, of recordings that are all needed.

    Raises:
        ValueError: one could not be read.
    """
    clips, lost = clip_vectors(model, manifest, spec)
    if lost:
        raise ValueError(next(iter(lost.values())))
    return clips


def _compute(body, manifest, rows, files, spec):
    """Writes the files of some recordings; returns those that are lost."""
    part = manifest.subset(np.array(rows))
    try:
        clips = evaluation.clip_vectors(body, part, spec, _CLIPS_AT_ONCE)
    except ValueError as error:
        if len(rows) == 1:
            return {part.tracks[0].path: str(error)}
        lost: dict[str, str] = {}
        for row in rows:
            lost |= _compute(body, manifest, [row], files, spec)
        return lost
    for place, row in enumerate(rows):
        files[row].parent.mkdir(parents=True, exist_ok=True)
        with atomic_write.replacing(files[row], is_text=False) as npy:
            np.save(npy, clips.vectors[clips.rows == place])
    return {}


def _body_key(model, spec):
    """12 hex digits of all that decides the vectors of given samples."""
    body = model.config.backbone
    settings: list[Any] = [dataclasses.asdict(spec), dataclasses.asdict(body)]
    for kind in body.kinds:
        settings += kind.constants
    if body.patch_frames:
        settings.append(patches.LEAST_CHANGE)
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for part in (model.front_end, model.backbone):
        for array in part.get_weights():
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:12]


def _recording_key(track):
    return hashlib.sha256(track.audio_hash.encode()).hexdigest()[:24]
