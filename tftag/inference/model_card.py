"""The model card, `assets/tftag.json`: what a SavedModel says of itself."""

import os
import pathlib
from typing import Any

from tftag.storage import plain_json

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

_WAY_OUT = "export the model again"
_NEEDED = {
    "audio": dict,
    "calibration": dict,
    "clips_at_once": int,
    "tags": list,
}
_NEEDED_BY_DUAL_ENCODERS = {"space": dict, "words": dict}
_SPACE = {"fingerprint": "", "dim": 0}


def to_text(fields: dict[str, Any]) -> str:
    """Writes a card; NaN and infinity, which JSON does not have, as null.

    Args:
        fields: What the card says, as JSON has it; strings as keys.

    Returns:
        JSON.

    Raises:
        TypeError: A value has no form in JSON.
    """
    return plain_json.text({"format": FORMAT, **fields}) + "\n"


def read(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Reads the card of a SavedModel.

    Args:
        folder: The folder that `saved_model.pb` is in.

    Returns:
        The fields that `to_text` got.

    Raises:
        ValueError: There is no card, it is damaged, or of a later format.
    """
    path = pathlib.Path(folder) / "assets" / FILE_NAME
    if not path.exists():
        raise ValueError(
            f"The SavedModel must be one that tftag wrote: with a model card. "
            f"Received: {os.fspath(folder)}, without assets/{FILE_NAME}."
        )
    return parse(path.read_bytes(), path)


def parse(content: bytes, path: pathlib.Path) -> dict[str, Any]:
    """Reads a card; `read` tells of the rest.

    Args:
        content: What `to_text` wrote, in UTF-8.
        path: The file that it was found in.
    """
    fields = plain_json.parse(content, path, _WAY_OUT)
    card_format = fields.get("format")
    if not isinstance(card_format, int) or card_format > FORMAT:
        raise ValueError(
            f"The model card must be of format {FORMAT} or lower; a newer "
            f"tftag reads it. Received: format {card_format!r} in {path}."
        )
    _check(fields, path)
    return fields


def licence_text(fields: dict[str, Any]) -> str:
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


def _check(fields: dict[str, Any], path: pathlib.Path) -> None:
    """Refuses a card that lacks what every reader of it takes for granted."""
    needed = _NEEDED
    if fields.get("kind") == DUAL_ENCODER:
        needed = {**needed, **_NEEDED_BY_DUAL_ENCODERS}
    lacking = [name for name in needed if name not in fields]
    if lacking:
        raise ValueError(
            f"The model card is damaged: {_WAY_OUT}. "
            f"Received: {path} without {', '.join(lacking)}."
        )
    wrong = [n for n, kind in needed.items() if not isinstance(fields[n], kind)]
    if not wrong:
        count = len(fields["tags"])
        if not all(isinstance(tag, str) for tag in fields["tags"]):
            wrong.append("tags")
        for name in ("offsets", "thresholds"):
            values = fields["calibration"].get(name)
            if not isinstance(values, list) or len(values) != count:
                wrong.append(f"calibration: {name}")
        if not {"fingerprint", "dim"} <= fields.get("space", _SPACE).keys():
            wrong.append("space")
    if wrong:
        raise ValueError(
            f"The model card is damaged: {_WAY_OUT}. "
            f"Received: {path}, whose {', '.join(wrong)} cannot be used."
        )
