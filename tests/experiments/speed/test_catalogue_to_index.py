"""What is measured happens: all is taken once, then what is new."""

import json

from experiments.speed import catalogue_to_index


def test_all_is_taken_once_and_then_what_is_new(tmp_path, capsys):
    words = ("--recordings", "450", "--dim", "8", "--out", str(tmp_path))
    assert catalogue_to_index.main(list(words)) == 0
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    ((title, first),), ((_, again),), ((_, more),) = (
        one.items() for one in lines
    )
    assert title == "first"
    assert [one["taken"] for one in (first, again, more)] == [450, 0, 200]
    assert [one["files"] for one in (first, again, more)] == [450, 450, 650]
