"""A prepared data set in a bucket: read as one on disk, slice by slice."""

import logging
import threading

import cloud_storage
import faulty_server
import numbered_audio
import numpy as np
import pytest

from pipelines import copy_up
from pipelines import manifest as manifests
from pipelines.reading import slice_reader, tf_data
from tftag.storage.remote import address as addresses
from tftag.storage.remote import retries, transfers

CLIP = numbered_audio.SPEC.clip_samples
LENGTHS = [500, 40, 300, 900] * 3
google = pytest.mark.filterwarnings(
    "ignore:You are using a Python version:FutureWarning"
)
THERE = addresses.Address("s3://music/numbers")


@pytest.fixture
def local(tmp_path):
    made = numbered_audio.write_manifest(tmp_path, LENGTHS)
    manifests.write_manifest(made)
    return manifests.read_manifest(tmp_path)


@pytest.fixture
def web(fresh, module_door, local):
    """The same folder on a web server that knows ranges: an open bucket."""
    module_door.reset()
    for path in local.folder.iterdir():
        module_door.store(f"{local.folder.name}/{path.name}", path.read_bytes())
    yield module_door


@pytest.fixture
def stored(door, local):
    copy_up.copy_folder(local.folder, THERE)
    door.requests.clear()
    door.sent_bytes.clear()
    return door


def assert_same_clips(found, local, rows, starts):
    """Returns the bytes that hold them."""
    there, here = (
        slice_reader.SliceReader(each, CLIP).read(rows, starts)
        for each in (found, local)
    )
    np.testing.assert_array_equal(there[0], here[0])
    np.testing.assert_array_equal(there[1], here[1])
    return sum(
        2 * min(CLIP, LENGTHS[row] - start)
        for row, start in zip(rows, starts, strict=True)
    )


def test_a_manifest_is_the_same_there_and_here(stored, local):
    for text in ("s3://music/numbers", "s3://music/numbers/manifest.csv"):
        found = manifests.read_manifest(text)
        assert found.folder == THERE
        assert found.fingerprint == local.fingerprint
        assert found.tracks == local.tracks
    assert str(found.wav_path(found.tracks[2])) == "s3://music/numbers/2.wav"


def test_sizes_take_one_listing_and_not_a_request_per_file(stored):
    manifests.read_manifest("s3://music/numbers")
    # The two files of the manifest, and one list.
    assert len(stored.requests) == 3
    assert stored.body_bytes(".wav") == 0


def test_missing_and_cut_files_are_named(stored, local, tmp_path):
    transfers.remove(THERE / "3.wav")
    with pytest.raises(FileNotFoundError, match="1 of 12.*s3://.*: 3.wav"):
        manifests.read_manifest("s3://music/numbers")
    (tmp_path / "cut").write_bytes(b"RIFF")
    transfers.put_file(tmp_path / "cut", THERE / "3.wav")
    with pytest.raises(ValueError, match="1 of 12.*3.wav .4 of 1844"):
        manifests.read_manifest("s3://music/numbers")


def test_what_is_no_data_set_is_named_by_its_address(stored, tmp_path):
    with pytest.raises(FileNotFoundError, match="s3://music/no has none"):
        manifests.read_manifest("s3://music/no")
    (tmp_path / "bad").write_text("{")
    transfers.put_file(tmp_path / "bad", THERE / "manifest.json")
    with pytest.raises(
        ValueError, match="Received: s3://music/numbers/manifest.json"
    ):
        manifests.read_manifest("s3://music/numbers")
    with pytest.raises(ValueError, match="must be at s3, gs"):
        manifests.read_manifest("ftp://host/numbers")
    with pytest.raises(ValueError, match="no password"):
        manifests.read_manifest("https://me:pass@host/numbers")


def test_a_server_that_stays_away_is_named(stored):
    stored.fail(503, 1_000)
    with pytest.raises(retries.RemoteError, match="manifest.csv: .* 503"):
        manifests.read_manifest("s3://music/numbers")


def test_batches_are_those_from_the_disk_and_only_slices_travel(stored, local):
    found = manifests.read_manifest("s3://music/numbers")
    generator = np.random.default_rng(0)
    rows = generator.integers(0, len(LENGTHS), 32)
    starts = [int(generator.integers(0, LENGTHS[row])) for row in rows]
    stored.sent_bytes.clear()
    used = assert_same_clips(found, local, rows, starts)
    assert stored.body_bytes("") == used
    assert len(stored.sent_bytes) == 32


def test_a_batch_is_asked_for_at_once(stored, monkeypatch):
    """All requests of a batch are open before the first has an answer."""
    together = threading.Barrier(8, timeout=20)
    real = slice_reader.transfers.read_range

    def wait_for_the_others(*arguments):
        together.wait()
        return real(*arguments)

    monkeypatch.setattr(
        slice_reader.transfers, "read_range", wait_for_the_others
    )
    found = manifests.read_manifest("s3://music/numbers")
    clips, _ = slice_reader.SliceReader(found, CLIP).read(range(8), [0] * 8)
    first = [row * numbered_audio.STRIDE + 1 for row in range(8)]
    assert clips[:, 0].tolist() == first


def test_faults_that_pass_change_nothing(stored, local):
    found = manifests.read_manifest("s3://music/numbers")
    stored.fail(503, 8)
    stored.fail("cut", 8)
    reader = slice_reader.SliceReader(found, CLIP)
    rows = list(range(12))
    clips, rows_used = reader.read(rows, [5] * 12)
    expected, _ = slice_reader.SliceReader(local, CLIP).read(rows, [5] * 12)
    np.testing.assert_array_equal(clips, expected)
    assert rows_used.tolist() == rows and not reader.lost


def test_a_file_that_stays_away_is_lost_named_and_replaced(stored, caplog):
    found = manifests.read_manifest("s3://music/numbers")
    stored.fail(503, 10_000, path="/2.wav")
    reader = slice_reader.SliceReader(found, CLIP, max_lost_share=0.1)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            clips, rows_used = reader.read([1, 2, 4], [0, 0, 0])
            assert rows_used.tolist() == [1, 3, 4]
            assert clips[1, 0] == 3 * numbered_audio.STRIDE + 1
    assert list(reader.lost) == ["2.wav"]
    assert "503" in reader.lost["2.wav"]
    (record,) = caplog.records
    assert "Lost s3://music/numbers/2.wav: " in record.getMessage()
    with pytest.raises(ValueError, match="s3://music/numbers/2.wav.*503"):
        reader.read([2], [0], replace_lost=False)
    stored.fail("cut", 10_000, path="/4.wav")
    with pytest.raises(ValueError, match="2 of 12 in s3://music/numbers"):
        reader.read([4], [0])


def test_a_file_that_went_away_or_was_cut_is_lost(stored, tmp_path):
    found = manifests.read_manifest("s3://music/numbers")
    transfers.remove(THERE / "0.wav")
    (tmp_path / "cut").write_bytes(b"." * 100)
    transfers.put_file(tmp_path / "cut", THERE / "2.wav")
    reader = slice_reader.SliceReader(found, CLIP, max_lost_share=0.5)
    _, rows_used = reader.read([0, 2], [0, 0])
    assert rows_used.tolist() == [1, 3]
    assert reader.lost["0.wav"] == "it is not there"
    assert "early" in reader.lost["2.wav"]


def test_too_many_losses_end_training_in_plain_words(stored):
    found = manifests.read_manifest("s3://music/numbers")
    stored.fail(503, 10_000, path=".wav")
    reader = slice_reader.SliceReader(found, CLIP, max_lost_share=0.2)
    stream = tf_data.training_dataset(
        found, numbered_audio.SPEC, reader, batch_size=4, seed=0, epochs=1
    )
    with pytest.raises(ValueError, match="at most 0.2") as caught:
        with reader.plain_errors():
            list(stream)
    # Else a thread that fails later would free the iterator it works for.
    assert caught.value is not reader.failure
    assert reader.failure.__cause__ is None


def test_a_web_server_gives_slices_too(no_waits, local, web):
    found = manifests.read_manifest(f"{web.url}/music/{local.folder.name}")
    web.sent_bytes.clear()
    web.fail("cut", 2)
    used = assert_same_clips(found, local, range(12), [7] * 12)
    cut = web.body_bytes("") - used
    assert 0 < cut < 2 * 2 * CLIP


@google
def test_google_cloud_storage(fresh, local, monkeypatch):
    with (
        cloud_storage.running() as storage,
        faulty_server.door_to(storage.server_address[1]) as door,
    ):
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", door.url)
        there = addresses.Address("gs://music/numbers")
        copy_up.copy_folder(local.folder, there)
        found = manifests.read_manifest("gs://music/numbers")
        door.sent_bytes.clear()
        used = assert_same_clips(found, local, range(12), [7] * 12)
        assert door.body_bytes("") == used
