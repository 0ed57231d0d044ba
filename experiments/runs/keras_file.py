"""Opens the Keras model of an export that may be a stranger's.

Such a file names the classes that are to be made, and with which arguments:
a layer may fetch, or run what it is given. So what it names is compared with
what a tagger of ours is made of before anything is made.
"""

import json
import os
import zipfile

import keras

from tftag import layers
from tftag.models import averaged_tagger, tagger
from tftag.storage import plain_json

_KERAS = frozenset(
    {
        "Concatenate",
        "Conv2D",
        "DTypePolicy",
        "Dropout",
        "ExpandDims",
        "Flatten",
        "Functional",
        "GlobalAveragePooling2D",
        "GlobalMaxPooling2D",
        "GlorotUniform",
        "InputLayer",
        "MaxPooling2D",
        "Mean",
        "Ones",
        "ReLU",
        "Zeros",
    }
)
_OURS = frozenset(
    {
        averaged_tagger.AveragedTagger,
        layers.BatchNormalization,
        layers.LogMelSpectrogram,
        layers.MemberLogits,
        layers.PooledReLU,
        layers.WaveformNormalization,
        tagger.Tagger,
    }
)
_OUR_NAMES = frozenset(f"tftag>{made.__name__}" for made in _OURS)
# An input or output of a layer; nothing is made of it.
_SYMBOL = "__keras_tensor__"
_CONFIG = "config.json"
_LARGEST_CONFIG_BYTES = 1 << 24


def load_tagger(path: str | os.PathLike[str]) -> keras.Model:
    """Loads `assets.extra/tagger.keras` of an export.

    Args:
        path: The file.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: It is damaged, or holds what no tagger of tftag is made
            of; nothing of it was made then.
        FileNotFoundError: There is no such file.
    """
    foreign = sorted(_foreign(_read_config(path)))
    if foreign:
        raise ValueError(
            "A model to start from must be made of the layers of a tagger. "
            f"Received: {', '.join(foreign[:3])} in {os.fspath(path)}; nothing "
            "of it was loaded"
        )
    try:
        return keras.saving.load_model(path, compile=False)
    # Keras raises nearly everything over what it cannot use.
    except Exception as error:
        raise _damaged(path, error) from error


def _read_config(path):
    try:
        with zipfile.ZipFile(path) as packed:
            size = packed.getinfo(_CONFIG).file_size
            if size > _LARGEST_CONFIG_BYTES:
                raise ValueError(f"a {_CONFIG} of {size} bytes")
            return json.loads(packed.read(_CONFIG))
    except (KeyError, zipfile.BadZipFile, *plain_json.DAMAGE) as error:
        raise _damaged(path, error) from error


def _foreign(value):
    """Yields what is named in a configuration and may not be made."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as found:
                if {"class_name", "module", "registered_name"} & found.keys():
                    if not _is_allowed(found):
                        yield f"{found.get('class_name')!r:.100}"
                waiting.extend(found.values())
            case list() as found:
                waiting.extend(found)


def _is_allowed(found):
    # Keras looks a class up by each of the three.
    name, module = found.get("class_name"), found.get("module")
    registered = found.get("registered_name")
    if name == _SYMBOL:
        return module is None and registered is None
    if isinstance(registered, str) and registered in _OUR_NAMES:
        return registered == f"tftag>{name}"
    return (
        isinstance(module, str)
        and (module == "keras" or module.startswith("keras."))
        and isinstance(name, str)
        and name in _KERAS
        and registered in (None, name)
    )


def _damaged(path, error):
    return ValueError(
        "The Keras model of an export is damaged; export it again. Received: "
        f"{os.fspath(path)} ({type(error).__name__}: {str(error):.200})"
    )
