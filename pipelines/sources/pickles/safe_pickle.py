"""Reads pickles of plain data without running anything that they ask for.

A pickle is a program for a small stack machine. This is that machine without
its instructions for calling and importing: a name in the file is looked up in
a short table of constructors, and whatever is not there is refused by name.
"""

import io
import os
import pathlib
import pickletools
from collections.abc import Iterator

from pipelines.sources.pickles import pickled_arrays, pickled_names

MAX_BYTES = 256 * 2**20
# An empty set takes one byte of the file and 216 of memory.
MAX_OPERATIONS = 10_000_000

_OPCODES = {
    opcode.code.encode("latin-1"): opcode for opcode in pickletools.opcodes
}
_LITERALS = frozenset(
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT UNICODE "
    "BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES "
    "BINBYTES8 STRING".split()
)
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY = {
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
    "EMPTY_SET": set,
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_PUT = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
_GET = frozenset({"GET", "BINGET", "LONG_BINGET"})


def load(path: str | os.PathLike) -> object:
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
            short, or is larger than such data can be.
    """
    path = pathlib.Path(path)
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(
            f"{path}: a pickle of plain data must be at most {MAX_BYTES} "
            f"bytes. Received: {size}"
        )
    try:
        return _Machine(path.read_bytes()).run()
    except (IndexError, KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"{path}: the pickle is damaged") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


class _Arguments(tuple):
    """A tuple that holds a name or a type: for a call, never for the result."""

    __slots__ = ()


class _Machine:
    """The stack, the marks on it and the values kept for a second use."""

    def __init__(self, data: bytes):
        self._data = data
        self._stack = []
        self._marks = []
        self._memo = {}
        self._budget = pickled_names.Budget(len(data))

    def run(self) -> object:
        for name, argument in _operations(self._data):
            self._step(name, argument)
        if len(self._stack) != 1 or self._marks:
            raise ValueError("the pickle does not end with one value")
        return pickled_names.check_plain(self._stack)[0]

    def _step(self, name: str, argument: object):
        stack = self._stack
        if name in _LITERALS:
            stack.append(argument)
        elif name in _PUT:
            self._keep(argument)
        elif name in _GET:
            stack.append(self._memo[argument])
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            stack.append(_EMPTY[name]())
        elif name in _TUPLES:
            stack.append(_tuple(self._pop(_TUPLES[name])))
        else:
            self._step_rare(name, argument)

    def _step_rare(self, name: str, argument: object):
        stack = self._stack
        match name:
            case "MEMOIZE":
                self._keep(len(self._memo))
            case "MARK":
                self._marks.append(len(stack))
            case "APPEND":
                self._extend(self._pop(1))
            case "APPENDS":
                self._extend(self._pop_to_mark())
            case "SETITEM":
                self._set_items(self._pop(2))
            case "SETITEMS":
                self._set_items(self._pop_to_mark())
            case "ADDITEMS":
                self._add(self._pop_to_mark())
            case "LIST":
                stack.append([])
                self._extend(self._pop_to_mark(below=1))
            case "DICT":
                stack.append({})
                self._set_items(self._pop_to_mark(below=1))
            case "FROZENSET":
                stack.append(
                    frozenset(pickled_names.check_keys(self._pop_to_mark()))
                )
            case "TUPLE":
                stack.append(_tuple(self._pop_to_mark()))
            case "BINSTRING" | "SHORT_BINSTRING":
                stack.append(argument.encode("latin-1"))
            case "BYTEARRAY8":
                stack.append(bytes(argument))
            case "GLOBAL":
                stack.append(pickled_names.look_up(*argument.split(" ", 1)))
            case "INST":
                pickled_names.look_up(*argument.split(" ", 1))
                raise TypeError("plain data has no instances")
            case "STACK_GLOBAL":
                stack.append(pickled_names.look_up(*self._pop(2)))
            case "REDUCE":
                called, arguments = self._pop(2)
                stack.append(
                    pickled_names.call(called, arguments, self._budget)
                )
            case "BUILD":
                self._build(stack.pop())
            case "POP":
                stack.pop()
            case "POP_MARK":
                self._pop_to_mark()
            case "DUP":
                stack.append(stack[-1])
            case "PROTO" | "FRAME" | "STOP":
                pass
            case _:
                raise ValueError(
                    f"the pickle makes objects ({name}); only plain "
                    "containers, strings, numbers and numpy arrays of them "
                    "are read. Nothing of it was run."
                )

    def _pop(self, count: int) -> list:
        if len(self._stack) < count:
            raise IndexError("the stack is empty")
        taken = self._stack[-count:]
        del self._stack[-count:]
        return taken

    def _pop_to_mark(self, below: int = 0) -> list:
        """What lies above the last mark and below the topmost `below`."""
        end = len(self._stack) - below
        start = self._marks.pop()
        taken = self._stack[start:end]
        del self._stack[start:end]
        return taken

    def _keep(self, place: int):
        value = self._stack[-1]
        self._memo[place] = value
        if isinstance(value, pickled_arrays.PendingArray):
            value.places.append(place)

    def _extend(self, items: list):
        target = self._stack[-1]
        if type(target) is not list:
            raise TypeError("items are appended to what is no list")
        target.extend(pickled_names.check_plain(items))

    def _set_items(self, items: list):
        target = self._stack[-1]
        if type(target) is not dict or len(items) % 2:
            raise TypeError("items are set in what is no dict")
        keys = pickled_names.check_keys(items[::2])
        target.update(
            zip(keys, pickled_names.check_plain(items[1::2]), strict=True)
        )

    def _add(self, items: list):
        target = self._stack[-1]
        if type(target) is not set:
            raise TypeError("items are added to what is no set")
        target.update(pickled_names.check_keys(items))

    def _build(self, state: tuple):
        target = self._stack[-1]
        if isinstance(target, pickled_arrays.PendingType):
            target.set_state(state)
        elif isinstance(target, pickled_arrays.PendingArray):
            _, shape, dtype, fortran, data = state
            self._budget.spend(len(data))
            if type(data) is list:
                pickled_names.check_plain(data)
            made = pickled_arrays.array(data, dtype, shape, bool(fortran))
            self._stack[-1] = made
            for place in target.places:
                self._memo[place] = made
        else:
            raise ValueError(
                "the pickle sets the state of an object; only plain data is "
                "read. Nothing of it was run."
            )


def _tuple(items: list) -> tuple:
    plain = all(type(item) in pickled_names.PLAIN for item in items)
    return tuple(items) if plain else _Arguments(items)


def _operations(data: bytes) -> Iterator[tuple[str, object]]:
    """The instructions of a pickle with their arguments, up to its end."""
    stream = io.BytesIO(data)
    for _ in range(MAX_OPERATIONS):
        opcode = _OPCODES.get(stream.read(1))
        if opcode is None:
            raise ValueError("the file is no pickle, or is cut short")
        argument = None
        if opcode.name == "STRING":
            argument = _python2_string(stream.readline())
        elif opcode.arg is not None:
            argument = opcode.arg.reader(stream)
        yield opcode.name, argument
        if opcode.name == "STOP":
            return
    raise ValueError(
        f"the pickle has more than {MAX_OPERATIONS} instructions, too many "
        "for a list of recordings"
    )


def _python2_string(line: bytes) -> bytes:
    body = line.rstrip(b"\r\n")
    if len(body) < 2 or body[:1] != body[-1:] or body[:1] not in (b"'", b'"'):
        raise ValueError("the pickle is damaged: a string without quotes")
    # Python 2 escapes whatever is not ASCII, so this undoes its repr.
    return body[1:-1].decode("unicode_escape").encode("latin-1")
