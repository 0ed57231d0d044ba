"""The model card, `assets/tftag.json`: what a SavedModel says of itself."""

import json
import math
import os
import pathlib

FORMAT = 1
FILE_NAME = "tftag.json"
# The phrases and aliases that have a word vector, a line each.
PHRASES_FILE_NAME = "phrases.txt"
# What the field "kind" of a dual encoder says; a tagger has none.
DUAL_ENCODER = "dual_encoder"
# The licences of what the model was made from, as the field "licences" has
# them.
LICENCES_FILE_NAME = "licences.txt"
_OF_A_LICENCE = ("of", "name", "text")

_NEEDED = ("audio", "calibration", "clips_at_once", "tags")


def to_text(fields: dict) -> str:
    """Writes a card; NaN and infinity, which JSON does not have, as null.

    Args:
        fields: What the card says, as JSON has it; strings as keys.

    Returns:
        JSON.

    Raises:
        TypeError: A value has no form in JSON.
    """
    text = json.dumps(
        _finite({"format": FORMAT, **fields}),
        indent=1,
        ensure_ascii=False,
        allow_nan=False,
    )
    return text + "\n"


def read(folder: str | os.PathLike) -> dict:
    """Reads the card of a SavedModel.

    Args:
        folder: The folder that `saved_model.pb` is in.

    Returns:
        The fields that `to_text` got.

    Raises:
        ValueError: There is no card, it is damaged, or of a later format.
    """
    path = pathlib.Path(folder) / "assets" / FILE_NAME
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(
            f"The SavedModel must be one that tftag wrote: with a model card. "
            f"Received: {os.fspath(folder)}, without assets/{FILE_NAME}."
        ) from None
    except ValueError as error:
        raise ValueError(
            f"The model card is damaged; export the model again. "
            f"Received: {path}: {error}."
        ) from error
    card_format = fields.get("format") if isinstance(fields, dict) else None
    if not isinstance(card_format, int) or card_format > FORMAT:
        raise ValueError(
            f"The model card must be of format {FORMAT} or lower; a newer "
            f"tftag reads it. Received: format {card_format!r} in {path}."
        )
    lacking = [name for name in _NEEDED if name not in fields]
    if lacking:
        raise ValueError(
            "The model card is damaged; export the model again. "
            f"Received: {path} without {', '.join(lacking)}."
        )
    return fields


def licence_text(fields: dict) -> str:
    """Writes the licences that must travel with a model.

    Args:
        fields: Of a card. `licences`, where there are any, is a list of
            `{"of": what it covers, "name": "ISC", "text": the whole text}`;
            a model that was made from another one inherits its list.

    Returns:
        The texts, one after the other; "" where there are none.

    Raises:
        ValueError: A licence lacks a part.
    """
    texts = []
    for licence in fields.get("licences") or ():
        lacking = [part for part in _OF_A_LICENCE if not licence.get(part)]
        if lacking:
            raise ValueError(
                "A licence on a model card must say what it is of, its name "
                f"and its text. Received: {licence} without "
                f"{', '.join(lacking)}."
            )
        texts.append(
            f"{licence['of']}: {licence['name']}\n\n{licence['text'].strip()}\n"
        )
    return "\n\n".join(texts)


def _finite(value):
    match value:
        case dict():
            return {key: _finite(item) for key, item in value.items()}
        case list() | tuple():
            return [_finite(item) for item in value]
        case float() if not math.isfinite(value):
            return None
    return value
