import json
import math
import os
import pathlib

import numpy as np
import pytest

from tftag.storage import plain_json


def test_numbers_that_json_does_not_have_are_null():
    value = {
        "a": [math.nan, math.inf, -math.inf, np.float32("nan")],
        "b": np.array([1.5, math.nan]),
        3: (np.int64(1), True),
        "path": pathlib.Path("x"),
    }
    for text in (plain_json.text(value), plain_json.line(value)):
        assert json.loads(text) == {
            "a": [None] * 4,
            "b": [1.5, None],
            "3": [1, True],
            "path": "x",
        }


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii", None])
def test_a_line_is_one_line_of_json_in_any_encoding(encoding):
    names = [
        "a\nb\r\tc",
        "\x1b]0;title\x07",
        "\x9b31m \x85 \x7f",
        "\u2028 \u65e5\u672c \N{GRINNING FACE} \xe9",
        os.fsdecode(b"\xff.mp3"),
    ]
    line = plain_json.line(names, encoding)
    assert json.loads(line) == names
    written = line.encode(encoding or "ascii")
    assert line.splitlines() == [line[:-1]]
    assert not {*written} & {*range(0x0A), *range(0x0B, 0x20), 0x7F}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1]", "3", '{"a": ' + "[" * 100_000, "\xff"],
)
def test_damage_is_one_error_that_names_the_file(tmp_path, text):
    path = tmp_path / "card.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match="damaged: export again.*card.json"):
        plain_json.read(path, "export again")


def test_names_of_files_that_are_no_text_come_back(tmp_path):
    from tftag.storage import atomic_write

    name = os.fsdecode(b"\xff.mp3")
    path = atomic_write.write(tmp_path / "x", plain_json.text({"a": name}))
    assert plain_json.read(path, "") == {"a": name}
