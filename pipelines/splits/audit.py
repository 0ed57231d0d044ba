"""What the splits of a data set share: artists and equal audio."""

import collections
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
    by_artist = collections.defaultdict(list)
    for recording in recordings:
        if key := artist_names.artist_key(recording.artist):
            by_artist[key].append(recording)
    shared = [group for group in by_artist.values() if _crosses(group)]
    names = sorted(group[0].artist for group in shared)
    return names, sum(map(len, shared))


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
    by_audio = collections.defaultdict(list)
    for track in tracks:
        by_audio[track.audio_hash].append(track)
    without_artist = sum(
        not artist_names.artist_key(track.artist) for track in tracks
    )
    shared, of_shared = shared_artists(tracks)
    equal = [group for group in by_audio.values() if len(group) > 1]
    shared_audio = [_ids(group) for group in equal if _crosses(group)]
    known = "checked" if without_artist < len(tracks) else "unknown"
    is_partly = 0 < without_artist < len(tracks)
    return {
        "artists": "partly known" if is_partly else known,
        "without_artist": without_artist,
        "shared_artists": shared,
        "recordings_of_shared_artists": of_shared,
        "shared_audio": shared_audio,
        "duplicates": len(equal),
        "leaks": bool(shared or shared_audio),
    }


def _crosses(group):
    return len({track.split for track in group}) > 1


def _ids(group):
    return [track.track_id for track in group]
