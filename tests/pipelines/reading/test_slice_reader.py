import dataclasses
import logging
import os
from concurrent import futures

import numbered_audio
import numpy as np
import pytest

from pipelines import manifest as manifests
from pipelines.reading import slice_reader

CLIP = numbered_audio.SPEC.clip_samples


@pytest.fixture
def manifest(tmp_path):
    return numbered_audio.write_manifest(tmp_path, [500, 40, 300, 1_000])


def test_a_clip_is_the_slice_and_zeros_only_after_the_end(manifest):
    reader = slice_reader.SliceReader(manifest, CLIP)
    for row, start in [(0, 0), (0, 400), (0, 450), (1, 0), (2, 77), (3, 900)]:
        clip, row_used = reader(row, start)
        assert clip.dtype == np.int16 and row_used == row
        length = manifest.tracks[row].samples
        np.testing.assert_array_equal(
            clip, numbered_audio.clip(row, start, length)
        )


def test_a_batch_is_its_clips(manifest):
    reader = slice_reader.SliceReader(manifest, CLIP)
    clips, rows_used = reader.read([3, 1, 0], [5, 0, 9])
    assert rows_used.tolist() == [3, 1, 0]
    for clip, (row, start) in zip(clips, [(3, 5), (1, 0), (0, 9)], strict=True):
        np.testing.assert_array_equal(clip, reader(row, start)[0])


def test_only_the_slice_of_a_huge_file_is_read(tmp_path, read_bytes):
    """A sparse file of 4 GB: its last clip costs what a clip costs."""
    manifest = numbered_audio.write_manifest(tmp_path, [200])
    track = manifest.tracks[0]
    samples = 2_000_000_000
    file_bytes = track.data_offset + 2 * samples
    tail = np.arange(1, CLIP + 1, dtype=np.int16)
    with open(tmp_path / track.path, "r+b") as file:
        file.truncate(file_bytes)
        file.seek(-2 * CLIP, os.SEEK_END)
        file.write(tail.tobytes())
    track = dataclasses.replace(track, samples=samples, file_bytes=file_bytes)
    manifest = dataclasses.replace(
        manifest, tracks=manifests.Tracks.of([track])
    )
    reader = slice_reader.SliceReader(manifest, CLIP)
    clip, _ = reader(0, samples - CLIP)
    np.testing.assert_array_equal(clip, tail)
    assert sum(read_bytes) == 2 * CLIP


def test_a_lost_file_is_named_once_counted_and_replaced(manifest, caplog):
    (manifest.folder / "0.wav").unlink()
    reader = slice_reader.SliceReader(manifest, CLIP, max_lost_share=0.5)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            clip, row_used = reader(0, 350)
            # The next recording is too short to have a sample 350.
            assert row_used == 1
            np.testing.assert_array_equal(clip, numbered_audio.clip(1, 0, 40))
            assert reader(2, 350 - 77)[1] == 2
    assert reader.lost == {"0.wav": "No such file or directory"}
    (record,) = caplog.records
    assert str(manifest.folder / "0.wav") in record.getMessage()
    assert "1 of 4" in record.getMessage()


def test_the_last_row_is_replaced_by_the_first(manifest):
    (manifest.folder / "3.wav").unlink()
    reader = slice_reader.SliceReader(manifest, CLIP, max_lost_share=0.5)
    clip, row_used = reader(3, 900)
    assert row_used == 0
    start = int(clip[0]) - 1
    assert 0 <= start <= 400
    np.testing.assert_array_equal(clip, numbered_audio.clip(0, start, 500))


@pytest.mark.parametrize("size", [0, 44, 1_000, 1_046])
def test_a_file_cut_or_grown_is_lost_even_where_the_slice_is_left(
    manifest, size
):
    os.truncate(manifest.folder / "0.wav", size)
    reader = slice_reader.SliceReader(manifest, CLIP, max_lost_share=0.5)
    assert reader(0, 0)[1] == 1
    assert reader.lost == {
        "0.wav": f"{size} bytes where the manifest says 1044"
    }


def test_a_folder_in_the_place_of_a_file_is_lost(manifest):
    (manifest.folder / "2.wav").unlink()
    (manifest.folder / "2.wav").mkdir()
    reader = slice_reader.SliceReader(manifest, CLIP, max_lost_share=0.5)
    assert reader(2, 0)[1] == 3
    assert list(reader.lost) == ["2.wav"]


def test_past_the_share_is_an_error_that_names_the_lost(manifest):
    for row in (0, 2):
        (manifest.folder / f"{row}.wav").unlink()
    reader = slice_reader.SliceReader(manifest, CLIP, max_lost_share=0.25)
    assert reader(0, 0)[1] == 1
    with pytest.raises(ValueError, match="2 of 4.*0.wav.*2.wav.*larger") as e:
        reader(2, 0)
    assert reader.failure is e.value
    assert reader(1, 0)[1] == 1
    with pytest.raises(ValueError, match="2 of 4"):  # and stays one
        reader(0, 0)
    strict = slice_reader.SliceReader(manifest, CLIP, max_lost_share=0)
    with pytest.raises(ValueError, match="1 of 4"):
        strict(0, 0)


def test_a_clip_to_be_scored_is_never_replaced(manifest):
    (manifest.folder / "2.wav").unlink()
    reader = slice_reader.SliceReader(manifest, CLIP, max_lost_share=0.9)
    with pytest.raises(ValueError, match=r"2\.wav: No such file"):
        reader.read([1, 2], [0, 0], replace_lost=False)
    assert reader(2, 0)[1] == 3
    with pytest.raises(ValueError, match=r"2\.wav: No such file"):
        reader.read([2], [0], replace_lost=False)


def test_nothing_left_is_an_error(tmp_path):
    manifest = numbered_audio.write_manifest(tmp_path, [200] * 3)
    reader = slice_reader.SliceReader(manifest, CLIP, max_lost_share=0.99)
    reader.lost = {track.path: "gone" for track in manifest.tracks}
    with pytest.raises(ValueError, match="3 of 3"):
        reader(1, 0)


def test_threads_agree_and_name_a_lost_file_once(tmp_path, caplog):
    manifest = numbered_audio.write_manifest(tmp_path, [300] * 8)
    (tmp_path / "5.wav").unlink()
    reader = slice_reader.SliceReader(manifest, CLIP, max_lost_share=0.5)
    asked = [(row % 8, row % 200) for row in range(400)]
    with caplog.at_level(logging.WARNING):
        with futures.ThreadPoolExecutor(8) as pool:
            read = list(pool.map(lambda each: reader(*each), asked))
    for (row, start), (clip, row_used) in zip(asked, read, strict=True):
        assert row_used == (6 if row == 5 else row)
        np.testing.assert_array_equal(
            clip, numbered_audio.clip(row_used, start, 300)
        )
    assert len(caplog.records) == 1


def test_plain_errors_leave_foreign_errors_alone(manifest):
    reader = slice_reader.SliceReader(manifest, CLIP)
    with pytest.raises(KeyError), reader.plain_errors():
        raise KeyError("not the reader's")


@pytest.mark.parametrize("start", [-1, 500])
def test_a_start_outside_of_the_recording_is_refused(manifest, start):
    with pytest.raises(ValueError, match="500 samples of 0.wav"):
        slice_reader.SliceReader(manifest, CLIP)(0, start)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"clip_samples": 0}, "clip_samples"),
        ({"max_lost_share": 1.0}, "max_lost_share"),
        ({"max_lost_share": -0.1}, "max_lost_share"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(manifest, arguments, message):
    with pytest.raises(ValueError, match=message):
        slice_reader.SliceReader(
            manifest, **{"clip_samples": CLIP, **arguments}
        )


def test_an_empty_manifest_is_refused(manifest):
    object.__setattr__(manifest, "tracks", ())
    with pytest.raises(ValueError, match="at least one recording"):
        slice_reader.SliceReader(manifest, CLIP)


def test_rows_without_a_start_are_refused(manifest):
    reader = slice_reader.SliceReader(manifest, CLIP)
    with pytest.raises(ValueError, match="2 rows, 1 starts"):
        reader.read([0, 1], [0])
