import numpy as np

from pipelines.inspect import inspection, inspection_text


def test_the_text_says_what_there_is(prepared, seen):
    text = inspection_text.write_text(seen)
    first, _, rest = text.partition("\n")
    said = "4 recordings, 34.0 s, 2 tags, 8,000 Hz"
    assert first == f"{prepared.folder}: {said}"
    assert "!! Shared audio across splits" in rest
    assert "validation            1       8.0 s" in rest
    assert "track 0 (Nobody) ~ track 3 (C)" in rest
    assert "ACROSS SPLITS" in rest
    assert "loud: few recordings: 3" in rest


def test_columns_stand_below_their_heads(seen):
    lines = inspection_text.write_text(seen).splitlines()
    head = next(i for i, line in enumerate(lines) if "middle" in line)
    rows = lines[head + 1 : head + 7]
    assert len({len(line) for line in lines[head : head + 7]}) == 1, rows
    assert rows[0].startswith("length, s") and "10.00" in rows[0]
    head = next(i for i, line in enumerate(lines) if line.startswith("split"))
    assert len({len(line) for line in lines[head : head + 3]}) == 1


def test_without_listening_there_are_no_levels(prepared):
    text = inspection_text.write_text(inspection.inspect(prepared, None))
    assert "recordings were not read" in text and "clipped" not in text


def test_silence_has_a_level():
    found = inspection_text.decibels([1.0, 0.1, 0.0])
    assert np.allclose(found, [0, -20, -120])
