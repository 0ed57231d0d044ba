"""The models that come with the package, by name.

A preset is exported once, by a process of its own, into a cache folder: what
tags and searches needs no model code, and a SavedModel of a preset is like
all others.
"""

import dataclasses
import difflib
import hashlib
import os
import pathlib
import time
from collections.abc import Callable
from typing import Any

import tftag
from tftag.console import own_process
from tftag.storage import cache

_FOLDER = pathlib.Path(__file__).parent
_PACKAGE = _FOLDER.parent
_EXPORTER = "tftag.export.preset_export"


@dataclasses.dataclass(frozen=True)
class Network:
    """A published tagger.

    Attributes:
        name: Of its files here.
        trained_on: Where its authors got recordings and tags from.
        figures: What they published, by name, on their test recordings.
        architecture: Of its backbone.
    """

    name: str
    trained_on: str
    figures: dict[str, float]
    architecture: str = "musicnn"

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags, in the order of the outputs."""
        path = _FOLDER / f"{self.name}.txt"
        return tuple(path.read_text("utf-8").splitlines())

    @property
    def keeps_background(self) -> bool:
        """Whether its last layer has mean and deviation of its training."""
        return self.architecture == "musicnn"


MSD = Network(
    "msd_musicnn",
    "the Million Song Dataset, with the 50 most frequent tags of Last.fm",
    {"roc_auc": 0.880, "pr_auc": 0.289},
)
MSD_VGG = Network(
    "msd_vgg", MSD.trained_on, {"roc_auc": 0.877, "pr_auc": 0.282}, "vgg"
)
MTT = Network(
    "mtt_musicnn",
    "MagnaTagATune, with its 50 most frequent tags",
    {"roc_auc": 0.907, "pr_auc": 0.383},
)


@dataclasses.dataclass(frozen=True)
class Preset:
    """A model that comes with the package.

    Attributes:
        name: What stands for it in place of a folder.
        summary: What it is, in a line.
        networks: The published taggers in it.
        has_words: Whether it is a dual encoder, with the word vectors that
            come with the package.
    """

    name: str
    summary: str
    networks: tuple[Network, ...]
    has_words: bool = False

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of its networks, each once."""
        names = (tag for one in self.networks for tag in one.tags)
        return tuple(dict.fromkeys(names))

    @property
    def files(self) -> list[pathlib.Path]:
        """What holds its weights and word vectors in the package."""
        words = (_PACKAGE / "words" / "shipped_vectors").iterdir()
        return [
            *(_FOLDER / f"{one.name}.npz" for one in self.networks),
            *(sorted(words) if self.has_words else ()),
        ]

    def card(self) -> dict[str, Any]:
        """What its model card says beside what every card says."""
        return {
            "preset": self.name,
            "summary": self.summary,
            "authors": "Jordi Pons and Xavier Serra, Music Technology Group, "
            "Universitat Pompeu Fabra",
            "citation": "Pons and Serra, musicnn: pre-trained convolutional "
            "neural networks for music audio tagging, 2019, "
            "https://arxiv.org/abs/1909.06654",
            "trained_on": {one.name: one.trained_on for one in self.networks},
            "published_figures": {
                one.name: one.figures for one in self.networks
            },
            "licences": [licence(one) for one in self.networks],
        }


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            MSD.name,
            "tags genres, moods, decades and voices: 50 tags of Last.fm",
            (MSD,),
        ),
        Preset(
            MTT.name,
            "tags instruments, voices and tempo: 50 tags of MagnaTagATune",
            (MTT,),
        ),
        Preset(
            MSD_VGG.name,
            "the same tags of Last.fm, by small convolutions",
            (MSD_VGG,),
        ),
        Preset(
            "musicnn_words",
            "searches by any words, with the outputs of both and word "
            "vectors; nothing was trained on these words",
            (MSD, MTT),
            has_words=True,
        ),
    )
}
# What a command takes where no model is named.
TAGGER = MSD.name
DUAL_ENCODER = "musicnn_words"


def licence(network: Network) -> dict[str, str]:
    """The licence of published weights, as `inference.model_card` takes it."""
    return {
        "of": f"the weights of {network.name}",
        "name": "ISC",
        "text": (_FOLDER / "LICENSE.txt").read_text("utf-8"),
    }


def find(name: str) -> Preset:
    """Finds a preset.

    Args:
        name: One of `PRESETS`.

    Returns:
        The preset.

    Raises:
        ValueError: There is none; names the nearest.
    """
    if name not in PRESETS:
        raise ValueError(
            f"A preset must be one of {', '.join(PRESETS)}. "
            f"Received: {name!r}.{hint(name)}"
        )
    return PRESETS[name]


def resolve(
    model: str | os.PathLike[str],
    say: Callable[[str], None] = lambda line: None,
) -> pathlib.Path:
    """Finds the SavedModel that a preset's name or a folder stands for.

    Args:
        model: A preset's name, or the folder of an export. A folder that has
            a preset's name is written `./msd_musicnn`.
        say: Gets a line where the preset has to be exported first.

    Returns:
        A folder with numbered ones in it, or what `model` is: perhaps an ONNX
        file.

    Raises:
        FileNotFoundError: It is neither.
        ValueError: As `saved_model`.
    """
    check(model)
    if os.fspath(model) in PRESETS:
        return saved_model(os.fspath(model), say)
    return pathlib.Path(model)


def check(model: str | os.PathLike[str]) -> None:
    """Refuses what `resolve` refuses at once; exports nothing.

    Args:
        model: As `resolve` takes it.

    Raises:
        FileNotFoundError: It is no preset's name, no folder and no ONNX file.
    """
    path = pathlib.Path(model)
    if os.fspath(model) in PRESETS or path.is_dir() or is_onnx(path):
        return
    raise FileNotFoundError(
        f"A model must be one of the presets, {', '.join(PRESETS)}, or the "
        "folder of an export, which a training leaves (python -m "
        "experiments.run_baseline, or run_dual_encoder for any words). "
        f"Received: {os.fspath(model)!r}, which is neither."
        f"{hint(os.fspath(model))}"
    )


def hint(name: str) -> str:
    """The end of an error over a name: the nearest preset; "" without one."""
    near = difflib.get_close_matches(name.casefold(), PRESETS, n=1)
    return f" The nearest preset is {near[0]!r}." if near else ""


def is_onnx(model: str | os.PathLike[str]) -> bool:
    """Whether a model is a file that `tftag onnx` wrote, by its name."""
    path = pathlib.Path(model)
    return path.suffix.lower() == ".onnx" and path.is_file()


def saved_model(
    name: str, say: Callable[[str], None] = lambda line: None
) -> pathlib.Path:
    """Exports a preset where that has not been done, and finds it.

    Args:
        name: One of `PRESETS`.
        say: Gets a line before and after, where it has to be exported first.

    Returns:
        The folder of its SavedModel, of this tftag and these weights; it is
        in `tftag.storage.cache`, and has a numbered folder like every export.

    Raises:
        ValueError: There is no such preset, the cache folder cannot be
            written, or the export failed.
    """
    preset = find(name)
    folder = _place(preset)
    if cached(preset) is None:
        say(f"{name}: exporting it to {folder}, once, in about a minute")
        start = time.monotonic()
        _export(name, folder)
        say(f"{name}: exported in {time.monotonic() - start:.0f} s")
    return folder


def cached(preset: Preset) -> pathlib.Path | None:
    """The folder that a preset was exported to; None where it was not yet."""
    folder = _place(preset)
    return folder if any(folder.glob("*/saved_model.pb")) else None


def _place(preset: Preset) -> pathlib.Path:
    return cache.folder() / f"{preset.name}-{_fingerprint(preset)}"


def _fingerprint(preset: Preset) -> str:
    """12 hex digits that change with tftag's version, code and weights."""
    digest = hashlib.sha256(tftag.__version__.encode())
    paths = sorted(_PACKAGE.rglob("*.py"))
    paths += preset.files
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _export(name: str, folder: pathlib.Path) -> None:
    """Runs the exporter: a process that imports what this one must not."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(
            "A preset is exported once, to a folder that can be written; "
            f"{cache.VARIABLE} names another one. Received: {error}."
        ) from error
    try:
        own_process.run(_EXPORTER, [name, str(folder)])
    except ValueError as error:
        raise ValueError(
            f"The preset {name!r} could not be exported to {folder}. "
            f"Received: {error}"
        ) from error
