import pickle
import struct

import numpy as np
import pytest
from pickle_files import PROTOCOLS, load

from pipelines.sources.pickles import safe_pickle


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "array",
    [
        np.array([0, 1, 1], np.uint8),
        np.array([0.5, -1], np.float32),
        np.array([0.5, -1], ">f8"),
        np.array([[1, 2, 3], [4, 5, 6]], np.int64),
        np.asfortranarray([[1, 2, 3], [4, 5, 6]]),
        np.arange(12).reshape(3, 4)[::2, ::-1],
        np.array([True, False]),
        np.array(["rock", "é", ""]),
        np.array([b"rock", b"x"]),
        np.array(["a", 1, None, ["b", "c"], ["d", "e"]], dtype=object)[:4],
        np.array([["a", "b", "c"], ["d", "e", "f"]], dtype=object, order="F"),
        np.array(7),
        np.array([], np.float64),
    ],
)
def test_arrays_of_plain_values(tmp_path, protocol, array):
    read = load(tmp_path, pickle.dumps({"x": array}, protocol))["x"]
    assert type(read) is np.ndarray
    # The bytes can come in this machine's order.
    assert read.dtype.newbyteorder("=") == array.dtype.newbyteorder("=")
    assert read.shape == array.shape
    assert read.tolist() == array.tolist()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_numpy_scalars_come_as_python_values(tmp_path, protocol):
    values = [np.int64(-5), np.float32(0.5), np.bool_(True), np.str_("é")]
    read = load(tmp_path, pickle.dumps([*values, np.bytes_(b"x")], protocol))
    assert read == [-5, 0.5, True, "é", b"x"]
    kinds = [type(value) for value in read]
    assert kinds == [int, float, bool, str, bytes]
    read = load(tmp_path, pickle.dumps({np.str_("k"): 1}, protocol))
    assert read == {"k": 1}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_both_names_of_numpys_modules(tmp_path, protocol):
    value = [np.arange(3), np.float64(2)]
    data = pickle.dumps(value, protocol)
    for old, new in ((b"core", b"_core"), (b"_core", b"core")):
        other = data.replace(b"numpy." + old, b"numpy." + new)
        if protocol >= 4:
            # The length stands before the name, and the frame's before both.
            other = pickle.dumps(value, protocol)
            unframed = other[:2] + other[11:]
            for tail in (b".multiarray", b".numeric"):
                was, is_ = b"numpy." + old + tail, b"numpy." + new + tail
                unframed = unframed.replace(
                    bytes([len(was)]) + was, bytes([len(is_)]) + is_
                )
            other = unframed
        read = load(tmp_path, other)
        assert read[0].tolist() == [0, 1, 2] and read[1] == 2


def test_a_python_2_array(tmp_path):
    read = load(
        tmp_path,
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\n"
        b"q\x02K\x00\x85U\x01b\x87Rq\x03(K\x01K\x03\x85cnumpy\ndtype\nq\x04"
        b"U\x02f4K\x00K\x01\x87Rq\x05(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff"
        b"\xff\xffK\x00tb\x89U\x0c" + struct.pack("<3f", 0, 1, 0) + b"tb.",
    )
    assert read.dtype == np.float32
    assert read.tolist() == [0, 1, 0]


DTYPE = b"cnumpy\ndtype\n(V%s\nI0\nI1\ntR"


def _array(state, dtype=DTYPE % b"f4", kind=b"ndarray"):
    return (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\n%s\n(I0\ntC\x01btR"
        % kind
        + state.replace(b"DTYPE", dtype)
    )


@pytest.mark.parametrize(
    "data",
    [
        # dtypes that are forged or unfinished.
        DTYPE % b"V16" + b".",
        DTYPE % b"S0" + b".",
        DTYPE % b"i4,O" + b".",
        DTYPE % b"M8[s]" + b".",
        b"cnumpy\ndtype\n((ltR.",
        b"cnumpy\ndtype\n)R.",
        DTYPE % b"f4" + b"(I3\nV<\nNNNtb.",
        DTYPE % b"f4" + b"(I3\nV<\nI1\nNNtb.",
        DTYPE % b"f4" + b"(I3\nV!\nNNNtb.",
        DTYPE % b"f4" + b"}b.",
        # Arrays whose parts do not fit.
        _array(b"."),
        b"(l" + _array(b"a."),
        _array(b"(I1\n(I2\ntDTYPEI00\nC\x04aaaatb."),
        _array(b"(I1\n(I-1\ntDTYPEI00\nC\x04aaaatb."),
        _array(b"(I1\n(I-1\nI-1\ntDTYPEI00\nC\x04aaaatb."),
        _array(b"(I1\n(I1000000000000\nI0\ntDTYPEI00\nC\x00tb."),
        _array(b"(I1\n(I0\nI1000000000000\ntDTYPEI00\nC\x00tb."),
        _array(b"(I1\n(I01\ntDTYPEI00\nC\x04aaaatb."),
        _array(b"(I1\n((ltDTYPEI00\nC\x04aaaatb."),
        _array(b"(I1\n(I1\ntDTYPEI00\n(lNatb."),
        _array(b"(I1\n(I1\ntDTYPEI00\nC\x04aaaatb.", DTYPE % b"O8"),
        _array(b"(I1\n(I1\ntDTYPEI00\n(DTYPEltb.", DTYPE % b"O8"),
        _array(b"(I1\n(I1\ntI4\nI00\nC\x04aaaatb."),
        _array(b"I4\nb."),
        b"cnumpy.core.multiarray\nscalar\n("
        + DTYPE % b"O8"
        + b"C\x08aaaaaaaatR.",
        b"cnumpy.core.multiarray\nscalar\n(" + DTYPE % b"f4" + b"C\x01atR.",
        b"cnumpy.core.multiarray\nscalar\n(" + DTYPE % b"U1" + b"C\x04\xff\xff"
        b"\xff\xfftR.",
    ],
)
def test_forged_arrays_are_refused(tmp_path, data):
    path = tmp_path / "some.pkl"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="some.pkl"):
        safe_pickle.load(path)
