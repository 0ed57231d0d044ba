"""One shard by itself: what a worker does, without an engine."""

import json

import pytest

pytest.importorskip(
    "apache_beam", reason="Apache Beam is in an environment of its own"
)

import tiny_tagger  # noqa: E402
from apache_beam.utils import shared  # noqa: E402

from pipelines.catalogue import describe, listing, shards  # noqa: E402
from tftag import audio  # noqa: E402


def test_a_shard_of_bad_files_ends_no_bundle(tagger_folder, tmp_path):
    music, output = tmp_path / "music", tmp_path / "out"
    music.mkdir()
    made = audio.to_full_scale(tiny_tagger.music(4_000))
    audio.write_wav(music / "good.wav", made.samples, 8_000)
    (music / "junk.mp3").write_bytes(b"junk" * 99)
    names = ("gone.wav", "good.wav", "junk.mp3")
    (shard,) = listing.shards(str(music), names, 10, "model")
    work = describe.DescribeShard(
        str(tagger_folder), str(output), 3, shared.Shared()
    )
    work.setup()
    (key, count), *rejected = work.process(shard)
    assert (key, count) == (shard.key, 1)
    assert {one.tag for one in rejected} == {describe.REJECTED}
    assert {one.value["name"] for one in rejected} == {"gone.wav", "junk.mp3"}
    path = output / shards.REJECTED / f"{shard.key}.jsonl"
    written = [json.loads(line) for line in path.read_text().splitlines()]
    assert written == [one.value for one in rejected]
    ((row, vector),) = shards.read(output)
    assert row["name"] == "good.wav" and len(row["probabilities"]) == 3
    assert vector is None
