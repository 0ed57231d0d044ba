import dataclasses
import os

import pytest

from pipelines import copy_up
from tftag.storage.remote import address as addresses
from tftag.storage.remote import remote_listing, retries, transfers

TARGET = addresses.Address("s3://music/models/tagger/1")


@pytest.fixture
def model(tmp_path):
    """Looks like a SavedModel, and has what is not to be copied."""
    folder = tmp_path / "1"
    for name in (
        "saved_model.pb",
        "variables/variables.index",
        "assets/a b.txt",
        ".lock",
        ".hidden/x",
        "progress.jsonl",
        "y.partial",
        "z.part",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def written(door):
    return [path for method, path in door.requests if method == "PUT"]


def names_there():
    return {f.relative_to(TARGET) for f in remote_listing.list_files(TARGET)}


def test_all_but_hidden_and_unfinished_files_are_copied(door, model, capsys):
    assert copy_up.main([str(model), str(TARGET)]) == 0
    assert capsys.readouterr().out == f"3 files copied to {TARGET}\n"
    names = {"saved_model.pb", "variables/variables.index", "assets/a b.txt"}
    assert names_there() == names
    for name in names:
        size = len(name)
        assert transfers.read_range(TARGET / name, 0, size) == name.encode()


def test_what_makes_a_folder_whole_comes_last(door, tmp_path):
    names = [*copy_up.LAST, "zzz", "aaa", "inside/metrics.json"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    copy_up.copy_folder(tmp_path, TARGET)
    ends = [path.rpartition("/")[2] for path in written(door)]
    assert sorted(ends[:2]) == ["aaa", "zzz"]
    assert ends[2:] == [*copy_up.LAST, "metrics.json"]


def test_after_a_failure_nothing_looks_whole_and_calling_again_goes_on(
    door, model
):
    door.fail(503, 1_000, "PUT", "variables.index")
    with pytest.raises(retries.RemoteError, match="variables.index.*503"):
        copy_up.copy_folder(model, TARGET)
    assert "saved_model.pb" not in names_there()
    door.mend()
    door.fail(503, 2, "PUT")
    copy_up.copy_folder(model, TARGET)
    assert "saved_model.pb" in names_there()
    # The same again, over a whole one: it stops being one first.
    door.fail(503, 1_000, "PUT", "variables.index")
    with pytest.raises(retries.RemoteError):
        copy_up.copy_folder(model, TARGET)
    assert names_there() == {"variables/variables.index", "assets/a b.txt"}


@pytest.mark.parametrize(
    "text", ["models", "/models", "https://host/models", "http://h/m"]
)
def test_only_buckets_are_copied_to(text):
    with pytest.raises(ValueError, match="s3://bucket/folder.*Received"):
        copy_up.target_address(text)


def test_a_target_with_secrets_is_refused():
    with pytest.raises(ValueError, match="no password") as caught:
        copy_up.target_address("s3://key:word@music/x")
    assert "word@" not in str(caught.value)


def test_an_empty_or_absent_folder_is_refused(no_waits, tmp_path):
    for folder in (tmp_path, tmp_path / "gone"):
        with pytest.raises(FileNotFoundError, match="no files to copy"):
            copy_up.copy_folder(folder, TARGET)


def test_the_next_version_is_above_all_there_are(door, tmp_path):
    models = TARGET.parent
    assert copy_up.next_version(models) == 1
    (tmp_path / "x").write_text("x")
    for name in ("2", "10", "best", "0003"):
        transfers.put_file(tmp_path / "x", models / f"{name}/x")
    transfers.put_file(tmp_path / "x", models / "77")  # a file is no version
    assert copy_up.next_version(models) == 11


def test_a_prepared_set_travels_whole(door, tmp_path):
    import numbered_audio

    from pipelines import manifest
    from pipelines.reading import slice_reader

    there = addresses.Address("s3://music/numbers")
    made = numbered_audio.write_manifest(tmp_path, [500, 40])
    manifest.write_manifest(made)
    here = len(os.listdir(tmp_path))
    assert copy_up.copy_data_set(tmp_path, there) == here
    found = manifest.read_manifest(str(there))
    assert found.tracks == made.tracks
    clip, row = slice_reader.SliceReader(found, 40)(1, 0)
    assert row == 1 and clip[0] == numbered_audio.STRIDE + 1


def test_of_a_prepared_set_only_what_its_tables_name_travels(
    door, tmp_path, capsys
):
    import numbered_audio

    from pipelines import manifest

    made = numbered_audio.write_manifest(tmp_path, [500, 40, 60])
    gone, *kept = made.tracks
    manifest.write_manifest(dataclasses.replace(made, tracks=tuple(kept)))
    for name in ("rejected.csv", "progress.jsonl", "notes.txt"):
        (tmp_path / name).write_text("x")
    assert (tmp_path / gone.path).is_file()
    assert copy_up.main([str(tmp_path), str(TARGET)]) == 0
    assert "5 files copied" in capsys.readouterr().out
    tables = {"manifest.csv", "manifest.json", "rejected.csv"}
    assert names_there() == tables | {track.path for track in kept}
    ends = [path.rpartition("/")[2] for path in written(door)]
    assert ends[-2:] == ["manifest.csv", "manifest.json"]
