"""The few names that a pickle of plain data may call, and what they make."""

import numpy as np

from pipelines.sources.pickles import pickled_arrays

KEYS = frozenset({str, bytes, int, float, bool, type(None)})
PLAIN = KEYS | {list, dict, tuple, set, frozenset, np.ndarray}

# Each name once under all modules in which Python 2 and 3, and numpy 1 and 2,
# have it.
_MODULES = {
    "list": ("builtins", "__builtin__"),
    "tuple": ("builtins", "__builtin__"),
    "dict": ("builtins", "__builtin__"),
    "set": ("builtins", "__builtin__"),
    "frozenset": ("builtins", "__builtin__"),
    "bytes": ("builtins", "__builtin__"),
    "OrderedDict": ("collections",),
    "defaultdict": ("collections",),
    "encode": ("_codecs",),
    "ndarray": ("numpy",),
    "dtype": ("numpy",),
    "_reconstruct": ("numpy.core.multiarray", "numpy._core.multiarray"),
    "scalar": ("numpy.core.multiarray", "numpy._core.multiarray"),
    "_frombuffer": ("numpy.core.numeric", "numpy._core.numeric"),
}


class Name:
    """A constructor that the file has named and not called yet."""

    __slots__ = ("text",)

    def __init__(self, text: str):
        """Keeps the name, a key of `_MODULES`."""
        self.text = text


class Budget:
    """How much a file may still ask to be copied.

    Without a limit, naming one list in many sets costs the square of the
    file's size in memory.
    """

    def __init__(self, file_bytes: int):
        """Starts from the file's size: an item takes a byte of it or more."""
        self._left = file_bytes

    def spend(self, count: int) -> None:
        """Takes `count` items or bytes off.

        Raises:
            ValueError: Nothing is left.
        """
        self._left -= count
        if self._left < 0:
            raise ValueError("the pickle unfolds to more than it holds")


def look_up(module: str, name: str) -> Name:
    """The constructor of this name.

    Args:
        module: Where the file says that it is.
        name: Its name there.

    Returns:
        The name, to be called by `call` alone.

    Raises:
        ValueError: The file asks for something else.
    """
    if not (isinstance(module, str) and isinstance(name, str)):
        raise TypeError("the pickle is damaged: a name is no string")
    if module not in _MODULES.get(name, ()):
        raise ValueError(
            f"the pickle asks for the code {f'{module}.{name}'!r:.80}; only "
            "plain containers, strings, numbers and numpy arrays of them are "
            "read. Nothing of it was run."
        )
    return Name(name)


def call(called: object, arguments: tuple, budget: Budget) -> object:
    """What the file asks a name to make.

    Args:
        called: The name.
        arguments: As the file gives them.
        budget: What it may copy.

    Returns:
        A plain value, or a part of a numpy array.

    Raises:
        TypeError: This is not what Python or numpy write.
        ValueError: Likewise.
    """
    if type(called) is not Name:
        raise TypeError("what is called is no name")
    match called.text:
        case "OrderedDict" | "dict":
            pairs = [_copy(p, budget) for p in _items(arguments, budget)]
            check_keys([key for key, _ in pairs])
            return dict(pairs)
        case "defaultdict":
            # Its factory is of no use to data that is only read.
            return {}
        case "list":
            return _items(arguments, budget)
        case "tuple":
            return tuple(_items(arguments, budget))
        case "set":
            return set(check_keys(_items(arguments, budget)))
        case "frozenset":
            return frozenset(check_keys(_items(arguments, budget)))
        case "bytes" if not arguments:
            return b""
        case "encode":
            return _encode(*arguments, budget)
        case "dtype":
            return pickled_arrays.PendingType(arguments[0])
        case "_reconstruct":
            return pickled_arrays.PendingArray()
        case "_frombuffer":
            data, dtype, shape, order = arguments
            budget.spend(len(data))
            fortran = pickled_arrays.word(order) == "F"
            return pickled_arrays.array(data, dtype, shape, fortran)
        case "scalar":
            dtype, data = arguments
            budget.spend(len(data))
            return pickled_arrays.array(data, dtype, (), False).item()
    raise TypeError(f"{called.text} is not for calling")


def check_plain(items: list) -> list:
    """Refuses what may not be in the result.

    Args:
        items: Values on their way into a container.

    Returns:
        The same items.

    Raises:
        ValueError: One of them is a name, a type or an unfinished array.
    """
    for item in items:
        if type(item) not in PLAIN:
            kind = item.text if type(item) is Name else type(item).__name__
            raise ValueError(
                f"the pickle holds {kind!r} as a value; only plain data is read"
            )
    return items


def check_keys(items: list) -> list:
    """Refuses what is neither string nor number.

    Tuples too: the hash of nested ones can take for ever.

    Args:
        items: Keys of a dict or members of a set.

    Returns:
        The same items.

    Raises:
        ValueError: One of them is something else.
    """
    for item in items:
        if type(item) not in KEYS:
            raise ValueError(
                "keys of dicts and members of sets must be strings or "
                f"numbers. Received: {type(item).__name__}"
            )
    return items


def _items(arguments: tuple, budget: Budget) -> list:
    return _copy(*arguments, budget) if arguments else []


def _copy(items: object, budget: Budget) -> list:
    if type(items) not in (list, tuple, set, frozenset):
        raise TypeError("a container is made of what is none")
    budget.spend(len(items))
    return list(items)


def _encode(text: str, encoding: str, budget: Budget) -> bytes:
    """How protocol 2 writes the bytes of Python 3."""
    if type(text) is not str or encoding not in ("latin1", "latin-1"):
        raise TypeError("only text that stands for bytes is encoded")
    budget.spend(len(text))
    return text.encode("latin-1")
