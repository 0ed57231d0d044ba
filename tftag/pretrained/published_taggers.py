"""The published taggers of musicnn, as taggers of this package."""

import dataclasses
import pathlib

import keras
import numpy as np
import numpy.typing as npt
from scipy import linalg

from tftag import audio
from tftag.models import clip_model, tagger
from tftag.models.backbones import backbone
from tftag.pretrained import presets

# Patches of 187 frames, with no frame centred beyond them.
AUDIO = audio.AudioSpec(
    sample_rate_hz=16_000,
    clip_seconds=186 * 256 / 16_000,
    window_samples=512,
    hop_samples=256,
    mel_bands=96,
    min_hz=0.0,
    max_hz=8_000.0,
    log_floor=1e-4,
    mel_scale="slaney",
    mel_norm="slaney",
    edges="reflect",
    compression="log10",
)
# Of every batch norm, here and in the published networks.
_EPSILON = 1e-3
_FOLDER = pathlib.Path(__file__).parent


_Arrays = dict[str, npt.NDArray[np.float32]]


def read(name: str) -> _Arrays:
    """Reads the arrays of a network, as its authors published them.

    Args:
        name: `msd_musicnn`, `mtt_musicnn` or `msd_vgg`.

    Returns:
        float32 arrays by `layer/part`, the names of `backbones.musicnn` or
        `backbones.vgg`.
    """
    with np.load(_FOLDER / f"{name}.npz") as arrays:
        return dict(arrays)


def logits(
    dim: int, members: list[_Arrays]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The layer from a backbone's vectors to all logits of its networks.

    Args:
        dim: Of these vectors, in which each network has a part that ends
            with its embedding; what stands before it is equally long in all.
        members: What `read` returned of each network; none have no logits.

    Returns:
        Kernel float32 `[dim, members * 50]`, and bias.
    """
    if not members:
        return np.zeros((dim, 0), np.float32), np.zeros(0, np.float32)
    kernels = [arrays["tag_logits/kernel"] for arrays in members]
    before = (dim - sum(map(len, kernels))) // len(kernels)
    kernels = [np.pad(own, ((before, 0), (0, 0))) for own in kernels]
    biases = [arrays["tag_logits/bias"] for arrays in members]
    return linalg.block_diag(*kernels), np.concatenate(biases)


def model(name: str) -> tagger.Tagger:
    """Builds a published tagger with its weights.

    Args:
        name: As `read` takes it.

    Returns:
        A tagger for `AUDIO` and its 50 tags.
    """
    arrays = read(name)
    (network,) = presets.find(name).networks
    body = backbone.BackboneConfig(
        architecture=network.architecture, pooling="embedding"
    )
    built = tagger.Tagger(network.tags, AUDIO, tagger.TaggerConfig(body))
    fill(built, [arrays])
    built.head.set_weights(
        [arrays["tag_logits/kernel"], arrays["tag_logits/bias"]]
    )
    return built


def fill(built: clip_model.ClipModel, members: list[_Arrays]) -> None:
    """Gives a model the weights of published taggers, up to its head.

    Args:
        built: A model for `AUDIO` with a backbone as `assign` takes it.
        members: As `assign` takes them.
    """
    standard = assign(built.backbone, members)
    filters, *_ = built.front_end.get_weights()
    built.front_end.set_weights([filters, *standard.weights(AUDIO.mel_bands)])


@dataclasses.dataclass(frozen=True)
class Standard:
    """How the spectrogram is standardised before the backbone.

    Attributes:
        mean: Of all bands.
        deviation: Square root of their variance and batch norm's epsilon.
    """

    mean: float
    deviation: float

    def weights(self, mel_bands: int) -> list[npt.NDArray[np.float32]]:
        """Moving mean and variance of the layer `mel_norm`."""
        variance = self.deviation**2 - _EPSILON
        return [np.full(mel_bands, value) for value in (self.mean, variance)]


def assign(body: keras.Model, members: list[_Arrays]) -> Standard:
    """Gives a backbone the weights of published taggers.

    Args:
        body: A backbone, each member of the architecture of its network.
        members: What `read` gives, for each member of the backbone.

    Returns:
        How its input has to be standardised: as the first member does it.

    Raises:
        ValueError: The backbone has another number of members.
    """
    several = len(members) > 1
    prefixes = [f"member_{n + 1}_" * several for n in range(len(members))]
    for layer in body.layers:
        if layer.weights and not layer.name.startswith(tuple(prefixes)):
            raise ValueError(
                "A backbone must have a member for each network, "
                f"{len(members)}. Received: one with a layer {layer.name}, "
                "which would keep its random weights"
            )
    standard = _standard(members[0])
    for prefix, arrays in zip(prefixes, members, strict=True):
        arrays = _behind(standard, arrays)
        for layer in body.layers:
            own = layer.name.removeprefix(prefix)
            if layer.weights and layer.name.startswith(prefix):
                layer.set_weights(
                    [arrays[f"{own}/{weight.name}"] for weight in layer.weights]
                )
    return standard


def _standard(arrays: _Arrays) -> Standard:
    """What the first batch norm of a network does, but for its scale."""
    mean, variance = (
        float(arrays[f"input_norm/moving_{part}"][0])
        for part in ("mean", "variance")
    )
    return Standard(mean, float(np.sqrt(variance + _EPSILON)))


def _behind(standard: Standard, arrays: _Arrays) -> _Arrays:
    """Rewrites the first batch norm for a spectrogram standardised before."""
    own = _standard(arrays)
    mean = (own.mean - standard.mean) / standard.deviation
    variance = (own.deviation / standard.deviation) ** 2 - _EPSILON
    return {
        **arrays,
        "input_norm/moving_mean": np.array([mean]),
        "input_norm/moving_variance": np.array([variance]),
    }
