import errno
import itertools
import os
import signal

import numpy as np
import pytest
import soundfile
import tiny_dual_encoder
import tiny_tagger

from tftag.audio import audio_files, decoders, recording, waveform
from tftag.search import folder_index, index_storage

RATE = tiny_dual_encoder.SPEC.sample_rate_hz


@pytest.fixture(autouse=True)
def saved_at_the_end(monkeypatch):
    """However long a machine takes."""
    monkeypatch.setattr(folder_index, "_SECONDS", 1e9)


@pytest.fixture
def folder(tmp_path):
    for seed, name in enumerate(("a|1.wav", "b.wav", "c.wav")):
        write(tmp_path / name, seed)
    return tmp_path


def write(path, seed):
    soundfile.write(path, tiny_tagger.music(RATE, seed) / 8, RATE)


def refresh(index, encoder, folder):
    """Returns the index, and what was heard, saved and not read."""
    heard, saved, failures = [], [], []

    def fail(path, error):
        failures.append(audio_files.reason(error))

    found = folder_index.find(folder, fail)

    class Listening:
        sample_rate_hz, space = encoder.sample_rate_hz, encoder.space

        def embed_each(self, recordings):
            for vector in encoder.embed_each(recordings):
                heard.append(vector)
                yield vector

    index = folder_index.refreshed(
        index, Listening(), found, saved.append, fail
    )
    return index, len(heard), saved, failures


@pytest.fixture
def decoded(monkeypatch):
    """Names of the files that were decoded, or tried."""
    names = []
    decode_file = recording.decode_file

    def decode(path, sample_rate_hz):
        names.append(path.name)
        return decode_file(path, sample_rate_hz)

    monkeypatch.setattr(recording, "decode_file", decode)
    return names


def names(index):
    return {folder_index.name_of(name) for name in index.recordings.ids}


def test_only_new_and_changed_files_are_heard(encoder, folder):
    index, heard, saved, failures = refresh(
        folder_index.empty(encoder), encoder, folder
    )
    assert (heard, failures) == (3, [])
    assert saved[-1].ids == index.ids
    assert names(index) == {"a|1.wav", "b.wav", "c.wav"}
    for name, vector in zip(
        index.recordings.ids, index.recordings.embeddings, strict=True
    ):
        path = folder / folder_index.name_of(name)
        np.testing.assert_allclose(vector, encoder.embed_file(path), atol=1e-6)

    same, heard, saved, _ = refresh(index, encoder, folder)
    assert (heard, saved, same.ids) == (0, [], index.ids)

    write(folder / "b.wav", seed=9)
    os.utime(folder / "b.wav", ns=(1, 1))
    write(folder / "d.wav", seed=4)
    (folder / "c.wav").unlink()
    index, heard, saved, _ = refresh(same, encoder, folder)
    assert heard == 2 and saved[-1].ids == index.ids
    assert names(index) == {"a|1.wav", "b.wav", "d.wav"}

    (folder / "d.wav").unlink()
    index, heard, saved, _ = refresh(index, encoder, folder)
    assert (heard, len(saved), len(index.recordings)) == (0, 1, 2)


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
    assert heard == len(index.recordings) == 3
    assert len(failures) == 2
    assert "gone.wav" in failures[0] and "bad.wav" in failures[1]


def test_unusable_files_are_not_tried_again_until_they_change(
    encoder, folder, decoded
):
    bad = folder / "bad.wav"
    bad.write_bytes(b"RIFF")
    index, _, saved, failures = refresh(
        folder_index.empty(encoder), encoder, folder
    )
    assert saved[-1].ids == index.ids
    assert "bad.wav" in decoded
    decoded.clear()
    index, heard, saved, again = refresh(index, encoder, folder)
    assert (heard, saved, decoded, again) == (0, [], [], failures)

    moved = folder.rename(folder.with_name(f"{folder.name} moved"))
    _, _, _, elsewhere = refresh(index, encoder, moved)
    assert decoded == []
    assert elsewhere == [one.replace(str(folder), str(moved)) for one in again]

    write(moved / "bad.wav", seed=5)
    index, heard, saved, failures = refresh(index, encoder, moved)
    assert (heard, len(saved), failures) == (1, 1, [])
    assert decoded == ["bad.wav"] and not index.unusable
    assert len(index.recordings) == 4


def test_what_is_gone_or_may_be_mended_is_not_kept(
    encoder, folder, decoded, monkeypatch
):
    (folder / "bad.wav").write_bytes(b"RIFF")
    index, *_ = refresh(folder_index.empty(encoder), encoder, folder)
    (folder / "bad.wav").unlink()
    index, _, saved, failures = refresh(index, encoder, folder)
    assert (len(saved), failures, index.unusable) == (1, [], {})

    write(folder / "d.wav", seed=6)
    decode = recording.decode_file

    def forbidden(path, _):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(recording, "decode_file", forbidden)
    index, _, saved, failures = refresh(index, encoder, folder)
    assert saved == [] and failures == [
        f"{folder / 'd.wav'}: Permission denied"
    ]
    monkeypatch.setattr(recording, "decode_file", decode)
    _, heard, _, failures = refresh(index, encoder, folder)
    assert (heard, failures) == (1, [])


def test_what_is_not_reached_for_a_while_is_not_forgotten(
    encoder, folder, monkeypatch
):
    for place in ("disk", "disk/deep", "disk two"):
        (folder / place).mkdir()
        write(folder / place / "d.wav", seed=4)
    (folder / "disk" / "bad.wav").write_bytes(b"RIFF")
    index, *_ = refresh(folder_index.empty(encoder), encoder, folder)
    assert len(index.ids) == 7
    (folder / "c.wav").unlink()

    scandir = os.scandir

    # The rights of a folder do not stop root.
    def forbidden(path):
        if os.fspath(path).endswith("/disk"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", forbidden)
        there, heard, saved, failures = refresh(index, encoder, folder)
        assert names(there) == {"a|1.wav", "b.wav", "disk two/d.wav"}
        assert failures == [f"{folder / 'disk'}: Permission denied"]
        assert heard == 0 and len(saved) == 1
        _, _, again, _ = refresh(saved[-1], encoder, folder)
        assert not again
    whole, heard, again, _ = refresh(saved[-1], encoder, folder)
    assert (heard, again, whole.ids) == (0, [], saved[-1].ids)
    assert len(whole.ids) == 6


def test_a_folder_that_is_gone_is_forgotten(encoder, folder):
    (folder / "disk").mkdir()
    (folder / "c.wav").rename(folder / "disk" / "c.wav")
    index, *_ = refresh(folder_index.empty(encoder), encoder, folder)
    (folder / "disk" / "c.wav").unlink()
    (folder / "disk").rmdir()
    index, _, saved, failures = refresh(index, encoder, folder)
    assert (len(index.ids), len(saved), failures) == (2, 1, [])


def test_what_does_not_fit_into_the_memory_is_tried_again(
    encoder, folder, monkeypatch
):
    def full(*_):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(waveform, "_scaled", full)
        index, heard, saved, failures = refresh(
            folder_index.empty(encoder), encoder, folder
        )
    assert (heard, saved, index.unusable) == (0, [], {})
    assert f"{folder / 'b.wav'}: It does not fit into the memory" in failures
    _, heard, _, failures = refresh(index, encoder, folder)
    assert (heard, failures) == (3, [])


def test_other_decoders_try_unusable_files_again(
    encoder, folder, tmp_path, monkeypatch
):
    (folder / "bad.wav").write_bytes(b"RIFF")
    index, *_ = refresh(folder_index.empty(encoder), encoder, folder)
    path = tmp_path.with_name(f"{tmp_path.name}.npz")
    folder_index.write(index, path)
    again = folder_index.open_or_new(path, encoder)
    assert again.unusable == index.unusable and len(index.unusable) == 1
    monkeypatch.setattr(decoders, "decoders", lambda: "newer ones")
    again = folder_index.open_or_new(path, encoder)
    assert again.unusable == {}
    assert again.recordings.ids == index.recordings.ids


def test_a_long_search_is_saved_on_the_way(encoder, folder, monkeypatch):
    monkeypatch.setattr(folder_index, "_SECONDS", 0)
    monkeypatch.setattr(folder_index, "_TIMES_AS_LONG", 0)
    index, _, saved, _ = refresh(folder_index.empty(encoder), encoder, folder)
    assert [len(one.recordings) for one in saved] == [1, 2, 3]
    assert saved[-1].ids == index.ids


def test_what_was_embedded_before_an_interrupt_is_kept(
    encoder, folder, monkeypatch
):
    """Of few files as well, and of a second that is not over."""
    each = folder_index.audio_files.each

    def interrupted(*arguments):
        yield from itertools.islice(each(*arguments), 2)
        raise KeyboardInterrupt

    monkeypatch.setattr(folder_index.audio_files, "each", interrupted)
    saved, found = [], folder_index.find(folder, lambda *_: None)
    with pytest.raises(KeyboardInterrupt, match="2 of 3 files .* to go on: "):
        folder_index.refreshed(
            folder_index.empty(encoder),
            encoder,
            found,
            saved.append,
            lambda *_: None,
        )
    assert [len(one.recordings) for one in saved] == [2]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_what_was_embedded_before_a_kill_is_kept(encoder, folder, monkeypatch):
    monkeypatch.setattr(folder_index, "_SECONDS", 0)
    monkeypatch.setattr(folder_index, "_TIMES_AS_LONG", 0)
    path = folder / folder_index.FILE_NAME
    found = folder_index.find(folder, lambda *_: None)

    class Killed:
        """Embeds without TensorFlow, whose threads are not in the child."""

        sample_rate_hz, space, dim = encoder.sample_rate_hz, encoder.space, 24

        def embed_each(self, recordings):
            for number, _ in enumerate(recordings):
                if number == 2:
                    os.kill(os.getpid(), signal.SIGKILL)
                yield np.eye(self.dim, dtype=np.float32)[number]

    child = os.fork()
    if not child:
        folder_index.refreshed(
            folder_index.empty(Killed()),
            Killed(),
            found,
            lambda index: folder_index.write(index, path),
            lambda *_: None,
        )
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    index = folder_index.open_or_new(path, encoder)
    assert len(index.recordings) == 2
    index, heard, _, _ = refresh(index, encoder, folder)
    assert (len(index.recordings), heard) == (3, 1)
    assert sorted(os.listdir(folder)) == [
        path.name,
        "a|1.wav",
        "b.wav",
        "c.wav",
    ]


@pytest.mark.parametrize(
    "notes",
    [
        {"unusable": [1]},
        {"unusable": {"a|1|2": 3}},
        {"unusable": {"no id": "silent"}},
    ],
)
def test_notes_that_no_search_wrote_are_damage(encoder, tmp_path, notes):
    path = tmp_path / "index.npz"
    empty = folder_index.empty(encoder).recordings
    notes["decoders"] = decoders.decoders()
    index_storage.write(empty, path, notes)
    with pytest.raises(ValueError, match="damaged"):
        folder_index.open_or_new(path, encoder)


def test_no_file_is_an_empty_index(encoder, tmp_path):
    path = tmp_path / "index.npz"
    assert not folder_index.open_or_new(path, encoder).ids
    path.write_bytes(b"none")
    with pytest.raises(ValueError, match="damaged"):
        folder_index.open_or_new(path, encoder)
