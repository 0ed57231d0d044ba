"""Folders that change, and what an index makes of it; without a network."""

import errno
import hashlib
import itertools
import os
import pathlib

import drawn_index
import killed_child
import numpy as np
import pytest
import soundfile

from tftag.audio import audio_files, decoding
from tftag.search import library_index
from tftag.search.index import catalogue_parts, recordings, refresh, writer

RATE = 8_000


@pytest.fixture(autouse=True)
def saved_at_the_end(monkeypatch):
    """However long a machine takes."""
    monkeypatch.setattr(refresh, "_SECONDS", 1e9)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    for seed, name in enumerate(("a|1.wav", "b.wav", "c.wav")):
        write(folder / name, seed)
    return folder


def write(path, seed):
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, RATE + seed)
    soundfile.write(path, samples, RATE)


def vector(samples):
    """What stands for a network: another vector for other samples."""
    digest = hashlib.blake2b(np.asarray(samples).tobytes(), digest_size=8)
    seed = int.from_bytes(digest.digest(), "little")
    return drawn_index.vectors(1, seed)[0]


def describe(waveforms):
    for samples in waveforms:
        yield vector(samples), ("rock",)


def stem(path):
    return recordings.FileTags(artist=path.stem)


def model(describe=describe, read_tags=stem):
    return refresh.Model(
        describe,
        lambda paths, fail: audio_files.decoded(paths, RATE, fail),
        RATE,
        read_tags,
    )


def work(place, folders, describe=describe, described=(), read_tags=stem):
    """Brings an index up to date; what was embedded, and what failed."""
    embedded, failures = [], []

    def listening(waveforms):
        for answer in describe(waveforms):
            embedded.append(answer)
            yield answer

    def fail(path, error):
        failures.append(audio_files.reason(error))

    with writer.opened(place, drawn_index.begun(roots=())) as index:
        index.set_roots(folders)
        found = refresh.find(list(enumerate(folders)), fail)
        run = refresh.Refresh(index, found, fail)
        new = run.new
        for _ in run.run(model(listening, read_tags), described):
            assert run.done <= new
        index.settle()
        assert run.done == new
    return len(embedded), failures


def held(place):
    """What is known of each recording, by its name."""
    index = library_index.LibraryIndex.open(place)
    return {one.name: one for one in index.each_recording()}


def test_only_new_and_changed_files_are_embedded(folder, tmp_path):
    place = tmp_path / "i"
    assert work(place, [folder]) == (3, [])
    known = held(place)
    assert set(known) == {"a|1.wav", "b.wav", "c.wav"}
    one = known["b.wav"]
    assert one.seconds == pytest.approx((RATE + 1) / RATE)
    assert (one.artist, one.tags) == ("b", ("rock",))
    index = library_index.LibraryIndex.open(place)
    for path in index.paths:
        samples = decoding.decode_file(path, RATE).samples
        np.testing.assert_array_equal(index.vector_of(path), vector(samples))
    assert work(place, [folder]) == (0, [])

    write(folder / "b.wav", seed=9)
    os.utime(folder / "b.wav", ns=(1, 1))
    write(folder / "d.wav", seed=4)
    (folder / "c.wav").unlink()
    assert work(place, [folder]) == (2, [])
    assert set(held(place)) == {"a|1.wav", "b.wav", "d.wav"}


def elsewhere(path, name, has_file_tags=True):
    """What another machine says of a file."""
    state = path.stat()
    return catalogue_parts.Described(
        recordings.Recording(
            name,
            0,
            state.st_size,
            state.st_mtime_ns,
            seconds=7.0,
            artist="Elsewhere" if has_file_tags else "",
            tags=("piano",),
        ),
        has_file_tags,
        drawn_index.vectors(1, seed=99)[0],
    )


def test_what_was_described_elsewhere_is_not_decoded(
    folder, tmp_path, monkeypatch
):
    place, other = tmp_path / "i", tmp_path / "other"
    (other / "deep").mkdir(parents=True)
    write(other / "deep" / "d.wav", seed=8)
    described = [
        elsewhere(folder / "b.wav", "b.wav"),
        elsewhere(folder / "c.wav", "c.wav", has_file_tags=False),
        elsewhere(other / "deep" / "d.wav", "deep/d.wav"),
        elsewhere(other / "deep" / "d.wav", "not here.wav"),
    ]
    decode_file = decoding.decode_file
    decoded = []

    def watched(path, *more):
        decoded.append(path.name)
        return decode_file(path, *more)

    monkeypatch.setattr(decoding, "decode_file", watched)
    assert work(place, [folder, other], described=described) == (1, [])
    assert decoded == ["a|1.wav"]
    found = held(place)
    assert found["b.wav"].artist == found["deep/d.wav"].artist == "Elsewhere"
    assert found["c.wav"].artist == "c"  # as the file says
    assert found["a|1.wav"].tags == ("rock",)
    assert found["deep/d.wav"].tags == ("piano",)
    assert (found["deep/d.wav"].root, found["b.wav"].seconds) == (1, 7.0)

    # What is known is not asked for, and what has changed is another file.
    write(folder / "b.wav", seed=9)
    os.utime(folder / "b.wav", ns=(1, 1))
    assert work(place, [folder, other], described=described) == (1, [])
    assert held(place)["b.wav"].tags == ("rock",)

    def asked():
        raise AssertionError
        yield

    assert work(place, [folder, other], described=asked()) == (0, [])


def test_what_was_described_but_does_not_give_its_tags_is_embedded(
    folder, tmp_path
):
    asked = []

    def read_tags(path):
        asked.append(path.stem)
        if asked == ["c"]:  # before all others are embedded
            raise OSError("the store does not answer")
        return stem(path)

    described = [elsewhere(folder / "c.wav", "c.wav", has_file_tags=False)]
    place = tmp_path / "i"
    found = work(place, [folder], described=described, read_tags=read_tags)
    assert found == (3, [])
    one = held(place)["c.wav"]
    assert one.artist == "c" and one.tags == ("rock",)


def test_an_interrupt_keeps_what_was_taken(folder, tmp_path):
    place = tmp_path / "i"

    def interrupted():
        yield elsewhere(folder / "b.wav", "b.wav")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="1 of 3 files"):
        work(place, [folder], described=interrupted())
    assert set(held(place)) == {"b.wav"}
    assert work(place, [folder]) == (2, [])


def test_a_folder_that_moves_with_its_index_is_known_again(folder, tmp_path):
    work(folder / ".tftag-index", [folder])
    moved = folder.rename(tmp_path / "moved")
    assert work(moved / ".tftag-index", [moved]) == (0, [])


def test_bad_files_are_named_and_not_tried_again_until_they_change(
    folder, tmp_path, monkeypatch
):
    place = tmp_path / "i"
    (folder / "bad.wav").write_bytes(b"RIFF")
    (folder / "gone.wav").symlink_to(folder / "nowhere")
    embedded, failures = work(place, [folder])
    assert embedded == 3 and len(failures) == 2
    assert "gone.wav" in failures[0] and "bad.wav" in failures[1]

    with monkeypatch.context() as patch:
        patch.setattr(decoding, "decode_file", None)
        assert work(place, [folder]) == (0, failures)
    write(folder / "bad.wav", seed=5)
    assert work(place, [folder]) == (1, failures[:1])
    assert len(held(place)) == 4


def test_what_another_moment_may_mend_is_tried_again(
    folder, tmp_path, monkeypatch
):
    def forbidden(path, _):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    place = tmp_path / "i"
    with monkeypatch.context() as patch:
        patch.setattr(decoding, "decode_file", forbidden)
        embedded, failures = work(place, [folder])
    assert embedded == 0 and len(failures) == 3
    assert work(place, [folder]) == (3, [])


def test_what_is_not_reached_for_a_while_is_not_forgotten(
    folder, tmp_path, monkeypatch
):
    place = tmp_path / "i"
    for name in ("disk", "disk/deep", "disk two"):
        (folder / name).mkdir()
        write(folder / name / "d.wav", seed=4)
    (folder / "disk" / "bad.wav").write_bytes(b"RIFF")
    work(place, [folder])
    (folder / "c.wav").unlink()
    scandir = os.scandir

    # The rights of a folder do not stop root.
    def forbidden(path):
        if os.fspath(path).endswith("/disk"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", forbidden)
        assert work(place, [folder]) == (
            *(0, [f"{folder / 'disk'}: Permission denied"]),
        )
    assert len(held(place)) == 5
    embedded, failures = work(place, [folder])
    assert embedded == 0 and len(failures) == 1 and "bad.wav" in failures[0]


def test_a_folder_without_any_audio_may_be_a_disk_that_is_away(
    folder, tmp_path
):
    place, other = tmp_path / "i", tmp_path / "other"
    other.mkdir()
    write(other / "o.wav", seed=8)
    work(place, [folder, other])
    away = other.rename(tmp_path / "away")
    other.mkdir()
    (folder / "c.wav").unlink()
    embedded, (failure,) = work(place, [folder, other])
    assert embedded == 0 and "no audio files" in failure
    assert set(held(place)) == {"a|1.wav", "b.wav", "o.wav"}
    other.rmdir()
    away.rename(other)
    assert work(place, [folder, other]) == (0, [])


def test_an_interrupt_keeps_what_was_embedded(folder, tmp_path):
    """Of few files as well, and of a second that is not over."""
    place = tmp_path / "i"

    def interrupted(waveforms):
        yield from itertools.islice(describe(waveforms), 2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="2 of 3 files .* to go on: "):
        work(place, [folder], interrupted)
    assert len(held(place)) == 2
    assert work(place, [folder]) == (1, [])


def test_an_interrupt_while_it_is_written_embeds_nothing_twice(
    folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(refresh, "_SECONDS", 0)
    monkeypatch.setattr(refresh, "_TIMES_AS_LONG", 0)
    place, change = tmp_path / "i", writer.Writer.change

    def interrupted(*options):
        change(*options)
        monkeypatch.setattr(writer.Writer, "change", change)
        raise KeyboardInterrupt

    monkeypatch.setattr(writer.Writer, "change", interrupted)
    with pytest.raises(KeyboardInterrupt, match="1 of 3 files .* to go on: "):
        work(place, [folder])
    assert work(place, [folder]) == (2, [])
    with writer.opened(place, drawn_index.begun(roots=())) as index:
        assert len(index.parts) == len(set(index.keys())) == 3


@killed_child.forks
def test_a_kill_keeps_what_was_embedded(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(refresh, "_SECONDS", 0)
    monkeypatch.setattr(refresh, "_TIMES_AS_LONG", 0)
    place = tmp_path / "i"

    def killed(waveforms):
        for number, answer in enumerate(describe(waveforms)):
            if number == 2:
                killed_child.die()
            yield answer

    killed_child.run(lambda: work(place, [folder], killed))
    assert len(held(place)) == 2
    assert work(place, [folder]) == (1, [])
    assert len(held(place)) == 3


def test_what_lies_below_a_folder_that_is_not_reached_may_be_there():
    found = refresh.FoldersContent({}, {(0, pathlib.PurePath("disk"))})
    assert found.may_hold(0, "disk/a/b.wav") and found.may_hold(0, "disk")
    assert not found.may_hold(1, "disk/a.wav")
    assert not found.may_hold(0, "disk two/a.wav")
