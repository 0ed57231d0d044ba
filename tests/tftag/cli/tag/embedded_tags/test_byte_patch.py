import io
import random

import pytest

from tftag.cli.tag.embedded_tags import byte_patch


@pytest.mark.parametrize("seed", range(8))
def test_the_old_file_is_had_from_the_new_one(tmp_path, seed):
    draw = random.Random(seed)
    old, new = tmp_path / "old", tmp_path / "new"
    content = draw.randbytes(draw.randrange(1, 300_000))
    old.write_bytes(content)
    # Some of it is gone, moved or new.
    for _ in range(draw.randrange(6)):
        at, count = draw.randrange(len(content)), draw.randrange(200)
        moved = draw.choice([b"", content[:count], draw.randbytes(count)])
        content = content[:at] + moved + content[at + count :] or b"x"
    new.write_bytes(content)
    patch = byte_patch.make(old, new)
    written = io.BytesIO()
    assert byte_patch.apply(patch, new, written)
    assert written.getvalue() == old.read_bytes()
    new.write_bytes(content + b"x")
    assert not byte_patch.apply(patch, new, io.BytesIO())


def test_files_that_have_too_little_in_common_have_no_patch(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(random.Random(0).randbytes(200_000))
    new.write_bytes(random.Random(1).randbytes(200_000))
    assert byte_patch.make(old, new) is None
