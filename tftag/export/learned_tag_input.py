"""What a tag of one's own is to be learned from, checked before a model is.

Nothing here needs Keras: the command asks it too, before it starts the
process that learns.
"""

import os
from collections.abc import Collection, Sequence

from tftag import tags
from tftag.audio import audio_files, decoding

LEAST_LIKE = 2

_File = str | os.PathLike[str]


def check_name(
    name: str, known: Collection[str], is_dual_encoder: bool, model: _File
) -> str:
    """Refuses a name that the model cannot take.

    Args:
        name: The tag, as a person spells it.
        known: Tags of the model.
        is_dual_encoder: Whether that is one, and no tagger.
        model: What the refusal calls it.

    Returns:
        The tag as it will be listed.

    Raises:
        ValueError: It has the tag, or takes none.
    """
    if is_dual_encoder:
        raise ValueError(
            "--model must be a tagger: a dual encoder takes any words as they "
            f"are. Received: {os.fspath(model)}, a dual encoder."
        )
    clean = tags.clean_tag(name)
    if not clean or clean in known:
        raise ValueError(
            "NAME must be a tag that the model does not have yet. "
            f"Received: {name!r}."
        )
    return clean


def check_recordings(like: Sequence[_File], unlike: Sequence[_File]) -> None:
    """Refuses recordings that nothing can be learned from.

    Args:
        like: Audio files that have the tag.
        unlike: Audio files that do not.

    Raises:
        ValueError: Too few, one named twice, or one that cannot be read.
    """
    if len(like) < LEAST_LIKE:
        raise ValueError(
            f"--like must name at least {LEAST_LIKE} recordings. "
            f"Received: {len(like)}."
        )
    named = [os.path.realpath(one) for one in (*like, *unlike)]
    twice = sorted({one for one in named if named.count(one) > 1})
    if twice:
        raise ValueError(
            "Every recording must be named once, as like the tag or as unlike "
            f"it. Received more than once: {', '.join(twice)}."
        )
    for path in (*like, *unlike):
        try:
            decoding.check_file(path)
        except audio_files.UNREADABLE as error:
            raise refusal(error) from error


def check_unlike(
    unlike: Sequence[_File], keeps_background: bool, model: _File
) -> None:
    """Refuses to learn against nothing.

    Args:
        unlike: Audio files that do not have the tag.
        keeps_background: Whether the model knows the recordings of its own
            training, their mean and deviation.
        model: What the refusal calls it.

    Raises:
        ValueError: There is neither.
    """
    if not unlike and not keeps_background:
        raise ValueError(
            "--unlike must name recordings without the tag: this model keeps "
            f"nothing to learn against. Received: none, for {os.fspath(model)}."
        )


def refusal(error: Exception) -> ValueError:
    """The error for a recording that cannot be used."""
    reason = audio_files.reason(error)
    return ValueError(f"Nothing is learned. Received: {reason}")
