"""What a preparation tells at its end."""

import collections
import shlex
from collections.abc import Sequence

import numpy as np

from pipelines import manifest
from pipelines.prepare import rejected
from tftag.console import counts_in_words
from tftag.words import artist_names


def summarize(
    prepared: manifest.Manifest, lost: Sequence[rejected.Rejected]
) -> str:
    """Describes a prepared data set in a few lines.

    Args:
        prepared: The data set.
        lost: What is not in it.

    Returns:
        Lines of text, the last with the command to run next.
    """
    seconds = prepared.tracks.numbers("samples").sum() / prepared.sample_rate_hz
    lines = [
        f"{counts_in_words.count(len(prepared.tracks), 'recording')}, "
        f"{counts_in_words.duration(seconds)}, in {prepared.folder}",
        f"  tags        {_tags(prepared)}",
        f"  splits      {_splits(prepared)}",
        f"  artists     {_artists(prepared)}",
        f"  duplicates  {_duplicates(prepared)}",
        f"  rejected    {_rejected(prepared, lost)}",
        "Next: python -m experiments.run_baseline "
        f"--data {shlex.quote(str(prepared.folder))}",
    ]
    return "\n".join(lines) + "\n"


def _tags(prepared):
    labels = prepared.labels()
    counts = labels.sum(axis=0)
    text = (
        f"{labels.shape[1]}, on {counts.min():.0f} to {counts.max():.0f} "
        f"recordings, {labels.sum(axis=1).mean():.1f} per recording"
    )
    bare = int((labels.sum(axis=1) == 0).sum())
    untagged = int((np.diff(prepared.tracks.tags.bounds) == 0).sum())
    if not bare:
        return text
    kept = counts_in_words.count(bare, "recording")
    text += f"; kept without any of these: {kept}"
    return f"{text} ({untagged} without any tag)" if untagged else text


def _splits(prepared):
    counts = [f"{n} {name}" for name, n in prepared.split_counts.items()]
    lacking = []
    for name in prepared.split_counts:
        held = prepared.split(name).labels().sum(axis=0)
        names = [
            prepared.vocabulary.names[i] for i in np.flatnonzero(held == 0)
        ]
        if names:
            lacked = counts_in_words.count(len(names), "tag")
            lacking.append(
                f"{name} lacks {lacked} ({counts_in_words.some(names)})"
            )
    tags = "; ".join(lacking) or "every tag in each of them"
    return f"{', '.join(counts)}, {prepared.audit['splits']}; {tags}"


def _artists(prepared):
    audit = prepared.audit
    if audit["artists"] == "unknown":
        return "unknown, so nobody can tell whether the splits share any"
    names = set(prepared.tracks.texts("artist"))
    text = f"{len({artist_names.artist_key(name) for name in names} - {''})}"
    if audit["without_artist"]:
        without = counts_in_words.count(audit["without_artist"], "recording")
        text += f", and {without} without"
    shared = audit["shared_artists"]
    if not shared:
        return f"{text}; none in two splits"
    named = counts_in_words.some(shared)
    return f"{text}; LEAK: {len(shared)} in two splits ({named})"


def _duplicates(prepared):
    by_audio = collections.Counter(prepared.tracks.texts("audio_hash"))
    groups = [n for n in by_audio.values() if n > 1]
    if not groups:
        return "none"
    pieces = counts_in_words.count(len(groups), "piece")
    text = f"{sum(groups)} recordings share {pieces} of audio"
    crossing = prepared.audit["shared_audio"]
    if not crossing:
        return f"{text}, each in one split; --drop-duplicates keeps one of each"
    return f"{text}; LEAK: {len(crossing)} in two splits"


def _rejected(prepared, lost):
    if not lost:
        return "none"
    failed = [entry for entry in lost if entry.failed]
    others = [entry for entry in lost if not entry.failed]
    parts = []
    if failed:
        total = len(prepared.tracks) + len(failed)
        reasons = rejected.count_reasons(failed)
        parts.append(f"{len(failed)} of {total} ({reasons})")
    if others:
        parts.append(f"left out: {rejected.count_reasons(others)}")
    return f"{'; '.join(parts)}: see {prepared.folder / rejected.TABLE_NAME}"
