import builtins
import collections
import ctypes
import datetime
import functools
import io
import operator
import os
import pathlib
import pickle
import re
import subprocess

import numpy as np
import pytest
from pickle_files import PROTOCOLS, refused


class _Asks:
    """Pickled as a call of what it is given."""

    def __init__(self, *reduced):
        self.reduced = reduced

    def __reduce__(self):
        return self.reduced


class _Own:
    pass


def _calls(folder):
    """Things that do harm, each leaving a file behind where it was run."""
    mark = os.fspath(folder / "ran")
    code = f"open({mark!r}, 'w')"
    return [
        _Asks(os.system, (f"touch {mark}",)),
        _Asks(os.mkdir, (mark,)),
        _Asks(builtins.eval, (code,)),
        _Asks(builtins.exec, (code,)),
        _Asks(builtins.open, (mark, "w")),
        _Asks(dir, ()),
        _Asks(builtins.getattr, (_Asks(__import__, ("os",)), "system")),
        _Asks(builtins.map, (_Asks(print, ()), ())),
        _Asks(functools.partial, (os.mkdir, mark)),
        _Asks(operator.attrgetter("mkdir"), (os.path,)),
        _Asks(operator.methodcaller("touch"), (pathlib.Path(mark),)),
        _Asks(subprocess.Popen, (["touch", mark],)),
        _Asks(np.memmap, (mark, "u1", "w+", 0, (4,))),
        _Asks(np.load, (mark, None, True)),
        _Asks(np.ndarray, ((2**20, 2**20),)),
        _Asks(np.save, (mark, 1)),
        _Asks(ctypes.CDLL, ("libc.so.6",)),
        _Asks(ctypes.string_at, (0,)),
        _Asks(io.FileIO, (mark, "w")),
        _Asks(pickle.loads, (b"N.",)),
        _Asks(collections.deque, ([1],)),
        _Asks(collections.Counter, ({"a": 1},)),
        _Asks(bytearray, (10**12,)),
        _Asks(bytes, (10**12,)),
        _Asks(range, (10**12,)),
        _Asks(set, (range(10**6),)),
        _Asks(list, (), {"x": 1}),
        pathlib.Path(mark),
        datetime.date(2020, 1, 1),
        re.compile("x"),
        _Own(),
        _Own,
        os.system,
        set,
        np.ndarray,
        np.dtype("f4"),
        1j,
        np.array([1j]),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f4")]),
        np.array([os.system, 1], dtype=object),
        np.array([_Own()], dtype=object),
        np.datetime64("2020-01-01"),
        np.ma.masked_array([1, 2], [0, 1]),
        np.zeros((2, 2, 2)),
        {("a", ("b",)): 1},
    ]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nothing_that_a_pickle_asks_for_is_run(tmp_path, protocol):
    for wrap in (
        lambda x: x,
        lambda x: [x],
        lambda x: {"a.mp3": (1, x)},
        lambda x: {"a.mp3": [x]},
    ):
        for harm in _calls(tmp_path):
            try:
                data = pickle.dumps(wrap(harm), protocol)
            except (pickle.PicklingError, TypeError):
                continue
            refused(tmp_path, data)
            assert not (tmp_path / "ran").exists()


def test_a_refusal_names_the_code(tmp_path):
    for protocol in PROTOCOLS:
        data = pickle.dumps(_Asks(os.system, ("true",)), protocol)
        text = refused(tmp_path, data, r"(posix|nt)\.system")
        assert "Nothing of it was run" in text


@pytest.mark.parametrize(
    "data",
    [
        # Names that are allowed, put to another use.
        b"cbuiltins\nset\n.",
        b"cbuiltins\nset\n}b.",
        b"(lcbuiltins\nset\na.",
        b"cbuiltins\nset\n(I5\ntR.",
        b"cbuiltins\nset\n((l(lltR.",
        b"cbuiltins\nlist\n(cbuiltins\nset\ntR.",
        b"cbuiltins\nlist\n((cbuiltins\nset\nttR.",
        b"cbuiltins\nset\n\x8f\x81.",
        b"cbuiltins\nbytes\n(I1000000000\ntR.",
        b"ccollections\nOrderedDict\n((lcbuiltins\nset\natR.",
        b"ccollections\nOrderedDict\n(((VaVbVctltR.",
        b"ccollections\nOrderedDict\n(((lVattR.",
        b"ccollections\ndefaultdict\n)R}b.",
        b"c_codecs\nencode\n(Vx\nVzlib\ntR.",
        b"c_codecs\nencode\n(Vx\nVrot13\ntR.",
        b"c_codecs\nencode\n(I1\nVlatin1\ntR.",
        b"c_codecs\ndecode\n(Vx\nVlatin1\ntR.",
        b"cnumpy\nndarray\n(I5\ntR.",
        b"cnumpy\nndarray.tofile\n.",
        b"Vbuiltins\nVset.__init__\n\x93.",
        b"Vbuiltins\nI1\n\x93.",
        b"(lV1\n\x93.",
        b"}Vset\n\x93.",
        b"](I1\nb.",
        b"\x8c\x03set(I1\ntR.",
        b"(I1\n(ltR.",
        # Other instructions.
        b"Pname\n.",
        b"(I1\nQ.",
        b"\x82\x01.",
        b"(Vx\niposix\nsystem\n.",
        b"(cbuiltins\nset\no.",
        b"\x97.",
        b"]\x98.",
        # Damage.
        b"",
        b".",
        b"\x80\x04",
        b"]",
        b"]a.",
        b"e.",
        b"t.",
        b"1.",
        b"0.",
        b"2.",
        b"R.",
        b"b.",
        b"\x85.",
        b"h\x05.",
        b"]]u.",
        b"](I1\nI2\nu.",
        b"}(I1\nu.",
        b"}(]I1\nu.",
        b"}](I1\n\x90.",
        b"\x8f(]\x90.",
        b"(]\x91.",
        b"(](d.",
        b"I1",
        b"Ix\n.",
        b"Sx\n.",
        b"S'x\n.",
        b"S'\\x4'\n.",
        b"S'\\u1234'\n.",
        b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7fx.",
        b"\x8d\xff\xff\xff\xff\xff\xff\xff\xffx.",
        b"\x96\xff\xff\xff\xff\xff\x00\x00\x00x.",
        b"B\xff\xff\xff\xffx.",
        b"T\xff\xff\xff\xffx.",
        b"X\x01\x00\x00\x00\xff.",
        b"\x8b\xff\xff\xff\x7f1.",
        b"\x8b\xff\xff\xff\xff1.",
        b"L" + b"9" * 5_000 + b"L\n.",
        b"not a pickle at all",
        b"PK\x03\x04",
        b"\xff\xfe",
    ],
)
def test_allowed_names_used_wrongly_and_damage(tmp_path, data):
    refused(tmp_path, data)
