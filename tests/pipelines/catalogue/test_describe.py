"""One shard by itself: what a worker does, without an engine."""

import errno
import json
import pickle

import pytest

pytest.importorskip(
    "apache_beam", reason="Apache Beam is in an environment of its own"
)

import tiny_tagger  # noqa: E402
from apache_beam.utils import shared  # noqa: E402

from pipelines.catalogue import describe, listing, shards  # noqa: E402
from tftag import audio  # noqa: E402
from tftag.inference import loading
from tftag.search.index import catalogue_parts
from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing, retries, transfers


@pytest.fixture
def work(tagger_folder, tmp_path):
    """A worker that has its model, and a shard of three names."""
    music = tmp_path / "music"
    music.mkdir()
    made = audio.to_full_scale(tiny_tagger.music(4_000))
    audio.write_wav(music / "good.wav", made.samples, 8_000)
    (music / "junk.mp3").write_bytes(b"junk" * 99)
    names = ("gone.wav", "good.wav", "junk.mp3")
    found = [listing.File(name, "") for name in names]
    (shard,) = listing.shards(str(music), found, 99, "model")
    made = describe.DescribeShard(
        str(tagger_folder), str(tmp_path / "out"), 3, shared.Shared()
    )
    made.setup()
    return made, shard, tmp_path / "out"


def test_workers_of_one_process_open_the_model_once(
    work, tmp_path, monkeypatch
):
    handle, opened = shared.Shared(), []
    load = loading.load
    monkeypatch.setattr(
        loading, "load", lambda model: opened.append(model) or load(model)
    )
    workers = [
        # As the engine sends it to each of its threads.
        pickle.loads(
            pickle.dumps(
                describe.DescribeShard(
                    work[0]._model, str(tmp_path / "out"), 3, handle
                )
            )
        )
        for _ in range(3)
    ]
    for worker in workers:
        worker.setup()
    assert len(opened) == 1
    assert len({id(worker._tagger) for worker in workers}) == 1


def test_a_shard_of_bad_files_ends_no_bundle(work):
    work, shard, output = work
    (key, count), *rejected = work.process(shard)
    assert (key, count) == (shard.key, 1)
    assert {one.tag for one in rejected} == {describe.REJECTED}
    assert {one.value["name"] for one in rejected} == {"gone.wav", "junk.mp3"}
    path = output / catalogue_parts.REJECTED / f"{shard.key}.jsonl"
    written = [json.loads(line) for line in path.read_text().splitlines()]
    assert written == [one.value for one in rejected]
    (row,) = catalogue_parts.lines(output, shard.key)
    assert row["name"] == "good.wav" and len(row["probabilities"]) == 3
    assert not (output / catalogue_parts.VECTORS).exists()


def test_a_file_of_a_bucket_has_the_version_that_an_index_knows_it_by(
    work, door, tmp_path
):
    work, _, output = work
    folder = addresses.Address("s3://music/songs")
    transfers.put_file(tmp_path / "music" / "good.wav", folder / "good.wav")
    found = [listing.File("good.wav", "")]
    (shard,) = listing.shards(str(folder), found, 99, "model")
    (_, count), *_ = work.process(shard)
    assert count == 1
    (row,) = catalogue_parts.lines(output, shard.key)
    (file,) = remote_listing.walk(folder)
    assert row["modified_ns"] == file.facts.version_number
    assert row["size_bytes"] == file.facts.file_bytes


def test_a_file_that_goes_while_it_is_read_ends_no_bundle(work, monkeypatch):
    work, shard, output = work
    decoded = describe.decoding_pool.decoded

    def and_removed(*asked):
        for path, samples in decoded(*asked):
            path.unlink()
            yield path, samples

    monkeypatch.setattr(describe.decoding_pool, "decoded", and_removed)
    (_, count), *_ = work.process(shard)
    assert count == 1
    (row,) = catalogue_parts.lines(output, shard.key)
    assert row["name"] == "good.wav" and row["seconds"] == 0.5


def test_a_shard_that_a_server_did_not_give_is_not_finished(work, monkeypatch):
    """And is worked on again, where a file that is gone is not."""
    work, shard, output = work
    whole = describe._on_this_machine

    def unreached(root, name, copies):
        if name == "good.wav":
            address = addresses.Address("s3://bucket/good.wav")
            raise retries.RemoteError(address, "503")
        return whole(root, name, copies)

    monkeypatch.setattr(describe, "_on_this_machine", unreached)
    assert len(list(work.process(shard))) == 3  # all rejected
    assert shards.finished(output) == frozenset()
    monkeypatch.undo()
    (_, count), *_ = work.process(shard)
    assert count == 1 and shards.finished(output) == {shard.key}


@pytest.mark.parametrize("place", ["_on_this_machine", "write"])
def test_a_full_disk_rejects_nothing_for_good(work, monkeypatch, place):
    work, shard, output = work

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    where = shards if place == "write" else describe
    monkeypatch.setattr(where, place, full)
    said = [one.value["reason"] for one in work.process(shard)]
    assert any("No space left" in reason for reason in said)
    assert shards.finished(output) == frozenset()
    monkeypatch.undo()
    (_, count), *_ = work.process(shard)
    assert count == 1 and shards.finished(output) == {shard.key}
