"""Which presets a tagger can be averaged with."""

import math
import typing

from tftag.storage.remote import hub

if typing.TYPE_CHECKING:
    from experiments.settings import baseline_config


def presets(average_with: str) -> list[str]:
    """Returns the presets that `average_with` names.

    >>> presets("strong+descriptors"), presets("")
    (['strong', 'descriptors'], [])
    """
    return [name for name in average_with.split("+") if name]


def check(
    settings: "baseline_config.BaselineConfig",
    other: "baseline_config.BaselineConfig",
) -> None:
    """Refuses a preset that a tagger cannot be averaged with.

    Args:
        settings: of the tagger.
        other: the preset, one of those that `average_with` names.

    Raises:
        ValueError: it does not fit, or the shares leave nothing to the tagger.
    """
    names = presets(settings.average_with)
    if not 0 < settings.average_share < 1 / len(names):
        raise ValueError(
            "`average_share` of each must be > 0 and leave something to this "
            f"one, < 1/{len(names)}; --average-with '' averages nothing. "
            f"Received: {settings.average_share}"
        )
    rate_hz = other.audio.sample_rate_hz
    body = other.model.backbone
    halvings = body.blocks if body.pool_padding == "valid" else 0
    frames = body.patch_frames or 2**halvings
    # The first frame needs no samples; rounded up, so that it is enough.
    samples = (frames - 1) * other.audio.hop_samples
    least_seconds = math.ceil(100 * samples / rate_hz) / 100
    for why, is_so in (
        (
            f"needs recordings at {rate_hz} Hz",
            rate_hz != settings.audio.sample_rate_hz,
        ),
        (
            "has other inputs than an audio module",
            settings.init_from.startswith(hub.PREFIX),
        ),
        (
            f"needs `clip_seconds` of {least_seconds:g} or more",
            settings.audio.clip_seconds < least_seconds,
        ),
        ("is named twice", names.count(other.preset) > 1),
    ):
        if is_so:
            raise ValueError(
                f"`average_with` cannot be {other.preset!r}, which {why}: "
                "name another preset, or set --average-with ''. "
                f"Received: {settings.average_with!r} "
                f"with preset {settings.preset!r}"
            )
