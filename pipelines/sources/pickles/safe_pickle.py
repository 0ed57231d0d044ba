"""Reads pickles of plain data without running anything that they ask for.

The unpickler is the standard library's. It knows the instructions of `_COSTS`
alone, and the names that a file may call, `_MODULES`, are answered here:
nothing is imported, and nothing of numpy is called before what the file says
was checked.

It is the library's Python class. The C one behind `find_class` was tried on
forged files: it hashes what it is told (a key of tuples in tuples, 110 bytes,
takes more than a minute; integers that collide take the square of their
number), asks for memory by lengths that the file states, and cannot tell that
3 MB are 3 million sets. numpy's own functions, also allowed by name, read
foreign memory: an array of objects with fewer of them than its shape says ends
the process. The Python class lets all of this be seen before it is done.
"""

import io
import os
import pathlib
import pickle
import pickletools
import struct
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from pipelines.sources.pickles import pickled_arrays

MAX_BYTES = 128 * 2**20
# A list of recordings by short names comes to some forty times its file.
MEMORY_PER_BYTE = 48
MEMORY_FOR_ALL = 32 * 2**20

KEYS = frozenset({str, bytes, int, float, bool, type(None)})
PLAIN = KEYS | {list, dict, tuple, set, frozenset, np.ndarray}
# Larger integers can be made to collide, and then take quadratic time.
_KEY_BITS = 64

# Bytes of memory that an instruction takes, beside those of its argument.
_COSTS = {
    "PROTO FRAME STOP POP POP_MARK": 0,
    "NONE NEWTRUE NEWFALSE BININT1 EMPTY_TUPLE GET BINGET LONG_BINGET DUP": 8,
    "INT BININT BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT": 40,
    "UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8 STRING BINSTRING": 64,
    "SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8": 64,
    "TUPLE TUPLE1 TUPLE2 TUPLE3 MARK": 72,
    "EMPTY_LIST LIST EMPTY_DICT DICT SETITEM": 96,
    "EMPTY_SET FROZENSET": 224,
    "PUT BINPUT LONG_BINPUT MEMOIZE": 120,
    "APPEND APPENDS SETITEMS ADDITEMS": 16,
    "GLOBAL STACK_GLOBAL REDUCE BUILD": 120,
}
_PAIR = 96  # in a dict
_MEMBER = 32  # of a set


_BUILTINS = {t.__name__: t for t in (list, tuple, set, frozenset)}
_BUILTIN = ("builtins", "__builtin__")
_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")
# The names that a file may call, with all modules in which Python 2 and 3,
# and numpy 1 and 2, have them.
_MODULES = {
    **dict.fromkeys((*_BUILTINS, "dict", "bytes"), _BUILTIN),
    "OrderedDict": ("collections",),
    "defaultdict": ("collections",),
    "encode": ("_codecs",),
    "ndarray": ("numpy",),
    "dtype": ("numpy",),
    "_reconstruct": _MULTIARRAY,
    "scalar": _MULTIARRAY,
    "_frombuffer": ("numpy.core.numeric", "numpy._core.numeric"),
}
_ONLY_PLAIN = (
    "only plain containers, strings, numbers and numpy arrays of them are "
    "read. Nothing of it was run."
)


def load(path: str | os.PathLike[str]) -> object:
    """Reads a pickle of plain data, protocols 0 to 5, also from Python 2.

    Args:
        path: The pickle.

    Returns:
        Dicts (also for OrderedDict and defaultdict), lists, tuples, sets,
        strings, bytes (also for Python 2's `str` and for bytearrays),
        numbers, None, and numpy arrays of them; numpy's scalars come as
        Python's.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file asks for anything else, is no pickle, is cut
            short, or unfolds to more than such data can.
    """
    path = pathlib.Path(path)
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(
            f"{path}: a pickle of plain data must be at most {MAX_BYTES} "
            f"bytes. Received: {size}"
        )
    try:
        return _Unpickler(path.read_bytes()).load()
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    except (
        pickle.UnpicklingError,
        struct.error,
        EOFError,
        LookupError,
        TypeError,
        AttributeError,
        OverflowError,
        DeprecationWarning,
    ) as error:
        raise ValueError(
            f"{path}: the pickle is damaged or cut short"
        ) from error


class _Instructions(dict):
    """What to do for each byte; refuses those that are not in it."""

    _names = {ord(opcode.code): opcode.name for opcode in pickletools.opcodes}

    def __missing__(self, code: int):
        if code not in self._names:
            raise ValueError("the file is no pickle, or is damaged")
        raise ValueError(
            f"the pickle makes objects ({self._names[code]}); {_ONLY_PLAIN}"
        )


class _Name:
    """What the file has named: to be called, and nothing else."""

    __slots__ = ("text",)

    def __init__(self, text: str):
        self.text = text


class _Unpickler(pickle._Unpickler):
    """The library's, with every step that hashes, calls or sets state.

    Its methods are named after the library's, which calls them.
    """

    # The library's own, which its type stubs leave out.
    stack: list
    metastack: list
    append: Callable[[object], None]
    read: Callable[[int], bytes]
    pop_mark: Callable[[], list]

    def __init__(self, data: bytes):
        super().__init__(io.BytesIO(data), encoding="bytes")
        self._memory_left = MEMORY_FOR_ALL + MEMORY_PER_BYTE * len(data)
        self._unfilled: dict[int, np.ndarray] = {}

    def load(self) -> object:
        with warnings.catch_warnings():
            # Python 2 wrote no escapes that this one does not know.
            warnings.simplefilter("error", DeprecationWarning)
            value = super().load()
        if self.stack or self.metastack or self._unfilled:
            raise ValueError("the pickle does not end with one whole value")
        _check_plain(value)
        return value

    def spend(self, memory_bytes: int) -> None:
        """Takes memory off what the size of the file allows."""
        self._memory_left -= memory_bytes
        if self._memory_left < 0:
            raise ValueError("the pickle unfolds to more than it holds")

    def find_class(self, module: str, name: str) -> _Name:
        if module not in _MODULES.get(name, ()):
            raise ValueError(
                f"the pickle asks for the code {f'{module}.{name}'!r:.80}; "
                f"{_ONLY_PLAIN}"
            )
        return _Name(name)

    def load_reduce(self):
        arguments = self.stack.pop()
        name = self.stack[-1]
        if type(name) is not _Name or type(arguments) is not tuple:
            raise TypeError("what is called is no name")
        self.stack[-1] = self._make(name.text, *arguments)

    def load_build(self):
        state = self.stack.pop()
        target = self.stack[-1]
        if type(target) is pickled_arrays.PendingType:
            target.set_state(state)
        elif id(target) in self._unfilled:
            del self._unfilled[id(target)]
            _, shape, dtype, fortran, data = state
            self._fill(target, data, dtype, shape, bool(fortran))
        else:
            raise ValueError(
                f"the pickle sets the state of an object; {_ONLY_PLAIN}"
            )

    def _make(self, name: str, *told: Any) -> Any:
        """What a call of this name gives in the library or in numpy."""
        match name:
            case "list" | "tuple":
                return _BUILTINS[name](self._copy(*told))
            case "set" | "frozenset":
                return _BUILTINS[name](self._members(*told))
            case "dict" | "OrderedDict":
                made: Any = {}
                for pair in self._copy(*told):
                    self._set_items(made, self._copy(pair)[:3])
                return made
            case "defaultdict":
                # Its factory is of no use to data that is only read.
                return {}
            case "bytes" if not told:
                return b""
            case "encode":
                return self._encode(*told)
            case "dtype":
                return pickled_arrays.PendingType(told[0])
            case "_reconstruct":
                made = np.ndarray(0)
                self._unfilled[id(made)] = made
                return made
            case "_frombuffer":
                data, dtype, shape, order = told
                fortran = pickled_arrays.word(order) == "F"
                return self._fill(np.ndarray(0), data, dtype, shape, fortran)
            case "scalar":
                dtype, data = told
                return self._fill(np.ndarray(0), data, dtype, (), False).item()
        raise TypeError(f"{name} is not for calling")

    def _copy(self, items: Any = ()) -> list:
        if type(items) not in (list, tuple, set, frozenset):
            raise TypeError("a container is made of what is none")
        self.spend(8 * len(items))
        return list(items)

    def _members(self, items: Any = ()) -> list:
        self.spend(_MEMBER * len(items))
        return _check_keys(self._copy(items))

    def _encode(self, text: str, encoding: str) -> bytes:
        """How protocol 2 writes the bytes of Python 3."""
        if type(text) is not str or encoding not in ("latin1", "latin-1"):
            raise TypeError("only text that stands for bytes is encoded")
        self.spend(len(text))
        return text.encode("latin-1")

    def _fill(self, target, data, dtype, shape, fortran) -> np.ndarray:
        self.spend(8 * len(data))
        pickled_arrays.fill(target, data, dtype, shape, fortran)
        return target

    def load_dict(self):
        items = self.pop_mark()
        self.append(self._set_items({}, items))

    def load_setitem(self):
        value = self.stack.pop()
        key = self.stack.pop()
        self._set_items(self.stack[-1], [key, value])

    def load_setitems(self):
        items = self.pop_mark()
        self._set_items(self.stack[-1], items)

    def _set_items(self, target: dict, items: list) -> dict:
        if type(target) is not dict or len(items) % 2:
            raise TypeError("items are set in what is no dict")
        self.spend(_PAIR * len(items) // 2)
        _check_keys(items[::2])
        target.update(zip(items[::2], items[1::2], strict=True))
        return target

    def load_additems(self):
        items = self.pop_mark()
        if type(self.stack[-1]) is not set:
            raise TypeError("items are added to what is no set")
        self.stack[-1].update(self._members(items))

    def load_frozenset(self):
        items = self.pop_mark()
        self.append(frozenset(self._members(items)))

    def load_bytearray8(self):
        # The library's takes as much memory as the file says.
        (length,) = struct.unpack("<Q", self.read(8))
        data = self.read(min(length, MAX_BYTES))
        if len(data) != length:
            raise EOFError("the pickle is cut short")
        self.append(bytes(data))


def _charged(step: Callable, cost: int) -> Callable:
    def charged(unpickler: _Unpickler):
        unpickler.spend(cost)
        step(unpickler)

    return charged


def _instructions() -> _Instructions:
    known = _Instructions()
    for names, cost in _COSTS.items():
        for name in names.split():
            code = getattr(pickle, name)[0]
            step = pickle._Unpickler.dispatch[code].__name__
            known[code] = _charged(getattr(_Unpickler, step), cost)
    return known


_Unpickler.dispatch = _instructions()


def _check_keys(items: list) -> list:
    """Refuses keys that are neither string nor number of a usual size.

    Tuples too: the hash of nested ones can take for ever.
    """
    for item in items:
        if type(item) not in KEYS:
            raise ValueError(
                "keys of dicts and members of sets must be strings or "
                f"numbers. Received: {type(item).__name__}"
            )
        if type(item) is int and item.bit_length() > _KEY_BITS:
            raise ValueError(
                f"keys that are integers must have at most {_KEY_BITS} bits. "
                f"Received: {item.bit_length()}"
            )
    return items


def _check_plain(value: object) -> None:
    """Refuses a name or a type that is held as a value, however deep."""
    seen, unchecked = set(), [value]
    item: Any
    while unchecked:
        item = unchecked.pop()
        if type(item) not in PLAIN:
            kind = item.text if type(item) is _Name else type(item).__name__
            raise ValueError(
                f"the pickle holds {kind!r} as a value; only plain data is read"
            )
        if type(item) in KEYS or id(item) in seen:
            continue
        seen.add(id(item))
        if type(item) is dict:
            unchecked += item.values()
        elif type(item) is not np.ndarray:
            unchecked += item
        elif item.dtype.hasobject:
            unchecked += item.flat
