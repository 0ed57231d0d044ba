import json
import os

import drawn_index
import pytest

from tftag.search.index import contents
from tftag.search.index.segments import segment

WHOLE = drawn_index.begun(
    roots=("/music", None, os.fsdecode(b"/m\xff")),
    unusable={2**63 + 1: (0, os.fsdecode(b"\xfc.wav"), "No audio found.")},
    parts=(
        contents.Part("a.segment", segment.Shape(9, 12, 3, 40), 7, (1, 8)),
        contents.Part("b.segment", segment.Shape(1, 12, 3, 4, 1, 2), 7),
    ),
)


def test_what_was_written_is_read(tmp_path):
    assert not contents.is_index(tmp_path)
    contents.write(tmp_path, WHOLE)
    assert contents.is_index(tmp_path)
    assert contents.read(tmp_path) == WHOLE
    assert os.listdir(tmp_path) == [contents.FILE_NAME]


def test_any_damage_is_refused(tmp_path):
    contents.write(tmp_path, WHOLE)
    path = tmp_path / contents.FILE_NAME
    content = path.read_bytes()
    for at in range(0, len(content) - 1, 3):
        damaged = bytearray(content)
        damaged[at] ^= 0x04
        for wrong in (bytes(damaged), content[:at]):
            path.write_bytes(wrong)
            with pytest.raises(ValueError, match="ndex"):
                contents.read(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x04.", b"1\n[]", b"1\n{}", b"1\n" + b"[" * 99_999]
)
def test_what_is_no_index_is_refused(tmp_path, content):
    (tmp_path / contents.FILE_NAME).write_bytes(content)
    with pytest.raises(ValueError, match="damaged; make it again"):
        contents.read(tmp_path)


def rewritten(folder, change):
    """Writes what a stranger may have written, with the right sum."""
    text = (folder / contents.FILE_NAME).read_text().split("\n", 1)[1]
    fields = json.loads(text)
    change(fields)
    text = json.dumps(fields)
    crc = contents.zlib.crc32(text.encode())
    (folder / contents.FILE_NAME).write_text(f"{crc:08x}\n{text}\n")


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it["parts"][0].update(name="../other.segment"),
        lambda it: it["parts"][0].update(removed=[9]),
        lambda it: it["parts"][0].update(removed=[2, 1]),
        lambda it: it["parts"][0].update(removed=[-1]),
        lambda it: it["parts"][0]["shape"].update(rows=10**30),
        lambda it: it["parts"][0]["shape"].update(dim=13),
        lambda it: it.update(roots=[3]),
        lambda it: it.update(more=3),
        lambda it: it.pop("dim"),
        lambda it: it.update(unusable={"x": [1, 2, 3]}),
    ],
)
def test_what_a_stranger_wrote_is_checked(tmp_path, change):
    contents.write(tmp_path, WHOLE)
    rewritten(tmp_path, change)
    with pytest.raises(ValueError, match="damaged"):
        contents.read(tmp_path)


def test_a_later_format_is_named(tmp_path):
    contents.write(tmp_path, WHOLE)
    rewritten(tmp_path, lambda it: it.update(format=3))
    with pytest.raises(contents.OtherFormat, match="Received: format 3"):
        contents.read(tmp_path)
