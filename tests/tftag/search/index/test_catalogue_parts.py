"""Parts that were written elsewhere: what is damaged costs itself alone."""

import dataclasses
import io
import json

import drawn_index
import numpy as np
import pytest

from tftag.search.index import catalogue_parts
from tftag.storage import plain_json

ASKED = ("space a", drawn_index.DIM, drawn_index.TAGS)
MODEL = {
    "name": "a model",
    "space": ASKED[0],
    "dim": ASKED[1],
    "tags": list(ASKED[2]),
}


def row(at, **changes):
    said = dataclasses.asdict(drawn_index.recording(at))
    del said["root"]
    return {**said, **changes}


def write(output, key, rows, vectors, model=MODEL):
    """A part, as `pipelines.catalogue.shards` writes it."""
    content = io.BytesIO()
    np.save(content, np.asarray(vectors, np.float16))
    name = key.partition("-")[0]
    lines = "".join(f"{json.dumps(one)}\n" for one in rows)
    for folder, file, data in (
        (catalogue_parts.MODELS, f"{name}.json", plain_json.text(model)),
        (catalogue_parts.DESCRIBED, f"{key}.jsonl", lines),
        (catalogue_parts.REJECTED, f"{key}.jsonl", ""),
        (catalogue_parts.VECTORS, f"{key}.npy", content.getvalue()),
    ):
        (output / folder).mkdir(exist_ok=True)
        data = data.encode() if isinstance(data, str) else data
        (output / folder / file).write_bytes(data)


@pytest.fixture
def output(tmp_path):
    vectors = drawn_index.vectors(4)
    write(tmp_path, "m-a", [row(0), row(1)], vectors[:2])
    write(tmp_path, "m-b", [row(2), row(3)], vectors[2:])
    return tmp_path


def read(output):
    """What there is of the model, and the names of what cannot be used."""
    failed = []
    found = catalogue_parts.of_model(
        output, *ASKED, lambda path, error: failed.append(path.name)
    )
    return list(found), failed


def test_everything_that_is_known_arrives(output):
    found, failed = read(output)
    assert failed == []
    found.sort(key=lambda one: one.recording.modified_ns)
    assert [one.recording for one in found] == [
        drawn_index.recording(at) for at in range(4)
    ]
    vectors = np.stack([one.vector for one in found])
    np.testing.assert_allclose(vectors, drawn_index.vectors(4), atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert all(one.has_file_tags for one in found)


def test_what_nobody_knows_is_not_made_up(output):
    bare = {"name": "a.mp3", "size_bytes": 1, "modified_ns": None, "tags": []}
    write(output, "m-b", [bare], drawn_index.vectors(1))
    (one,) = catalogue_parts.read(output, "m-b")
    assert np.isnan(one.recording.seconds) and not one.has_file_tags
    assert (one.recording.artist, one.recording.year) == ("", 0)


@pytest.mark.parametrize(
    ("rows", "vectors"),
    [
        ([row(2)], drawn_index.vectors(2)),
        ([row(2)], drawn_index.vectors(1, dim=5)),
        ([row(2)], np.zeros((1, drawn_index.DIM))),
        ([row(2)], np.full((1, drawn_index.DIM), np.nan)),
        ([row(2)], np.zeros(3)),
        ([row(2, tags=["polka"])], drawn_index.vectors(1)),
        ([row(2, size_bytes="many")], drawn_index.vectors(1)),
        ([row(2, year=99_999)], drawn_index.vectors(1)),
        ([row(2, name="\ud800.mp3")], drawn_index.vectors(1)),
        ([{"name": "a"}], drawn_index.vectors(1)),
        ([3], drawn_index.vectors(1)),
    ],
)
def test_a_damaged_part_is_named_and_costs_itself(output, rows, vectors):
    write(output, "m-b", rows, vectors)
    found, failed = read(output)
    assert len(found) == 2 and failed == ["m-b.jsonl"]


@pytest.mark.parametrize("content", [b"\x80", b"{", b"[" * 100_000])
@pytest.mark.parametrize("folder", ["described", "vectors"])
def test_what_is_no_part_is_named(output, folder, content):
    (path,) = (output / folder).glob("m-b.*")
    path.write_bytes(content)
    found, failed = read(output)
    assert len(found) == 2 and failed == ["m-b.jsonl"]
    path.unlink()
    assert read(output)[1] == ["m-b.jsonl"]


def test_a_part_that_is_not_finished_does_not_count(output):
    (output / catalogue_parts.REJECTED / "m-b.jsonl").unlink()
    found, failed = read(output)
    assert len(found) == 2 and failed == []


@pytest.mark.parametrize(
    "change", [{"space": "b"}, {"dim": 3}, {"tags": ["rock"]}]
)
def test_only_parts_of_the_same_model_are_taken(output, change):
    other = {**MODEL, **change, "name": "another"}
    write(output, "n-a", [row(7)], drawn_index.vectors(1), other)
    found, failed = read(output)
    assert len(found) == 4 and failed == []
    write(output, "m-a", [row(0)], drawn_index.vectors(1), other)
    with pytest.raises(ValueError, match="'space a'. Received: .*another"):
        read(output)


def test_what_is_no_output_is_refused(tmp_path):
    with pytest.raises(ValueError, match="with parts of no model"):
        read(tmp_path)
