"""What a tag of one's own is to be learned from, checked before a model is.

Nothing here needs Keras: the command asks it too, before it starts the
process that learns.
"""

import os
from collections.abc import Collection, Sequence

from tftag import tags
from tftag.audio import audio_files, recording

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
        ValueError: Too few, one on both sides, or one that cannot be read.
    """
    if len(like) < LEAST_LIKE:
        raise ValueError(
            f"--like must name at least {LEAST_LIKE} recordings. "
            f"Received: {len(like)}."
        )
    both = {os.path.realpath(one) for one in like}.intersection(
        map(os.path.realpath, unlike)
    )
    if both:
        raise ValueError(
            "A recording must be like the tag or unlike it. "
            f"Received: {', '.join(sorted(both))} as both."
        )
    for path in (*like, *unlike):
        try:
            recording.check_file(path)
        except audio_files.UNREADABLE as error:
            raise refusal(error) from error


def refusal(error: Exception) -> ValueError:
    """The error for a recording that cannot be used."""
    reason = audio_files.reason(error)
    return ValueError(f"Nothing is learned. Received: {reason}")
