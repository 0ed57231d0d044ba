"""A data set as the command line chooses and reads it."""

from pipelines.prepare import flags


def read(*words):
    """What its source lists; the words are flags and their values."""
    asked, chosen = flags.parse([*map(str, words), "--out", "out"], "")
    return chosen.read(asked, chosen.find_audio(asked), [])
