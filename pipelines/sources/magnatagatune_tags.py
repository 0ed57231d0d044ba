"""The tags of MagnaTagATune: the most frequent ones, and the synonyms."""

from collections.abc import Iterable

# By falling number of clips; the order of the published label arrays.
TOP_50 = (
    "guitar",
    "classical",
    "slow",
    "techno",
    "strings",
    "drums",
    "electronic",
    "rock",
    "fast",
    "piano",
    "ambient",
    "beat",
    "violin",
    "vocal",
    "synth",
    "female",
    "indian",
    "opera",
    "male",
    "singing",
    "vocals",
    "no vocals",
    "harpsichord",
    "loud",
    "quiet",
    "flute",
    "woman",
    "male vocal",
    "no vocal",
    "pop",
    "soft",
    "sitar",
    "solo",
    "man",
    "classic",
    "choir",
    "voice",
    "new age",
    "dance",
    "male voice",
    "female vocal",
    "beats",
    "harp",
    "cello",
    "no voice",
    "weird",
    "country",
    "metal",
    "female voice",
    "choral",
)
# The list that most published work with merged tags uses; the first of each
# line is kept.
SYNONYMS = (
    ("beat", "beats"),
    ("chant", "chanting"),
    ("choir", "choral"),
    ("classical", "clasical", "classic"),
    ("drum", "drums"),
    ("electro", "electronic", "electronica", "electric"),
    ("fast", "fast beat", "quick"),
    (
        "female",
        "female singer",
        "female singing",
        "female vocals",
        "female vocal",
        "female voice",
        "woman",
        "woman singing",
        "women",
    ),
    ("flute", "flutes"),
    ("guitar", "guitars"),
    ("hard", "hard rock"),
    ("harpsichord", "harpsicord"),
    ("heavy", "heavy metal", "metal"),
    ("horn", "horns"),
    ("india", "indian"),
    ("jazz", "jazzy"),
    (
        "male",
        "male singer",
        "male vocal",
        "male vocals",
        "male voice",
        "man",
        "man singing",
        "men",
    ),
    ("no beat", "no drums"),
    (
        "no singer",
        "no singing",
        "no vocal",
        "no vocals",
        "no voice",
        "no voices",
        "instrumental",
    ),
    ("opera", "operatic"),
    ("orchestra", "orchestral"),
    ("quiet", "silence"),
    ("singer", "singing"),
    ("space", "spacey"),
    ("string", "strings"),
    ("synth", "synthesizer"),
    ("violin", "violins"),
    ("vocal", "vocals", "voice", "voices"),
    ("strange", "weird"),
)
_KEPT = {name: group[0] for group in SYNONYMS for name in group}


def merge(tags: Iterable[str]) -> tuple[str, ...]:
    """Replaces each tag by the one that stands for its synonyms.

    Args:
        tags: Tags of a clip.

    Returns:
        The tags in their order, each once.
    """
    return tuple(dict.fromkeys(_KEPT.get(name, name) for name in tags))
