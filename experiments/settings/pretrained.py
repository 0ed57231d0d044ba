"""Which pretrained models a run starts from, and what they require."""

from tftag import audio
from tftag.models.backbones import backbone, musicnn
from tftag.pretrained import presets, published_taggers

# Between names; each network is a member of the backbone.
JOIN = "+"


def networks(init_from: str) -> tuple[presets.Network, ...]:
    """The networks of the pretrained models that a run starts from.

    Args:
        init_from: names of pretrained models, joined by `+`, or anything else
            that a run may start from. A folder of such a name is
            `./msd_musicnn`.

    Returns:
        One network per member of the backbone; none if `init_from` names no
        pretrained model.

    Raises:
        ValueError: one of several names is unknown; says the nearest.
    """
    names = init_from.split(JOIN)
    if not any(name in presets.PRESETS for name in names):
        return ()
    found = [presets.find(name).networks for name in names]
    return tuple(network for each in found for network in each)


def check(
    init_from: str, spec: audio.AudioSpec, body: backbone.BackboneConfig
) -> None:
    """Refuses settings that the weights of a pretrained model do not fit.

    Args:
        init_from: of the run.
        spec: of the run.
        body: of the run.

    Raises:
        ValueError: names every flag that the pretrained models require.
    """
    members = networks(init_from)
    if not members:
        return
    # With another front end, the layers would see noise.
    own = published_taggers.AUDIO
    needed = {
        **{name: getattr(own, name) for name in audio.FRONT_END},
        "architecture": _architecture(members),
        "members": len(members),
    }
    # Of another length, the vectors of vgg are too.
    frames = own.clip_frames
    has_vgg = any(each.architecture == "vgg" for each in members)
    if has_vgg and (body.patch_frames or spec.clip_frames) != frames:
        needed["patch_frames"] = frames
    given = {
        name: getattr(spec if name in audio.FRONT_END else body, name)
        for name in needed
    }
    wrong = [name for name in needed if needed[name] != given[name]]
    if not wrong:
        return
    flags = " ".join(f"--{n.replace('_', '-')} {needed[n]}" for n in wrong)
    if needed["architecture"] != given["architecture"]:
        flags += f" --pooling {musicnn.POOLINGS[0]}"
    received = ", ".join(f"{name} {given[name]}" for name in wrong)
    raise ValueError(
        f"A start from {init_from} brings its own front end and layers: take "
        f"--preset transfer, or add {flags}. Received: {received}"
    )


def _architecture(members: tuple[presets.Network, ...]) -> str:
    """Of all members where it is the same, or of each."""
    kinds = [each.architecture for each in members]
    return kinds[0] if len(set(kinds)) == 1 else backbone.JOIN.join(kinds)
