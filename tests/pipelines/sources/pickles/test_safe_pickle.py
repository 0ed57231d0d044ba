import collections
import pickle
import pickletools
import tracemalloc

import numpy as np
import pytest
from pickle_files import PROTOCOLS, load, refused

from pipelines.sources.pickles import safe_pickle

# What Python 2.7 writes, in protocols 0, 1 and 2, for {
#     "caf\xc3\xa9/x.mp3": ["rock", u"\xe9t\xe9"], "y.mp3": set(["pop"]),
#     "z.mp3": ("a", True, 1L, 1.5, None)}
PYTHON_2 = (
    b"(dp0\nS'caf\\xc3\\xa9/x.mp3'\np1\n(lp2\nS'rock'\np3\naV\xe9t\xe9\np4\n"
    b"asS'z.mp3'\np5\n(S'a'\np6\nI01\nL1L\nF1.5\nNtp7\nsS'y.mp3'\np8\n"
    b"c__builtin__\nset\np9\n((lp10\nS'pop'\np11\natp12\nRp13\ns.",
    b"}q\x00(U\x0bcaf\xc3\xa9/x.mp3q\x01]q\x02(U\x04rockq\x03X\x05\x00\x00"
    b"\x00\xc3\xa9t\xc3\xa9q\x04eU\x05z.mp3q\x05(U\x01aq\x06I01\nL1L\n"
    b"G?\xf8\x00\x00\x00\x00\x00\x00Ntq\x07U\x05y.mp3q\x08c__builtin__\nset\n"
    b"q\t(]q\nU\x03popq\x0batq\x0cRq\ru.",
    b"\x80\x02}q\x00(U\x0bcaf\xc3\xa9/x.mp3q\x01]q\x02(U\x04rockq\x03X\x05"
    b"\x00\x00\x00\xc3\xa9t\xc3\xa9q\x04eU\x05z.mp3q\x05(U\x01aq\x06\x88\x8a"
    b"\x01\x01G?\xf8\x00\x00\x00\x00\x00\x00Ntq\x07U\x05y.mp3q\x08"
    b"c__builtin__\nset\nq\t]q\nU\x03popq\x0ba\x85q\x0cRq\ru.",
)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "value",
    [
        {"x.mp3": ["rock", "pop"], "y.mp3": [], "é夜.mp3": ("a", ("b",))},
        {"a": {1, 2}, "b": frozenset({"c"}), "c": set(), "d": frozenset()},
        [None, True, False, 0, -1, 255, 65_536, 2**31, -(2**80), 10**700],
        [0.1, -1e300, float("inf"), b"", b"\x00\xff", b"x" * 300, "x" * 70_000],
        list(range(3_000)),
        {str(i): i for i in range(3_000)},
        (),
        (1, 2, 3, 4),
        [[], {}, (), [[[["deep"]]]]],
        "one string\nwith 'quotes' \\ and \x00",
    ],
)
def test_plain_data_is_read_as_it_was_written(tmp_path, protocol, value):
    read = load(tmp_path, pickle.dumps(value, protocol))
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_other_dicts_come_as_dicts(tmp_path, protocol):
    ordered = collections.OrderedDict([("b", [1]), ("a", [2])])
    grouped = collections.defaultdict(list, {"x": ["y"]})
    read = load(tmp_path, pickle.dumps([ordered, grouped], protocol))
    assert read == [{"b": [1], "a": [2]}, {"x": ["y"]}]
    assert [type(item) for item in read] == [dict, dict]
    assert list(read[0]) == ["b", "a"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_is_shared_stays_shared(tmp_path, protocol):
    same, row = ["rock"], np.arange(3)
    value = {"a": same, "b": same, "c": row, "d": row}
    read = load(tmp_path, pickle.dumps(value, protocol))
    assert read["a"] is read["b"]
    assert read["c"] is read["d"]
    loop = []
    loop.append(loop)
    read = load(tmp_path, pickle.dumps(loop, protocol))
    assert read[0] is read


@pytest.mark.parametrize("data", PYTHON_2)
def test_python_2_strings_come_as_bytes(tmp_path, data):
    assert load(tmp_path, data) == {
        "café/x.mp3".encode(): [b"rock", "été"],
        b"y.mp3": {b"pop"},
        b"z.mp3": (b"a", True, 1, 1.5, None),
    }


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (
            b"ccollections\ndefaultdict\np0\n(c__builtin__\nlist\np1\ntp2\n"
            b"Rp3\nS'a'\np4\n(lp5\nS'b'\np6\nas.",
            {b"a": [b"b"]},
        ),
        (
            b"\x80\x02ccollections\nOrderedDict\nq\x00]q\x01]q\x02(U\x01aq"
            b"\x03]q\x04U\x01bq\x05aea\x85q\x06Rq\x07.",
            {b"a": [b"b"]},
        ),
        (b'S"it\'s\\n\\\\ \\t"\n.', b"it's\n\\ \t"),
        (b"c__builtin__\nfrozenset\np0\n((lp1\nS'a'\np2\natp3\nRp4\n.", {b"a"}),
    ],
)
def test_python_2_containers(tmp_path, data, value):
    assert load(tmp_path, data) == value


def test_a_cut_pickle_is_refused_wherever_it_was_cut(tmp_path):
    value = {"a.mp3": ["x"], "b.mp3": np.arange(3), "c": {1.5, None}}
    for protocol in PROTOCOLS:
        data = pickle.dumps(value, protocol)
        for end in range(0, len(data), 4):
            refused(tmp_path, data[:end])


def test_random_damage_never_gives_more_than_plain_data(tmp_path):
    rng = np.random.default_rng(0)
    value = {"a.mp3": ["x", b"y"], "b": np.arange(3), "c": {1.5}, "d": ("e",)}
    values = [value, np.array(["a", "b"], object), np.float32(1)]

    def check(item, depth=0):
        assert type(item) in safe_pickle.PLAIN
        if depth < 5 and isinstance(item, (list, tuple, set, frozenset)):
            for part in item:
                check(part, depth + 1)
        if depth < 5 and isinstance(item, dict):
            for part in (*item, *item.values()):
                check(part, depth + 1)

    for round_ in range(600):
        data = bytearray(pickle.dumps(values, round_ % 6))
        for _ in range(rng.integers(1, 4)):
            data[rng.integers(len(data))] = rng.integers(256)
        try:
            check(load(tmp_path, bytes(data)))
        except ValueError:
            pass
        except DeprecationWarning as warning:
            assert "invalid escape" in str(warning)


def test_small_files_do_not_unfold_to_much(tmp_path, monkeypatch):
    # A place far up in the memo.
    huge_place = b"]r\xff\xff\xff\x7f."
    assert load(tmp_path, huge_place) == []
    deep = b"]" * 100_000 + b"a" * 99_999 + b"."
    read = load(tmp_path, deep)
    levels = 0
    while read:
        read = read[0]
        levels += 1
    assert levels == 99_999
    refused(tmp_path, b"}" + b"(" * 99_999 + b"]" * 100_000 + b"s.")
    monkeypatch.setattr(safe_pickle, "MAX_BYTES", 10)
    refused(tmp_path, pickle.dumps("x" * 10), "at most 10 bytes")


def test_instructions_that_make_objects_are_unknown(tmp_path):
    names = "PERSID BINPERSID EXT1 EXT2 EXT4 INST OBJ NEWOBJ NEWOBJ_EX"
    names += " NEXT_BUFFER READONLY_BUFFER"
    for opcode in pickletools.opcodes:
        code = opcode.code.encode("latin-1")
        makes_objects = opcode.name in names.split()
        assert (code[0] not in safe_pickle._Unpickler.dispatch) == makes_objects
        if makes_objects:
            refused(tmp_path, b"]" + code, f"makes objects .{opcode.name}")


MIB = 2**20


def _integer(value):
    return b"\x8a\x0a" + value.to_bytes(10, "little", signed=True)


def _colliding(between):
    return between.join(_integer(i * (2**61 - 1)) for i in range(999)) + between


COPIED = b"](" + b"K\x01" * 10_000 + b"eq\x00("
CALL = b"cbuiltins\n%s\nh\x00\x85R"
KIB_64 = 2**16
BYTES = b"B\x00\x00\x01\x00" + b"a" * KIB_64 + b"q\x00"
TYPE = b"cnumpy\ndtype\n(Vu1\nI0\nI1\ntRq\x01"
FROM_BYTES = b"cnumpy.core.numeric\n_frombuffer\n(h\x00h\x01I65536\n\x85VC\ntR"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        # Keys whose hashes are equal, or take for ever.
        (b"}(" + _colliding(b"N") + b"u.", "64 bits"),
        (b"}" + _colliding(b"Ns") + b".", "64 bits"),
        (b"(" + _colliding(b"N") + b"d.", "64 bits"),
        (b"\x8f(" + _colliding(b"") + b"\x90.", "64 bits"),
        (b"(" + _colliding(b"") + b"\x91.", "64 bits"),
        (b"cbuiltins\nset\n(" + _colliding(b"") + b"l\x85R.", "64 bits"),
        (b"}I1\n" + b"q\x00h\x00\x86" * 60 + b"Ns.", "keys of dicts"),
        (b"\x8f(I1\n" + b"q\x00h\x00\x86" * 60 + b"\x90.", "keys of dicts"),
        # Instructions of a byte that take a hundred or more.
        (b"(" + b"\x8f" * KIB_64 + b"t.", "unfolds"),
        (b"(" + b"}" * KIB_64 + b"t.", "unfolds"),
        (b"(" + b"]" * KIB_64 + b"t.", "unfolds"),
        (b"(" * KIB_64 + b".", "unfolds"),
        (b"]" + b"\x94" * KIB_64 + b".", "unfolds"),
        (b"N" + b"\x85" * KIB_64 + b".", "unfolds"),
        # One value that many calls copy.
        (COPIED + CALL % b"set" * 1_000 + b"l.", "unfolds"),
        (COPIED + CALL % b"list" * 1_000 + b"l.", "unfolds"),
        (BYTES + TYPE + b"(" + FROM_BYTES * 1_000 + b"l.", "unfolds"),
        # Lengths that are not there, as many bytes as each has digits.
        (b"X\xff\xff\xff\x7fx.", "cut short"),
        (b"\x8d" + b"\xff" * 7 + b"\x7fx.", "cut short"),
        (b"\x96" + (2**40).to_bytes(8, "little") + b"x.", "cut short"),
        (b"\x95" + (2**40).to_bytes(8, "little") + b"x.", "damaged"),
    ],
    ids=range(21),
)
def test_time_and_memory_are_in_proportion_to_the_file(
    tmp_path, monkeypatch, data, message
):
    monkeypatch.setattr(safe_pickle, "MEMORY_FOR_ALL", MIB)
    tracemalloc.start()
    try:
        refused(tmp_path, data, message)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * MIB + safe_pickle.MEMORY_PER_BYTE * len(data)


@pytest.mark.parametrize("tags", [["rock", "pop"], {"rock"}, ("a",), []])
def test_lists_of_recordings_stay_below_the_limit(tmp_path, monkeypatch, tags):
    monkeypatch.setattr(safe_pickle, "MEMORY_FOR_ALL", 0)
    mapping = {f"{i}.mp3": type(tags)(tags) for i in range(2_000)}
    for protocol in PROTOCOLS:
        assert load(tmp_path, pickle.dumps(mapping, protocol)) == mapping


def test_what_is_allowed_stays_as_it_was(tmp_path):
    # State that is set on a name, a type or a finished array is for nobody.
    before = np.dtype("f4").byteorder, safe_pickle.load.__doc__
    for data in (
        b"cbuiltins\nset\n}V__doc__\nI1\nsb.",
        b"cbuiltins\nset\nN}V__slots__\nI1\ns\x86b.",
        b"cnumpy\ndtype\n(Vf4\nI0\nI0\ntR(I3\nV>\nNNNI-1\nI-1\nI0\ntb.",
        pickle.dumps(np.arange(3), 4)[:-1] + b"(K\x01\x85N\x89]tb.",
        pickle.dumps(np.arange(3), 5)[:-1] + b"(K\x01\x85N\x89]tb.",
        b"]N}V__class__\nI1\ns\x86b.",
        b"](Vappend\nI1\ndb.",
    ):
        refused(tmp_path, data)
    assert before == (np.dtype("f4").byteorder, safe_pickle.load.__doc__)


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        safe_pickle.load(tmp_path / "no.pkl")
