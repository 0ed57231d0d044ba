"""What the splits of a data set share: artists and equal audio."""

import collections
import itertools
from collections.abc import Sequence

from pipelines import manifest
from pipelines.sources import listings
from tftag.words import artist_names


def shared_artists(
    recordings: Sequence[manifest.Track | listings.SourceRecording],
) -> tuple[list[str], int]:
    """Names of artists in more than one split, and how much is theirs.

    Args:
        recordings: The recordings with their splits.

    Returns:
        The names, sorted, and the number of their recordings.
    """
    artists = _texts(recordings, "artist")
    keys = artist_names.artist_keys(artists)
    crossing = _crossing(keys, _texts(recordings, "split")) - {""}
    first = {key: row for row, key in reversed(list(enumerate(keys)))}
    names = sorted(artists[first[key]] for key in crossing)
    return names, sum(key in crossing for key in keys)


def audit(tracks: Sequence[manifest.Track]) -> dict:
    """Says what the splits of a data set share.

    Args:
        tracks: The recordings with their splits.

    Returns:
        `artists`: "checked", "unknown" where none is given, "partly known"
        otherwise. `without_artist`: recordings without one. `shared_artists`:
        names found in more than one split; `recordings_of_shared_artists`
        counts theirs. `shared_audio`: track ids of equal recordings in
        different splits. `duplicates`: groups of equal recordings, wherever
        they are. `leaks`: whether splits share anything.
    """
    hashes = _texts(tracks, "audio_hash")
    repeated: dict[str, list[str]] = {
        name: [] for name, n in collections.Counter(hashes).items() if n > 1
    }
    crossing = _crossing(hashes, _texts(tracks, "split"))
    for track_id, name in zip(_texts(tracks, "track_id"), hashes, strict=True):
        if name in repeated:
            repeated[name].append(track_id)
    keys = artist_names.artist_keys(_texts(tracks, "artist"))
    without_artist = keys.count("")
    shared, of_shared = shared_artists(tracks)
    shared_audio = [ids for name, ids in repeated.items() if name in crossing]
    known = "checked" if without_artist < len(tracks) else "unknown"
    is_partly = 0 < without_artist < len(tracks)
    return {
        "artists": "partly known" if is_partly else known,
        "without_artist": without_artist,
        "shared_artists": shared,
        "recordings_of_shared_artists": of_shared,
        "shared_audio": shared_audio,
        "duplicates": len(repeated),
        "leaks": bool(shared or shared_audio),
    }


def _texts(recordings: Sequence, name: str) -> list[str]:
    """One text of all recordings."""
    if isinstance(recordings, manifest.Tracks):
        return recordings.texts(name)
    return [getattr(recording, name) for recording in recordings]


def _crossing(names: list[str], sides: list[str]) -> set[str]:
    """The names that stand in more than one split."""
    of_side: dict[str, set[str]] = {side: set() for side in set(sides)}
    for name, side in zip(names, sides, strict=True):
        of_side[side].add(name)
    counts = collections.Counter(itertools.chain(*of_side.values()))
    return {name for name, n in counts.items() if n > 1}
