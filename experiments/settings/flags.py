"""A command line made from nested dataclasses, and back.

Every leaf, that is, every field that is not itself a dataclass, becomes a flag
of the same name. Its help is the docstring's text, the entries of the table
that its values come from (`TABLES` of the settings), and the value in each
preset.
"""

import argparse
import dataclasses
import functools
import inspect
import re
import reprlib
import types
import typing
from collections.abc import Callable, Container, Iterator

if typing.TYPE_CHECKING:
    from _typeshed import DataclassInstance

_Config = typing.TypeVar("_Config", bound="DataclassInstance")
_SHORT = reprlib.Repr()
_SHORT.maxstring = 200  # a path is shown whole


def leaves(config: _Config) -> dict[str, object]:
    """All values of nested dataclasses by their names, in order.

    Raises:
        ValueError: two fields have one name.
    """
    values: dict[str, object] = {}
    for _, name, value in _leaf_fields(config):
        if name in values:
            raise ValueError(f"Names of settings must differ. Twice: {name}")
        values[name] = value
    return values


def replace(config: _Config, values: dict[str, object]) -> _Config:
    """Copies nested dataclasses with other values for the named leaves."""
    changed: dict[str, typing.Any] = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            # No type: the field holds a config, not the class of one.
            changed[field.name] = replace(
                typing.cast(typing.Any, value), values
            )
        elif field.name in values:
            changed[field.name] = values[field.name]
    return dataclasses.replace(config, **changed)


def add_flags(
    parser: argparse.ArgumentParser,
    presets: dict,
    only: Container[str] | None = None,
) -> None:
    """Adds one flag per leaf; its help names the value in each preset.

    A flag that is not given leaves no attribute in the parsed arguments.

    Args:
        parser: gets the flags.
        presets: name to maker of the settings.
        only: the leaves that get a flag; None is all.
    """
    made = {name: leaves(make()) for name, make in presets.items()}
    config = next(iter(presets.values()))()
    tables = getattr(config, "TABLES", {})
    for owner, leaf, _ in _leaf_fields(config):
        if only is not None and leaf not in only:
            continue
        values = {name: _shown(each[leaf]) for name, each in made.items()}
        shown = ", ".join(f"{name} {value}" for name, value in values.items())
        if len(set(values.values())) == 1:
            shown = next(iter(values.values())).replace('""', "")
        kind, text = _hints(owner)[leaf], _texts(owner).get(leaf, "")
        if leaf in tables:
            table = tables[leaf]
            names = table() if callable(table) else table
            text += f"; one of {', '.join(names)}"
        said = f"{text} ({shown})" if shown else text
        options: dict[str, typing.Any] = {
            "default": argparse.SUPPRESS,
            "help": said.replace("%", "%%").strip(),
        }
        if leaf == "preset":
            options |= {"choices": tuple(presets), "help": text}
        elif kind is bool:
            options["action"] = argparse.BooleanOptionalAction
        else:
            options.update(_argparse_type(kind))
        parser.add_argument("--" + leaf.replace("_", "-"), **options)


def from_arguments(
    arguments: argparse.Namespace, presets: dict[str, Callable[[], _Config]]
) -> _Config:
    """The config of the named preset with the flags that were given."""
    given = vars(arguments)
    config = presets[given.get("preset", next(iter(presets)))]()
    return replace(config, {k: v for k, v in given.items() if k != "preset"})


def differences(old: dict, new: dict) -> list[str]:
    """Lists what differs, `name: old -> new`, except for harmless leaves.

    Of dicts, and of lists of one length, what differs within them is named;
    long values are cut.
    """
    harmless = {"name", "checkpoint_seconds"}
    found = []
    for leaf in dict.fromkeys((*old, *new)):
        before, after = old.get(leaf), new.get(leaf)
        if leaf in harmless or before == after:
            continue
        if isinstance(before, list) and isinstance(after, list):
            if len(before) == len(after):
                before, after = dict(enumerate(before)), dict(enumerate(after))
        if isinstance(before, dict) and isinstance(after, dict):
            inner = differences(before, after)
            found += [f"{leaf}, {each}" for each in inner]
        else:
            found.append(
                f"{leaf}: {_SHORT.repr(before)} -> {_SHORT.repr(after)}"
            )
    return found


def _leaf_fields(config) -> Iterator[tuple[type, str, object]]:
    """Yields the class, the name and the value of every leaf, in order."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            yield from _leaf_fields(value)
        else:
            yield type(config), field.name, value


@functools.cache
def _hints(kind: type) -> dict[str, typing.Any]:
    return typing.get_type_hints(kind)


@functools.cache
def _texts(kind: type) -> dict[str, str]:
    """What the docstring of a dataclass says of each attribute."""
    texts: dict[str, str] = {}
    # Without docstrings, as under python -OO, there is nothing to say.
    _, _, listed = (inspect.getdoc(kind) or "").partition("Attributes:\n")
    for name, text in re.findall(
        r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", listed, re.MULTILINE
    ):
        words = " ".join(text.replace("`", "").split()).removesuffix(".")
        texts[name] = words[:1].lower() + words[1:]
    return texts


def _shown(value: object) -> str:
    """A default as the help shows it."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value) or '""'


def _argparse_type(kind) -> dict:
    """`type` and `nargs` for int, float, str, `X | None` and tuple[X, ...]."""
    if isinstance(kind, types.UnionType):
        kind = next(k for k in typing.get_args(kind) if k is not type(None))
    if typing.get_origin(kind) is tuple:
        return {"type": typing.get_args(kind)[0], "nargs": "+"}
    return {"type": kind, "metavar": kind.__name__.upper()}
