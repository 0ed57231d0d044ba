"""What training must not share with a test: recordings, artists, tags."""

from collections.abc import Iterable
from typing import Any

from tftag import tags, words
from tftag.words import artist_names


def check_recordings_apart(train: Iterable[str], test: Iterable[str]) -> None:
    """Refuses to train on a recording of the test.

    Args:
        train: track ids of the training recordings, or hashes of their audio.
        test: the same of the test recordings.

    Raises:
        ValueError: names what is in both.
    """
    _refuse_shared("recordings", set(train) & set(test))


def check_artists_apart(train: Iterable[str], test: Iterable[str]) -> None:
    """Refuses artists on both sides: their sound is no new recording.

    Args:
        train: artist of each training recording, "" where unknown.
        test: the same of the test recordings.

    Raises:
        ValueError: names the artists that are in both, in whatever case.
    """
    keys = [
        {artist_names.artist_key(artist) for artist in side}
        for side in (train, test)
    ]
    _refuse_shared("artists", (keys[0] & keys[1]) - {""})


def check_start(
    card: dict[str, Any],
    unseen: Iterable[str],
    test_ids: Iterable[str],
    test_hashes: Iterable[str],
) -> str:
    """Refuses to start from a model that knows what is to be unseen.

    Args:
        card: the model card. Its tags are `card["tags"]` and
            `card["data"]["tags"]`; `card["data"]["recording_ids"]` and
            `["audio_hashes"]` are the recordings that it was trained or
            selected on.
        unseen: the unseen tags; capitals, accents, hyphens and other
            punctuation make no difference.
        test_ids: track ids of the test recordings.
        test_hashes: hashes of their audio: under another name, or prepared
            from another folder, it is the same recording.

    Returns:
        "checked", or "unknown" where the card lists no recordings: to be
        written beside the figures.

    Raises:
        ValueError: the card lists an unseen tag or a test recording, or no
            tags at all.
    """
    data = card.get("data") or {}
    listed = [*card.get("tags", ()), *data.get("tags", ())]
    if not listed:
        raise ValueError(
            "A model to start from must list its tags in its card, or it may "
            f"know the unseen ones. Received: a card with {sorted(card)}."
        )
    if learnt := names_in_common(listed, unseen):
        raise ValueError(
            "A model to start from must not know unseen tags; take one that "
            f"was trained on the seen tags. Received: one that lists {learnt}."
        )
    if "recording_ids" not in data:
        return "unknown"
    known = {*data["recording_ids"], *data.get("audio_hashes", ())}
    shared = known & {*test_ids, *test_hashes}
    if shared:
        raise ValueError(
            "A model to start from must share no recordings with the test; "
            "take one that was not trained on them. Received in both: "
            f"{len(shared)}, {sorted(shared)[:5]}."
        )
    return "checked"


def names_in_common(names: Iterable[str], others: Iterable[str]) -> list[str]:
    """The tags of two lists that are the same but for their spelling, sorted.

    >>> names_in_common(["Hip-Hop", "rock"], ["hip hop", "jazz"])
    ['hip hop']
    """
    return sorted({_tag_key(n) for n in names} & {_tag_key(n) for n in others})


def named_like(names: Iterable[str], others: Iterable[str]) -> list[bool]:
    """Whether each tag is one of the others but for its spelling.

    >>> named_like(["Hip-Hop", "rock"], ["hip hop", "jazz"])
    [True, False]
    """
    keys = {_tag_key(name) for name in others}
    return [_tag_key(name) in keys for name in names]


def _tag_key(name: str) -> str:
    """One spelling of `hip-hop`, `Hip Hop` and `hip_hop`; not of `hiphop`."""
    return words.normalize(name) or tags.clean_tag(name)


def _refuse_shared(what: str, shared: Any) -> None:
    if shared:
        raise ValueError(
            f"Training and test must share no {what}; split the data again, "
            f"by artist. Received in both: {len(shared)}, "
            f"{sorted(shared)[:5]}."
        )
