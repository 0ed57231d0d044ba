import pytest

from tftag.inference.runtimes import protobuf

# Field 1 a number, 2 bytes, 3 four bytes, 4 eight, and 2 once more.
MESSAGE = (
    b"\x08\xac\x02" + b"\x12\x02hi" + b"\x1dabcd" + b"\x21abcdefgh"
) + b"\x12\x00"


def test_fields_are_read_in_their_order():
    found = [
        (number, value if isinstance(value, int) else bytes(value))
        for number, value in protobuf.fields(memoryview(MESSAGE))
    ]
    assert found == [
        *((1, 300), (2, b"hi"), (3, b"abcd"), (4, b"abcdefgh"), (2, b"")),
    ]
    both = protobuf.all_of(memoryview(MESSAGE), 2)
    assert list(map(bytes, both)) == [b"hi", b""]


def test_what_is_cut_or_endless_or_of_no_kind_is_refused():
    for end in range(1, len(MESSAGE)):
        content = memoryview(MESSAGE[:end])
        try:
            kept = list(protobuf.fields(content))
        except IndexError:
            continue
        assert len(kept) < 5
    for wrong in (b"\xff" * 1_000_000, b"\x0b\x0c", b"\x80\x80\x80\x80\x10"):
        with pytest.raises((IndexError, KeyError)):
            list(protobuf.fields(memoryview(wrong)))
