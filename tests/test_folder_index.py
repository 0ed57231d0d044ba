import os

import numpy as np
import pytest
import soundfile
import tiny_dual_encoder
import tiny_tagger

from tftag import audio_files, folder_index

RATE = tiny_dual_encoder.SPEC.sample_rate_hz


@pytest.fixture
def folder(tmp_path):
    for seed, name in enumerate(("a|1.wav", "b.wav", "c.wav")):
        write(tmp_path / name, seed)
    return tmp_path


def write(path, seed):
    soundfile.write(path, tiny_tagger.music(RATE, seed) / 8, RATE)


def refresh(index, encoder, folder, monkeypatch=None):
    """Returns the index, and what was heard, saved and not read."""
    heard, saved, failures = [], [], []
    find = audio_files.find([folder], failures.append)
    ids = folder_index.stamped(folder, find, failures.append)

    class Listening:
        sample_rate_hz, space = encoder.sample_rate_hz, encoder.space

        def embed_each(self, recordings):
            for vector in encoder.embed_each(recordings):
                heard.append(vector)
                yield vector

    index = folder_index.refreshed(
        index, Listening(), ids, saved.append, failures.append
    )
    return index, len(heard), saved, failures


def names(index):
    return {folder_index.name_of(name) for name in index.ids}


def test_only_new_and_changed_files_are_heard(encoder, folder):
    index, heard, saved, failures = refresh(
        folder_index.empty(encoder), encoder, folder
    )
    assert (heard, len(saved), failures) == (3, 1, [])
    assert names(index) == {"a|1.wav", "b.wav", "c.wav"}
    for name, vector in zip(index.ids, index.embeddings, strict=True):
        path = folder / folder_index.name_of(name)
        np.testing.assert_allclose(vector, encoder.embed_file(path), atol=1e-6)

    same, heard, saved, _ = refresh(index, encoder, folder)
    assert (heard, saved, same.ids) == (0, [], index.ids)

    write(folder / "b.wav", seed=9)
    os.utime(folder / "b.wav", ns=(1, 1))
    write(folder / "d.wav", seed=4)
    (folder / "c.wav").unlink()
    index, heard, saved, _ = refresh(same, encoder, folder)
    assert (heard, len(saved)) == (2, 1)
    assert names(index) == {"a|1.wav", "b.wav", "d.wav"}

    (folder / "d.wav").unlink()
    index, heard, saved, _ = refresh(index, encoder, folder)
    assert (heard, len(saved), len(index)) == (0, 1, 2)


def test_a_folder_that_moves_is_known_again(encoder, folder, tmp_path):
    index, *_ = refresh(folder_index.empty(encoder), encoder, folder)
    moved = folder.rename(tmp_path.with_name(f"{tmp_path.name} moved"))
    _, heard, saved, _ = refresh(index, encoder, moved)
    assert (heard, saved) == (0, [])


def test_a_bad_file_is_named_and_the_others_go_on(encoder, folder):
    (folder / "bad.wav").write_bytes(b"RIFF")
    (folder / "gone.wav").symlink_to(folder / "nowhere")
    index, heard, _, failures = refresh(
        folder_index.empty(encoder), encoder, folder
    )
    assert heard == len(index) == 3
    assert len(failures) == 2
    assert "gone.wav" in failures[0] and "bad.wav" in failures[1]


def test_a_long_search_is_saved_on_the_way(encoder, folder, monkeypatch):
    monkeypatch.setattr(folder_index, "_FILES_AT_ONCE", 2)
    index, _, saved, _ = refresh(folder_index.empty(encoder), encoder, folder)
    assert [len(one) for one in saved] == [2, 3]
    assert saved[-1].ids == index.ids


def test_no_file_is_an_empty_index(encoder, tmp_path):
    path = tmp_path / "index.npz"
    assert not folder_index.open_or_new(path, encoder)
    path.write_bytes(b"none")
    with pytest.raises(ValueError, match="damaged"):
        folder_index.open_or_new(path, encoder)
